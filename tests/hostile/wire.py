"""The wire under an answer: what a fault needs to say too little, too slowly or nothing at all."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.client import responses
from uuid import uuid4


class AwsError(Exception):
    """An error as AWS answers it; how it is written depends on the protocol (see `protocols`)."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `delay` is how long the operation itself takes, in seconds (StartSyncExecution)."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


class Wire:
    """One request's connection. `closed` says that no further request can come over it."""

    def __init__(
        self, connection: socket.socket, clock: Callable[[], float], render_error: Callable[[AwsError], Answer]
    ) -> None:
        self._connection = connection
        self._clock = clock
        self.render_error = render_error
        self.closed = False

    def send(self, answer: Answer) -> None:
        """The whole answer, as it should be."""
        self.send_head(answer, len(answer.body))
        self.send_body(answer.body)

    def send_head(self, answer: Answer, content_length: int) -> None:
        """Status line and headers only, with whatever length the caller wants to claim."""
        reason = responses.get(answer.status, "Unknown")
        headers = {
            "x-amzn-RequestId": str(uuid4()),
            "Date": formatdate(self._clock(), usegmt=True),
            "Content-Type": answer.content_type,
            "Content-Length": str(content_length),
            **answer.headers,
        }
        lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        self.send_body("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def send_body(self, data: bytes) -> None:
        self._connection.sendall(data)

    def wait(self, seconds: float | None) -> bool:
        """True when `seconds` (None: never) have passed, False as soon as the client has gone or the server stops.

        A client waiting for its answer sends nothing, so anything to read is the end of the connection.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            return not selector.select(seconds)

    def cut(self) -> None:
        """Ends the connection the orderly way (FIN)."""
        self.closed = True
        shut_down(self._connection)

    def reset(self) -> None:
        """Has the connection end with a RST: the handler closes it next, and a linger time of 0 makes that a reset."""
        self.closed = True
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def shut_down(connection: socket.socket) -> None:
    """Both directions, waking whoever reads or waits; a connection that has already gone is no problem."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
