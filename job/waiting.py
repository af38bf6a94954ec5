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
"""Seconds of waiting after which the log says so; then each time that they have doubled."""

OUTAGE_WINDOWS = 10
"""For so many times SFN_RETRY_WINDOW after its last answer a wait rides out passing faults (contract 1)."""

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

    def failed(self, error: JobError, now: float) -> None:
        """Raise ``error`` where the faults have outlasted their limit."""
        if not self._count:
            window = self._limits.window
            self._end = max(self._answered_at + OUTAGE_WINDOWS * window, now + window)
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
    faults = Faults(limits, began)
    seen = False
    succeeded_at = None
    note_at = FIRST_NOTE
    while True:
        now = monotonic()
        elapsed = now - began
        left = math.inf if limits.wait is None else max(0.0, limits.wait - elapsed)
        if elapsed >= note_at:
            log.info("waiting", extra={"elapsed_seconds": round(elapsed)})
            note_at = elapsed * 2
        stop.sleep(min(schedule.gap(age + elapsed, faults.left(now)), left))
        now = monotonic()
        try:
            execution = look()
        except JobError as error:
            not_yet = isinstance(error, ExecutionNotFound) and not seen and now - began < SETTLING
            if not (error.transient or not_yet):
                raise
            if isinstance(error, Throttled):
                schedule.throttled()
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
        if limits.wait is not None and now - began >= limits.wait:
            raise WaitTimeout(f"The execution still runs after SFN_WAIT_TIMEOUT ({limits.wait:g} s).")


def outcome_of(status: str) -> Outcome | None:
    """Return what a status means; None while the execution goes on."""
    if status not in ENDINGS:
        raise JobError(f"AWS says that the execution is {status}, a status that this version doesn't know.")
    return ENDINGS[status]
