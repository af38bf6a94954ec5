"""An HTTP proxy of one run, in front of LocalStack: it tells what passes, and cuts connections."""

from __future__ import annotations

import http.client
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

LATENCY = 0.03
"""Seconds at most that a request takes to AWS, and its answer back; drawn anew each time."""

STEPS = ("arrived", "carried out", "answered")
"""What can be noticed of a request: it came here, AWS did it, and its answer is on its way to the job."""


class Fault(StrEnum):
    """What the wire does to a request or its answer."""

    CUT_BEFORE = "cut before"
    """Nothing reaches AWS."""
    CUT_AFTER = "cut after"
    """AWS does it, and no answer comes."""
    CUT_MIDWAY = "cut midway"
    """AWS does it, and half of the answer comes."""


SHARES = {"StartExecution": 0.5}
"""How many of an operation's requests meet a fault, where the run has faults."""

SHARE = 0.15
"""The same for all other operations."""


class Proxy:
    """A context manager: listens inside the `with`. `notice` is called, from any thread, with operation and step."""

    def __init__(self, upstream: str, seed: int, notice: Callable[[str, str], None], *, faulty: bool) -> None:
        address = urlsplit(upstream)
        self.upstream = (str(address.hostname), int(address.port or 80))
        self.notice = notice
        self.faults: list[str] = []
        """The faults that were played, each with its operation."""
        self.slowest_start = 0.0
        """Seconds that a StartExecution needed at most from here to AWS and back."""
        self._faulty = faulty
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fate(self, operation: str) -> tuple[Fault | None, float, float]:
        """Return what happens to this request, and its latencies before and after AWS."""
        with self._lock:
            there, back = self._random.uniform(0, LATENCY), self._random.uniform(0, LATENCY)
            struck = self._random.random() < SHARES.get(operation, SHARE)
            fault = self._random.choice(list(Fault))
            if not (struck and self._faulty):
                return None, there, back
            self.faults.append(f"{operation}: {fault}")
            return fault, there, back


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A killed job leaves its connection behind: that is what we are here for.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").partition(".")[2]
        arrived = time.monotonic()
        proxy.notice(operation, "arrived")
        fault, there, back = proxy.fate(operation)
        time.sleep(there)  # the wire, not a test that waits
        if fault is Fault.CUT_BEFORE:
            self._cut()
            return
        answer = self._pass_on(body)
        proxy.notice(operation, "carried out")
        if operation == "StartExecution":
            proxy.slowest_start = max(proxy.slowest_start, time.monotonic() - arrived)
        time.sleep(back)
        if fault is Fault.CUT_AFTER:
            self._cut()
            return
        status, headers, content = answer
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault is Fault.CUT_MIDWAY:
            self.wfile.write(content[: len(content) // 2])
            self._cut()
            return
        self.wfile.write(content)
        proxy.notice(operation, "answered")

    def _pass_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.server.proxy.upstream, timeout=60)
        try:
            connection.request("POST", self.path, body, dict(self.headers.items()))
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: `Proxy.notice` hears of everything."""
