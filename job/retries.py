"""How often a request is tried again: with growing, jittered pauses, until their window has passed."""

import logging
import random
from collections.abc import Callable
from typing import TypeVar

from job.errors import JobError
from job.signals import Stop

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
"""Seconds; each pause is drawn between nothing and a bound that doubles from the first to the second."""


class Retries:
    """One window of attempts, shared by all requests of an undertaking."""

    def __init__(self, window: float, stop: Stop, monotonic: Callable[[], float]) -> None:
        """``window``: seconds from now, 0 for a single attempt."""
        self._end = monotonic() + window
        self._stop = stop
        self._monotonic = monotonic
        self._bound = FIRST_PAUSE

    def ask(self, request: Callable[[], T]) -> T:
        """Return the answer to a request that changes nothing, asking again while that may help."""
        while True:
            try:
                return request()
            except JobError as error:
                self.pause(error)

    def pause(self, error: JobError) -> None:
        """Sleep before the next attempt; raise ``error`` where it doesn't pass, or the window has."""
        left = self._end - self._monotonic()
        if not error.transient or left <= 0:
            raise error
        log.log(
            logging.WARNING if self._bound == FIRST_PAUSE else logging.DEBUG,  # once is enough to know
            "request failed, trying again",
            extra={"reason": str(error), "seconds_left": round(left, 1)},
        )
        self._stop.sleep(min(random.uniform(0, self._bound), left))  # noqa: S311 - jitter is no secret
        self._bound = min(2 * self._bound, LONGEST_PAUSE)
