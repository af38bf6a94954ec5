"""One run, as far as it has come. The result is made from it, however the run ends."""

from dataclasses import dataclass

from job.execution import Execution
from job.history.failures import Failure


@dataclass(slots=True)
class Run:
    """What the run has reached; whoever learns something new of its execution writes it here at once."""

    execution: Execution | None = None
    """The run's execution as last known; None while none was reached."""

    count: int | None = 1
    """The count in the execution's name (contract 3); None where names aren't unique, as with Express."""

    resumed: bool = False
    """Whether another process started the execution: an earlier attempt of this run, or a twin at the same time."""

    redrives: int = 0
    """The redriveCount that AWS shows once it knows of this run's redrive; an answer with less is an old one."""

    failure: Failure | None = None
    """Where and why the execution failed, as far as its history tells."""

    in_doubt: str | None = None
    """The name of an execution that may have been started: it was asked for, and no answer came."""

    told_to_stop: bool = False
    """Whether AWS has taken our request to stop the execution, which may not have ended yet."""

    state: str | None = None
    """The state that was entered last and goes on; None where that isn't known."""

    states_entered: int = 0
    states_known: int | None = None
    """States of the definition entered so far, and in all; None where the definition isn't known."""

    items: int = 0
    items_done: int = 0
    """Items of the Map that began last, and how many of them are done."""

    def known(self) -> Execution:
        """Return the execution of a run that has one."""
        if self.execution is None:
            raise ValueError("no execution was reached")
        return self.execution
