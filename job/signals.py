"""SIGTERM and SIGINT become one request to stop, which ends whatever the job waits for at once.

The main thread never blocks in a request itself: a request runs in a thread of its own, and the main thread waits for
the answer, the time limit or a signal, whichever comes first. So neither a hanging name lookup, which nothing can
interrupt, nor an answer that drips for ever delays a signal or the time limit.

It waits on a pipe, into which Python writes the number of each signal the moment it comes. With Python's handlers alone
a signal could be lost until the end of a wait: they run between two instructions of the main thread, so one that comes
just before a blocking call isn't handled until that returns.
"""

import math
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from job.errors import StopRequested

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

LONGEST_POLL = 86_400.0
"""Seconds: poll takes no number of any size. After that it is asked again."""

_DONE = b"\0"
"""What a call's thread writes into the pipe; no signal has this number."""


class Stop:
    """The request to stop, and the two ways to wait that it ends. Belongs to the main thread."""

    def __init__(self) -> None:
        """Nothing is requested yet."""
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._readable = select.poll()
        self._readable.register(self._reader, select.POLLIN)
        self._received: list[signal.Signals] = []
        self._received_at = 0.0
        self._patience = 0.0
        self._deadline = math.inf

    def install(self) -> None:
        """Listen to SIGTERM and SIGINT from now on."""
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _handle)

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Within the block, go on for up to ``seconds`` after the first signal; a second one ends it at once."""
        self._patience = seconds
        try:
            yield
        finally:
            self._patience = 0.0

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Within the block, no `call` goes on for longer than ``seconds`` from now."""
        self._deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            self._deadline = math.inf

    def check(self) -> None:
        """Raise `StopRequested` if a signal has come, and no patience is left."""
        try:
            numbers = os.read(self._reader, 4096)
        except BlockingIOError:
            numbers = b""
        for number in numbers.replace(_DONE, b""):
            if not self._received:
                self._received_at = time.monotonic()
            self._received.append(signal.Signals(number))
        if self._received and self._grace() <= 0:
            raise StopRequested(self._received[0])

    def sleep(self, seconds: float) -> None:
        """Sleep, or raise `StopRequested` as soon as a signal comes (or had come)."""
        self._wait(seconds, lambda: False)

    def call(self, function: Callable[[], T], timeout: float) -> T:
        """Return what ``function`` returns, or raise what it raises, from a thread of its own.

        Raises `TimeoutError` after ``timeout`` seconds or at the end of `within`, and `StopRequested` at a signal. The
        thread is then left to itself, and what comes of it is dropped.
        """
        ended = in_thread(function)
        ended.add_done_callback(lambda _: os.write(self._writer, _DONE))
        if not self._wait(min(timeout, self._deadline - time.monotonic()), ended.done):
            raise TimeoutError
        return ended.result()

    def _wait(self, seconds: float, done: Callable[[], bool]) -> bool:
        """Wait until ``done``, or for ``seconds``; return which."""
        end = time.monotonic() + seconds
        while True:
            self.check()
            if done():
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            if self._received:
                left = min(left, self._grace())
            self._readable.poll(min(max(left, 0), LONGEST_POLL) * 1000)

    def _grace(self) -> float:
        """Return for how many seconds a received signal still lets the run go on."""
        if len(self._received) > 1:  # who asks twice doesn't want to wait
            return 0.0
        return self._received_at + self._patience - time.monotonic()


def in_thread(function: Callable[[], T]) -> "Future[T]":
    """Call ``function`` in a thread of its own, which nothing waits for at the end of the process."""
    from concurrent.futures import Future  # noqa: PLC0415 - boto3 imports it; a run that fails validation needn't

    ended: Future[T] = Future()

    def deliver() -> None:
        try:
            ended.set_result(function())
        except BaseException as error:  # noqa: BLE001 - handed over, whatever it is, to the waiting thread
            ended.set_exception(error)

    threading.Thread(target=deliver, daemon=True).start()
    return ended


def _handle(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that there is a handler makes Python write the signal into the pipe."""
