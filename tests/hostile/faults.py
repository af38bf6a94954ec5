"""What can go wrong between a client and AWS, one small constructor each.

Give them to `HostileEndpoint.fail`. Each says in `done` whether the operation is carried out before things go wrong,
so that a test knows whether, for instance, an execution was started that the client knows nothing about.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from .protocols import JSON
from .wire import Answer, AwsError, Wire

CHUNK = 64 * 1024


@dataclass(frozen=True)
class Fault:
    """`play` gets the wire and the operation's own answer (an empty one, when the operation isn't carried out)."""

    name: str
    done: bool
    play: Callable[[Wire, Answer], None]


def error(code: str, status: int = 400, message: str = "", *, done: bool = False) -> Fault:
    """An error of AWS's, in the protocol of the request (and with that protocol's name, where it has another)."""
    return Fault(code, done, lambda wire, _: wire.send(wire.render_error(AwsError(code, message, status))))


def access_denied() -> Fault:
    return error("AccessDeniedException", message="User: hostile is not authorized to perform this action")


def unrecognized_client() -> Fault:
    return error("UnrecognizedClientException", message="The security token included in the request is invalid.")


def expired_token() -> Fault:
    return error("ExpiredTokenException", message="The security token included in the request is expired")


def invalid_signature() -> Fault:
    return error(
        "InvalidSignatureException",
        message="The request signature we calculated does not match the signature you provided.",
    )


def throttling() -> Fault:
    return error("ThrottlingException", message="Rate exceeded")


def internal_failure(*, done: bool = False) -> Fault:
    return error("InternalFailure", 500, "The request processing has failed.", done=done)


def service_unavailable(*, done: bool = False) -> Fault:
    return error("ServiceUnavailable", 503, "The request has failed due to a temporary failure.", done=done)


def page(status: int, html: str = "<html><body>Bad gateway</body></html>", *, done: bool = False) -> Fault:
    """A gateway's or proxy's own page in place of AWS's answer (502, 503, 504, a proxy's 407)."""
    return _fixed(f"page {status}", Answer(status, html.encode(), "text/html"), done)


def empty(status: int = 200, *, done: bool = False) -> Fault:
    return _fixed(f"empty {status}", Answer(status, b"", JSON), done)


def garbage(*, done: bool = False) -> Fault:
    """HTTP 200, AWS's content type, and a body that is no JSON."""
    return _fixed("garbage", Answer(200, b'{"executionArn": "arn:aws:sta\x00\x01 <!-- ', JSON), done)


def json_without_fields(*, done: bool = False) -> Fault:
    """HTTP 200 and `{}`: JSON, but without the members that AWS promises."""
    return _fixed("json_without_fields", Answer(200, b"{}", JSON), done)


def redirect(location: str, status: int = 307) -> Fault:
    return _fixed(f"redirect {status}", Answer(status, b"", "text/html", {"Location": location}), done=False)


def cut_before() -> Fault:
    """The connection ends, and nothing was done."""
    return Fault("cut_before", False, lambda wire, _: wire.cut())


def cut_after() -> Fault:
    """Carried out, but the answer never comes: the connection ends."""
    return Fault("cut_after", True, lambda wire, _: wire.cut())


def cut_midway() -> Fault:
    """Carried out; half of the body comes, under the full Content-Length."""

    def play(wire: Wire, answer: Answer) -> None:
        wire.send_head(answer, len(answer.body))
        wire.send_body(answer.body[: len(answer.body) // 2])
        wire.cut()

    return Fault("cut_midway", True, play)


def reset(*, done: bool = False) -> Fault:
    """The connection ends with a TCP RST."""
    return Fault("reset", done, lambda wire, _: wire.reset())


def hang_before(seconds: float | None = None) -> Fault:
    """Nothing is done and no answer comes; after `seconds` (None: when the client has gone) the connection ends."""

    def play(wire: Wire, _: Answer) -> None:
        wire.wait(seconds)
        wire.cut()

    return Fault("hang_before", False, play)


def hang_after(seconds: float | None = None) -> Fault:
    """Carried out at once; the answer comes after `seconds` (None: never), if the client is still there."""

    def play(wire: Wire, answer: Answer) -> None:
        if wire.wait(seconds):
            wire.send(answer)
        else:
            wire.cut()

    return Fault("hang_after", True, play)


def drip(bytes_per_second: float) -> Fault:
    """Carried out; the body comes whole but a byte at a time, so that no single read times out."""

    def play(wire: Wire, answer: Answer) -> None:
        wire.send_head(answer, len(answer.body))
        for i in range(len(answer.body)):
            if not wire.wait(1 / bytes_per_second):
                wire.cut()
                return
            wire.send_body(answer.body[i : i + 1])

    return Fault("drip", True, play)


def huge(size: int) -> Fault:
    """Carried out; the answer is right, but blown up with white space to `size` bytes."""

    def play(wire: Wire, answer: Answer) -> None:
        missing = max(0, size - len(answer.body))
        wire.send_head(answer, len(answer.body) + missing)
        wire.send_body(answer.body)
        for sent in range(0, missing, CHUNK):
            wire.send_body(b" " * min(CHUNK, missing - sent))

    return Fault("huge", True, play)


def wrong_length() -> Fault:
    """Carried out; Content-Length says half of what comes, and the rest lies in the way of the next answer."""

    def play(wire: Wire, answer: Answer) -> None:
        wire.send_head(answer, len(answer.body) // 2)
        wire.send_body(answer.body)

    return Fault("wrong_length", True, play)


def altered(**members: object) -> Fault:
    """Carried out; the answer is JSON, and has these members instead of its own."""

    def play(wire: Wire, answer: Answer) -> None:
        wire.send(replace(answer, body=json.dumps({**json.loads(answer.body), **members}).encode()))

    return Fault("altered", True, play)


def _fixed(name: str, answer: Answer, done: bool) -> Fault:
    return Fault(name, done, lambda wire, _: wire.send(answer))
