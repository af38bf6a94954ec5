"""What a run does where an execution of its name exists already: SFN_RERUN (contract 3), as one table."""

from enum import Enum, auto
from typing import NamedTuple

from job.execution import Execution
from job.outcomes import Outcome
from job.waiting import outcome_of


class Action(Enum):
    """What to do next."""

    START = auto()
    """Start the next count."""
    JOIN = auto()
    """Take the newest execution for this run's: wait for it, or report how it ended."""
    REDRIVE = auto()
    """Run the newest execution again from where it failed; where AWS doesn't allow that, START."""
    REFUSE = auto()
    """End with exit 20."""


class Policy(NamedTuple):
    """The action by how the newest execution of the run's name stands."""

    nothing: Action
    running: Action
    succeeded: Action
    unsuccessful: Action
    """FAILED, ABORTED or TIMED_OUT."""

    def action(self, newest: Execution | None) -> Action:
        """Return what to do. Raises `job.errors.JobError` for a status that isn't known."""
        if newest is None:
            return self.nothing
        outcome = outcome_of(newest.status)
        if outcome is None:
            return self.running
        return self.succeeded if outcome is Outcome.SUCCESS else self.unsuccessful

    @property
    def shares(self) -> bool:
        """Whether an execution of the run's name is the run's, whoever started it."""
        return self.running is Action.JOIN


POLICIES = {
    #                 nothing yet, running, SUCCEEDED, FAILED or ABORTED or TIMED_OUT
    "new": Policy(Action.START, Action.START, Action.START, Action.START),
    "once": Policy(Action.START, Action.JOIN, Action.JOIN, Action.JOIN),
    "resume": Policy(Action.START, Action.JOIN, Action.JOIN, Action.START),
    "redrive": Policy(Action.START, Action.JOIN, Action.JOIN, Action.REDRIVE),
    "fail": Policy(Action.START, Action.REFUSE, Action.REFUSE, Action.REFUSE),
}
