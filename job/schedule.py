"""When to look next at an execution that runs (contract 4). Pure: time and randomness are passed in."""

import random
from collections.abc import Callable

FIRST_GAP = 0.25
GROWTH = 0.2
"""The gap to the next check is this share of the time that the execution has run already, from `FIRST_GAP` seconds on,
so that the end of any execution is seen within this share of its length."""

JITTER = 0.2
"""Each gap is shortened by up to this share, drawn anew, so that jobs of one second don't stay in step."""

STRETCH = 2.0
RECOVERY = 0.9
"""Throttling stretches the gaps by the first factor each time; each answer takes back a little by the second."""

MOST_STRETCH = 64.0


class Schedule:
    """When to look next. Pure: time comes in as elapsed seconds, randomness as a function drawing from 0 to 1."""

    def __init__(self, longest: float, draw: Callable[[], float] = random.random) -> None:
        """``longest``: the cap of the gaps in seconds, SFN_POLLING_INTERVAL; only throttling goes beyond it."""
        self._longest = longest
        self._draw = draw
        self._stretch = 1.0

    def gap(self, elapsed: float) -> float:
        """Return the seconds until the next check of an execution that has run for ``elapsed`` seconds."""
        gap = min(max(FIRST_GAP, GROWTH * elapsed), self._longest) * self._stretch
        return gap * (1 - JITTER * self._draw())

    def throttled(self) -> None:
        """Look more seldom from now on."""
        self._stretch = min(self._stretch * STRETCH, MOST_STRETCH)

    def answered(self) -> None:
        """Come back a little towards the gaps without throttling."""
        self._stretch = max(1.0, self._stretch * RECOVERY)
