"""Waiting until the execution has ended (contract 4)."""

import logging
import math
from collections.abc import Callable
from typing import NamedTuple

from job.errors import ExecutionNotFound, JobError, Throttled, WaitTimeout, sentences
from job.execution import Execution
from job.outcomes import Outcome
from job.schedule import Schedule
from job.signals import Stop

log = logging.getLogger(__name__)

ENDINGS: dict[str, Outcome | None] = {
    "RUNNING": None,
    "PENDING_REDRIVE": None,
    "SUCCEEDED": Outcome.SUCCESS,
    "FAILED": Outcome.EXECUTION_FAILED,
    "ABORTED": Outcome.EXECUTION_ABORTED,
    "TIMED_OUT": Outcome.EXECUTION_TIMED_OUT,
}
"""Every status that an execution can have, and the run's outcome with it; None: go on waiting.

Source: AWS, API reference of DescribeExecution. A status that isn't here is an error of its own: never success, never
"go on".
"""

FIRST_NOTE = 60.0
"""Seconds of waiting after which the log says again that it goes on; then each time that they have doubled."""

OUTAGE_WINDOWS = 10
"""For so many times SFN_RETRY_WINDOW after its last answer a wait rides out passing faults (contract 1)."""

LEAST_FOR_A_CHECK = 5.0
"""Seconds that a check may take where less is left of the wait, or of the time for faults: AWS answers within them."""

SETTLING = 5.0
"""Seconds in which AWS may not show a new execution yet, or the output of one that just SUCCEEDED."""


class Limits(NamedTuple):
    """How long to wait, in seconds."""

    wait: float | None
    """For the end of the execution; None: for ever."""
    window: float
    """SFN_RETRY_WINDOW: through passing faults for `OUTAGE_WINDOWS` times as long, counted from the last answer, and at
    least for as long, counted from the first of them: after a long gap that answer is an old one."""


class Faults:
    """Passing faults in a row: logged once when they begin and once when they end, and limited in time."""

    def __init__(self, limits: Limits, now: float) -> None:
        """``now`` counts as an answer."""
        self._limits = limits
        self._answered_at = now
        self._end = math.inf
        self._count = 0

    def left(self, now: float) -> float:
        """Return the seconds until the faults have outlasted their limit; infinity without any."""
        return max(0.0, self._end - now)

    def latest(self, now: float) -> float:
        """Return when faults are over that began now or earlier."""
        if self._count:
            return self._end
        window = self._limits.window
        return max(self._answered_at + OUTAGE_WINDOWS * window, now + window)

    def failed(self, error: JobError, now: float) -> None:
        """Raise ``error`` where the faults have outlasted their limit."""
        self._end = self.latest(now)
        if now >= self._end:
            if not error.detail:  # with which the sentence is the contract's own
                silence = f"There was no answer for {now - self._answered_at:.0f} s"
                error.args = (sentences(str(error), f"{silence}; a greater SFN_RETRY_WINDOW rides out more"),)
            raise error
        if not self._count:
            event = "throttled, waiting goes on" if isinstance(error, Throttled) else "checks fail, waiting goes on"
            log.warning(event, extra={"reason": str(error)})
        self._count += 1

    def answered(self, now: float) -> None:
        """Take note of an answer: the trouble is over."""
        if self._count:
            log.info("checks succeed again", extra={"failed_checks": self._count})
        self._answered_at, self._end, self._count = now, math.inf, 0


def wait(
    look: Callable[[], Execution],
    schedule: Schedule,
    limits: Limits,
    stop: Stop,
    monotonic: Callable[[], float],
    *,
    age: float = 0.0,
) -> Outcome:
    """Look until the execution has ended, and return the outcome that its status means.

    ``look`` asks AWS once; ``age`` is how many seconds the execution has run already. Raises `WaitTimeout`;
    `StopRequested`; the last of faults that outlast their limit; and at once what doesn't pass, such as a permission
    lost or the execution deleted.
    """
    began = monotonic()
    end = math.inf if limits.wait is None else began + limits.wait
    faults = Faults(limits, began)
    seen = False
    succeeded_at = None
    note_at = 0.0
    while True:
        now = monotonic()
        elapsed = now - began
        if elapsed >= note_at:
            log.info("waiting", extra={"elapsed_seconds": round(elapsed)})
            note_at = max(FIRST_NOTE, elapsed * 2)
        stop.sleep(min(schedule.gap(age + elapsed, faults.left(now)), max(0.0, end - now)))
        now = monotonic()
        try:
            with stop.within(max(min(end, faults.latest(now)) - now, LEAST_FOR_A_CHECK)):
                execution = look()
        except JobError as error:
            not_yet = isinstance(error, ExecutionNotFound) and not seen and now - began < SETTLING
            if not (error.transient or not_yet):
                raise
            if isinstance(error, Throttled):
                schedule.throttled()
            now = monotonic()  # it may have hung
            faults.failed(error, now)
        else:
            seen = True
            faults.answered(now)
            schedule.answered()
            outcome = outcome_of(execution.status)
            if outcome is Outcome.SUCCESS and execution.output is None:
                succeeded_at = succeeded_at or now
                outcome = outcome if now - succeeded_at >= SETTLING else None
            if outcome is not None:
                return outcome
        if now >= end:
            raise WaitTimeout(f"The execution still runs after SFN_WAIT_TIMEOUT ({limits.wait:g} s).")


def outcome_of(status: str) -> Outcome | None:
    """Return what a status means; None while the execution goes on."""
    if status not in ENDINGS:
        raise JobError(f"AWS says that the execution is {status}, a status that this version doesn't know.")
    return ENDINGS[status]
