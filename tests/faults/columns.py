"""The faults that strike, and what each of them is to the job."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests import hostile
from tests.hostile import Fault, HostileEndpoint
from tests.hostile.wire import Answer, Wire

AWAY = 0.3
"""Seconds for which an endpoint that goes away once is away."""


class Kind(Enum):
    """What a fault is to the job, with the words of the documentation."""

    ODD = "The answer is whole, and odd"
    LOST = "No usable answer, and nothing was done"
    LATE = "No answer in time, and nothing was done"
    UNHEARD = "Carried out, and no usable answer"
    UNHEARD_LATE = "Carried out, and no answer in time"
    GONE = "AWS can't be reached any more"
    THROTTLED = "AWS wants to be asked less often"
    DENIED = "AWS knows who asks, and doesn't allow it"
    UNKNOWN = "AWS doesn't know who asks"
    EXPIRED = "AWS says that the credentials have expired"
    WRONG = "AWS finds a value wrong"


@dataclass(frozen=True)
class Column:
    """One fault, made by its constructor of these arguments; without one, the endpoint goes away."""

    name: str
    kind: Kind
    said: str
    constructor: Callable[..., Fault] | None = None
    arguments: tuple[object, ...] = ()
    done: bool | None = None

    def make(self, aws: HostileEndpoint, *, for_ever: bool) -> Fault:
        if self.constructor is None:
            return gone(aws, for_ever=for_ever)
        options = {} if self.done is None else {"done": self.done}
        return self.constructor(*self.arguments, **options)


def gone(aws: HostileEndpoint, *, for_ever: bool) -> Fault:
    """The connection ends, and no further one is accepted; for a moment, or for ever. Nothing is done."""

    def play(wire: Wire, _: Answer) -> None:
        threading.Thread(target=aws.go_away, args=(None if for_ever else AWAY,)).start()
        wire.wait(None)
        wire.cut()

    return Fault("gone", False, play)


COLUMNS = (
    Column("refused", Kind.GONE, "the connection ends, and further ones are refused"),
    Column("cut before", Kind.LOST, "the connection ends before anything is done", hostile.cut_before),
    Column("cut after", Kind.UNHEARD, "it ends when the request is carried out", hostile.cut_after),
    Column("cut midway", Kind.UNHEARD, "it ends after half of the answer", hostile.cut_midway),
    Column("reset", Kind.UNHEARD, "it is reset when the request is carried out", hostile.reset, done=True),
    Column("hangs before", Kind.LATE, "silence; nothing is done", hostile.hang_before),
    Column("hangs after", Kind.UNHEARD_LATE, "silence; the request is carried out", hostile.hang_after),
    Column("drips", Kind.UNHEARD_LATE, "the answer comes byte by byte", hostile.drip, (20,)),
    Column("huge", Kind.ODD, "the answer is blown up to a megabyte", hostile.huge, (1_000_000,)),
    Column("wrong length", Kind.UNHEARD, "Content-Length says half of what comes", hostile.wrong_length),
    Column("garbage", Kind.LOST, "HTTP 200 with what is neither JSON nor XML", hostile.garbage),
    Column("empty", Kind.LOST, "HTTP 200 without a body", hostile.empty),
    Column("no fields", Kind.LOST, "HTTP 200 with `{}`", hostile.json_without_fields),
    Column("redirect", Kind.LOST, "HTTP 307", hostile.redirect, ("http://127.0.0.1:1/",)),
    Column("gateway", Kind.LOST, "HTTP 502 with a gateway's page", hostile.page, (502,)),
    Column("500", Kind.LOST, "InternalFailure", hostile.internal_failure),
    Column("503", Kind.LOST, "ServiceUnavailable", hostile.service_unavailable),
    Column("throttled", Kind.THROTTLED, "ThrottlingException", hostile.throttling),
    Column("denied", Kind.DENIED, "AccessDeniedException", hostile.access_denied),
    Column("unknown", Kind.UNKNOWN, "UnrecognizedClientException", hostile.unrecognized_client),
    Column("signature", Kind.UNKNOWN, "InvalidSignatureException", hostile.invalid_signature),
    Column("expired", Kind.EXPIRED, "ExpiredTokenException", hostile.expired_token),
    Column("wrong", Kind.WRONG, "ValidationException", hostile.error, ("ValidationException",)),
)
