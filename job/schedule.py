"""When to look next at an execution that runs (contract 4). Pure: time and randomness are passed in.

The numbers are a compromise between seeing an end soon and asking seldom; docs/waiting.md shows what they lead to, and
benchmarks/fleet.py measures it. They were chosen so that at the default interval of 10 s an execution of 1 s is seen
to end within 0.5 s and one of 60 s within 3 s, with at most 2 * duration / interval + 15 checks for any duration.
"""

import math
import random
from collections.abc import Callable

FIRST_GAP = 0.1
"""Seconds: many executions are over by then, and their jobs needn't last longer than they do."""

LEAST_GAP = 0.48
GROWTH = 0.6
"""Then the gaps have 0.48 s until the execution has run for a second, and after that this share of the time that it has
run: its end is seen within this share of its length."""

PLATEAU = 0.295
PLATEAU_END = 6.0
"""In intervals: where the gaps stop growing, and until when. At 10 s these are 2.95 s, 50 ms less than the 3 s of above
because the request takes time too, and a minute."""

FULL_GAP_AFTER = 200.0
SLOW_GROWTH = 0.2
"""After the plateau the gaps approach the interval slowly, as a power of the time: half of it at once, all of it after
so many intervals. An execution that has run for long is likely to run for long: what is saved there pays for seeing the
others' ends sooner, at no more requests than with a fixed interval."""

JITTER = 0.5
"""Up to this share is taken off the first two gaps, so that jobs that began in the same second are out of step from
then on (all later gaps follow from them), and off each gap that throttling has stretched, drawn anew."""

STRETCH = 2.0
RECOVERY = 0.965
"""A throttled check doubles the gap, whatever it is; an answer takes this factor back. Where a quota is used up, both
balance with ln(1/0.965) / (ln 2 + ln(1/0.965)) = 4.9% of all checks throttled; twenty answers undo one throttling."""

STRETCHED_LEAST = 10.0
STRETCHED_MOST = 500.0
"""Seconds, the bounds of a stretched gap. AWS throttles when a bucket of 300 tokens is empty, which takes 20 s to fill:
to ask again within a second only keeps it empty. And with gaps of 500 s 7,500 jobs share 15 checks a second: where
checks are throttled still, `PATIENCE` decides who goes first."""

PATIENCE = 1 / 3
"""Of the time until the wait gives up, which a gap takes at most while checks get no answer: whoever has been without
one for longest asks most often, so that bad luck doesn't end a wait, and a long interval doesn't leave it one try."""

LEAST_PATIENCE = 1.0
"""Seconds that a gap is not shortened below by that."""


class Schedule:
    """The gaps between the checks of one execution. `gap` first; then what became of that check; and so on."""

    def __init__(self, interval: float, draw: Callable[[], float] = random.random) -> None:
        """``interval``: SFN_POLLING_INTERVAL, seconds, which only throttled gaps exceed; ``draw``: from 0 to 1."""
        self._interval = interval
        self._draw = draw
        self._gap = 0.0
        self._least = 0.0
        self._gaps = 0
        self._left = math.inf

    def gap(self, elapsed: float, left: float = math.inf) -> float:
        """Return the seconds until the next check of an execution that has run for ``elapsed`` seconds.

        ``left``: seconds until the wait gives up for want of an answer; infinity where the last check had one.
        """
        usual = usual_gap(elapsed, self._interval)
        if self._gaps == 0 and elapsed < FIRST_GAP:
            usual = min(FIRST_GAP, self._interval)
        jitter = JITTER if self._gaps < 2 or self._least > usual else 0.0
        self._gaps += 1
        self._left = left
        self._gap = max(usual, self._least)
        patient = min(self._gap, max(PATIENCE * left, LEAST_PATIENCE))
        return min(patient * (1 - jitter * self._draw()), left)

    @property
    def calm(self) -> bool:
        """Whether neither throttling nor the want of an answer has a say in the present gap."""
        return self._gap > self._least and self._left == math.inf

    def throttled(self) -> None:
        """Look more seldom from now on."""
        self._least = min(max(self._gap * STRETCH, STRETCHED_LEAST), max(STRETCHED_MOST, self._interval))

    def answered(self) -> None:
        """Come back a little towards the gaps without throttling."""
        self._least *= RECOVERY


def usual_gap(elapsed: float, interval: float) -> float:
    """Return the gap, in seconds, after ``elapsed`` seconds without jitter and throttling."""
    growing = LEAST_GAP if elapsed < 1 else GROWTH * elapsed
    plateau = max(LEAST_GAP, PLATEAU * interval) + GROWTH * max(0.0, elapsed - PLATEAU_END * interval)
    slow = max(LEAST_GAP, interval * math.pow(elapsed / (FULL_GAP_AFTER * interval), SLOW_GROWTH))
    return min(growing, plateau, slow, interval)
