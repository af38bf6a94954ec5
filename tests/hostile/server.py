"""HTTP/1.1 with keep-alive over plain or TLS sockets: reads requests, and ends at once when told to."""

from __future__ import annotations

import itertools
import json
import re
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

from .protocols import json_error, query_error
from .wire import Answer, AwsError, Wire, shut_down

POLL = 0.02
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)")


@dataclass
class Request:
    """A request as it came. `headers` are read without regard to case; `at` is monotonic time.

    `answered` is the HTTP status or, where a fault struck, the fault's name; None while there is no answer.
    """

    operation: str
    body: dict[str, Any]
    headers: Message
    connection: int
    service: str
    at: float = field(default_factory=time.monotonic)
    answered: int | str | None = None

    @property
    def access_key(self) -> str | None:
        found = CREDENTIAL.search(self.headers.get("Authorization", ""))
        return found[1] if found else None

    @property
    def session_token(self) -> str | None:
        return self.headers.get("X-Amz-Security-Token")

    @property
    def render_error(self) -> Callable[[AwsError], Answer]:
        return query_error if self.service == "sts" else json_error


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection. `application` answers a request, or mistreats it, on its wire."""

    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(
        self,
        port: int,
        tls: ssl.SSLContext | None,
        clock: Callable[[], float],
        application: Callable[[Request, Wire], None],
    ) -> None:
        self.clock = clock
        self.application = application
        self._tls = tls
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL,), name="hostile endpoint")
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def stop(self) -> None:
        """Accepts no more, ends every connection, which wakes those that hang, and joins all threads."""
        self.shutdown()
        self._thread.join()
        for connection in tuple(self._connections):
            shut_down(connection)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls:
            # The handshake is the handler thread's: a client that is slow at it must not keep others waiting.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        # Without the base class's shutdown, which would send a FIN ahead of a reset.
        self._connections.discard(request)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that go away are this server's business; only its own mistakes are worth a traceback.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written apart
    server: Server
    _ids = itertools.count(1)

    def setup(self) -> None:
        super().setup()
        self._id = next(self._ids)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = _parse(self.headers, body, self._id)
        wire = Wire(self.connection, self.server.clock, request.render_error)
        self.server.application(request, wire)
        self.close_connection = self.close_connection or wire.closed

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what came is in `requests`."""


def _parse(headers: Message, body: bytes, connection: int) -> Request:
    """A body that is no JSON object is an empty one: AWS would refuse it, and botocore can't send it."""
    target = headers.get("X-Amz-Target")
    if target is None:
        form: dict[str, Any] = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return Request(form.get("Action", ""), form, headers, connection, "sts")
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    return Request(target.partition(".")[2], parsed if isinstance(parsed, dict) else {}, headers, connection, "states")
