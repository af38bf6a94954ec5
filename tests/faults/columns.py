"""The faults that strike, and what each of them is to the job."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

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
    """One fault. `make` takes the endpoint and whether the fault is for ever."""

    name: str
    kind: Kind
    said: str
    make: Callable[[HostileEndpoint, bool], Fault]


def gone(aws: HostileEndpoint, for_ever: bool) -> Fault:
    """The connection ends, and no further one is accepted; for a moment, or for ever. Nothing is done."""

    def leave() -> None:
        aws.stop()
        if not for_ever:
            threading.Event().wait(AWAY)
            aws.start()

    def play(wire: Wire, _: Answer) -> None:
        threading.Thread(target=leave).start()
        wire.wait(None)
        wire.cut()

    return Fault("gone", False, play)


def _column(name: str, kind: Kind, said: str, constructor: Callable[[], Fault]) -> Column:
    return Column(name, kind, said, lambda _aws, _for_ever: constructor())


COLUMNS = (
    Column("refused", Kind.GONE, "the connection ends, and further ones are refused", gone),
    _column("cut before", Kind.LOST, "the connection ends before anything is done", hostile.cut_before),
    _column("cut after", Kind.UNHEARD, "it ends when the request is carried out", hostile.cut_after),
    _column("cut midway", Kind.UNHEARD, "it ends after half of the answer", hostile.cut_midway),
    _column("reset", Kind.UNHEARD, "it is reset when the request is carried out", partial(hostile.reset, done=True)),
    _column("hangs before", Kind.LATE, "silence; nothing is done", hostile.hang_before),
    _column("hangs after", Kind.UNHEARD_LATE, "silence; the request is carried out", hostile.hang_after),
    _column("drips", Kind.UNHEARD_LATE, "the answer comes byte by byte", partial(hostile.drip, 2)),
    _column("huge", Kind.ODD, "the answer is blown up to a megabyte", partial(hostile.huge, 1_000_000)),
    _column("wrong length", Kind.UNHEARD, "Content-Length says half of what comes", hostile.wrong_length),
    _column("garbage", Kind.LOST, "HTTP 200 with what is neither JSON nor XML", hostile.garbage),
    _column("empty", Kind.LOST, "HTTP 200 without a body", hostile.empty),
    _column("no fields", Kind.LOST, "HTTP 200 with `{}`", hostile.json_without_fields),
    _column("redirect", Kind.LOST, "HTTP 307", partial(hostile.redirect, "http://127.0.0.1:1/")),
    _column("gateway", Kind.LOST, "HTTP 502 with a gateway's page", partial(hostile.page, 502)),
    _column("500", Kind.LOST, "InternalFailure", hostile.internal_failure),
    _column("503", Kind.LOST, "ServiceUnavailable", hostile.service_unavailable),
    _column("throttled", Kind.THROTTLED, "ThrottlingException", hostile.throttling),
    _column("denied", Kind.DENIED, "AccessDeniedException", hostile.access_denied),
    _column("unknown", Kind.UNKNOWN, "UnrecognizedClientException", hostile.unrecognized_client),
    _column("signature", Kind.UNKNOWN, "InvalidSignatureException", hostile.invalid_signature),
    _column("expired", Kind.EXPIRED, "ExpiredTokenException", hostile.expired_token),
    _column("wrong", Kind.WRONG, "ValidationException", partial(hostile.error, "ValidationException")),
)
