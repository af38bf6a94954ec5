"""SIGTERM and SIGINT become one request to stop, which ends whatever the job waits for at once.

The main thread never blocks in a request itself: a request runs in a thread of its own, and the main thread waits for
the answer, the time limit or a signal, whichever comes first. So neither a hanging name lookup, which nothing can
interrupt, nor an answer that drips for ever delays a signal or the time limit.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, TypeVar

from job.errors import StopRequested

T = TypeVar("T")


class Stop:
    """The request to stop, and the two ways to wait that it ends. Belongs to the main thread."""

    def __init__(self) -> None:
        """Nothing is requested yet."""
        self._received: signal.Signals | None = None
        self._received_at = 0.0
        self._patience = 0.0
        # What the main thread waits for: (result, error) from a call's thread, or None from the signal handler.
        self._inbox: SimpleQueue[tuple[Any, BaseException | None] | None] = SimpleQueue()

    def install(self) -> None:
        """Listen to SIGTERM and SIGINT from now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        # Of all queues and locks only SimpleQueue.put is safe here: the main thread may be inside any of the others.
        if self._received:
            self._patience = 0.0  # who asks twice doesn't want to wait
        else:
            self._received, self._received_at = signal.Signals(number), time.monotonic()
        self._inbox.put(None)

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Within the block, go on for up to ``seconds`` after the first signal; a second one ends it at once."""
        self._patience = seconds
        try:
            yield
        finally:
            self._patience = 0.0

    @property
    def _grace(self) -> float:
        """Seconds left to go on; only meaningful after a signal."""
        return self._received_at + self._patience - time.monotonic()

    def check(self) -> None:
        """Raise `StopRequested` if a signal has come, and no patience is left."""
        if self._received and self._grace <= 0:
            raise StopRequested(self._received)

    def sleep(self, seconds: float) -> None:
        """Sleep, or raise `StopRequested` as soon as a signal comes (or had come)."""
        self._inbox = SimpleQueue()
        self._receive(seconds)

    def call(self, function: Callable[[], T], timeout: float) -> T:
        """Return what ``function`` returns, or raise what it raises, from a thread of its own.

        Raises `TimeoutError` after ``timeout`` seconds, and `StopRequested` at a signal. The thread is then left to
        itself, and what comes of it is dropped.
        """
        inbox = self._inbox = SimpleQueue()

        def deliver() -> None:
            try:
                inbox.put((function(), None))
            except BaseException as error:  # noqa: BLE001 - handed over, whatever it is, to the waiting thread
                inbox.put((None, error))

        threading.Thread(target=deliver, daemon=True).start()
        outcome = self._receive(timeout)
        if outcome is None:
            raise TimeoutError
        result, error = outcome
        if error:
            raise error
        return result  # type: ignore[no-any-return]  # the inbox is fresh: only `deliver` puts results into it

    def _receive(self, seconds: float) -> tuple[Any, BaseException | None] | None:
        end = time.monotonic() + seconds
        while True:
            self.check()
            left = end - time.monotonic()
            try:
                outcome = self._inbox.get(timeout=max(0, min(left, self._grace) if self._received else left))
            except Empty:
                if end <= time.monotonic():
                    return None
            else:
                if outcome:
                    return outcome
