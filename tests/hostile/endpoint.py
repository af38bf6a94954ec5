"""The endpoint: an AWS account that answers over HTTP, as badly as a test wants."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any, Self

from . import sts
from .aws import Account
from .faults import Fault
from .operations import OPERATIONS
from .protocols import JSON, query_answer
from .rules import Permissions, Rule, Script, TokenBucket
from .server import Request, Server
from .wire import Answer, AwsError, Wire

logger = logging.getLogger(__name__)

NOT_DONE = Answer(200, b"", JSON)


class HostileEndpoint(Account):
    """Step Functions and STS on 127.0.0.1. See `Account` for what exists in it and how to change that.

    Used as a context manager, or with start() and stop(): a stopped endpoint refuses connections, keeps its state and
    comes back on the same port. `tls` is the paths of a certificate and its key.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tls: tuple[str | Path, str | Path] | None = None,
        region: str = "eu-west-1",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(region, clock)
        self.requests: list[Request] = []
        self._port = port
        self._tls = _tls_context(*tls) if tls else None
        self._server: Server | None = None
        self._held: socket.socket | None = None
        self._script = Script()
        self._limits: dict[str, TokenBucket] = {}
        self._permissions = Permissions()
        self._arrived = threading.Condition(self.lock)
        self._over = threading.Event()
        self._coming_back = threading.Lock()

    def start(self) -> None:
        self._release()
        self._server = Server(self._port, self._tls, self.clock, self._answer)
        self._port = self._server.port

    def stop(self) -> None:
        """Ends all connections at once, also those that hang, and all threads. Stopping twice is no problem."""
        if self._server:
            self._server.stop()
            self._server = None
            # Bound, and not listening: nobody else gets the port meanwhile, and who connects is refused.
            self._held = socket.socket()
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._held.bind(("127.0.0.1", self._port))

    def _release(self) -> None:
        if self._held:
            self._held.close()
            self._held = None

    def go_away(self, seconds: float | None) -> None:
        """Stops, and starts again after so long (None: never), unless the `with` is over by then.

        Not from a thread that answers a request, because stop() waits for those.
        """
        self.stop()
        if seconds is not None:
            self._over.wait(seconds)
            with self._coming_back:
                if not self._over.is_set():
                    self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._coming_back:
            self._over.set()
        self.stop()
        self._release()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def fail(
        self,
        operation: str,
        fault: Fault,
        *,
        times: int | None = 1,
        skip: int = 0,
        probability: float = 1.0,
        seed: int = 0,
    ) -> None:
        """`fault` for the next `times` requests of `operation` (`*`: any), after those scripted for it before.

        `times` None is for ever (until heal()); `skip` requests are let through first; of the rest each is struck with
        `probability`, drawn from a generator seeded with `seed`.
        """
        with self.lock:
            self._script.add(operation, Rule(fault, times, skip, probability, Random(seed)))

    def heal(self, operation: str | None = None) -> None:
        """Forgets the faults still to come, of this operation (`*`: those for any) or, with None, all of them."""
        with self.lock:
            self._script.clear(operation)

    def limit(self, operation: str, bucket: int, refill: float) -> None:
        """Throttles the operation from now on, beginning with a full bucket; `refill` is tokens a second."""
        with self.lock:
            self._limits[operation] = TokenBucket(bucket, refill, self.clock)

    def allow(self, actions: Iterable[str] | None) -> None:
        """Only these IAM actions are allowed (`states:*` works as in a policy); None allows everything."""
        with self.lock:
            self._permissions = Permissions(None if actions is None else [(actions, "*")])

    def allow_only(self, policy: Mapping[str, Any]) -> None:
        """Only what this IAM policy allows, by action and resource."""
        with self.lock:
            self._permissions = Permissions((one["Action"], one["Resource"]) for one in policy["Statement"])

    def count(self, operation: str) -> int:
        """How many requests of this operation have come, whatever became of them."""
        with self.lock:
            return sum(request.operation == operation for request in self.requests)

    def wait_for(self, operation: str, count: int = 1, timeout: float = 30.0) -> None:
        """Returns as soon as `count` requests of the operation have come, since the beginning, and are carried out
        (or not, as their faults say); raises TimeoutError.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: self.count(operation) >= count, timeout):
                raise TimeoutError(f"{self.count(operation)} of {count} requests {operation} in {timeout} s")

    def _answer(self, request: Request, wire: Wire) -> None:
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
            fault = self._script.next_fault(request.operation)
            answer = NOT_DONE if fault and not fault.done else self._carry_out(request)
            request.answered = fault.name if fault else answer.status
        logger.info("%s %s: %s", request.connection, request.operation, request.answered)
        if answer.delay and not wire.wait(answer.delay):
            wire.cut()
        elif fault:
            fault.play(wire, answer)
        else:
            wire.send(answer)

    def _carry_out(self, request: Request) -> Answer:
        try:
            return self._operate(request)
        except AwsError as error:
            return request.render_error(error)

    def _operate(self, request: Request) -> Answer:
        """Raises AwsError: of authentication, throttling, authorization or the operation itself, in this order."""
        operation = request.operation
        if operation == "AssumeRoleWithWebIdentity":  # the one that nobody signs
            self._permissions.check(None, f"sts:{operation}", None)
            return query_answer(operation, sts.assume_role_with_web_identity(self, request.body))
        caller = sts.caller_arn(self, request.access_key, request.session_token)
        if operation in self._limits:
            self._limits[operation].take()
        self._permissions.check(caller, f"{request.service}:{operation}", _resource(request.body))
        if request.service == "states" and operation in OPERATIONS:
            return OPERATIONS[operation](self, request.body)
        if operation == "AssumeRole":
            return query_answer(operation, sts.assume_role(self, request.body))
        if operation == "GetCallerIdentity":
            return query_answer(operation, sts.caller_identity(caller))
        raise AwsError("UnknownOperationException")


def _resource(body: Mapping[str, Any]) -> str | None:
    """What a request is about, as a policy names it: a state machine without its version or alias."""
    machine = body.get("stateMachineArn") or body.get("stateMachineAliasArn")
    if machine:
        return ":".join(machine.split(":")[:7])
    return body.get("executionArn") or body.get("mapRunArn") or body.get("RoleArn")


def _tls_context(certificate: str | Path, key: str | Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
