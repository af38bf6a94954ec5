"""One run, as far as it has come. The result is made from it, however the run ends."""

from dataclasses import dataclass

from job.executions import Execution
from job.history import Failure


@dataclass(slots=True)
class Run:
    """What the run has reached; whoever learns something new of its execution writes it here at once."""

    execution: Execution | None = None
    """The run's execution as last known; None while none was reached."""

    count: int = 1
    """The count in the execution's name (contract 3)."""

    resumed: bool = False
    """Whether another process started the execution: an earlier attempt of this run, or a twin at the same time."""

    redrives: int = 0
    """The redriveCount that AWS shows once it knows of this run's redrive; an answer with less is an old one."""

    failure: Failure | None = None
    """Where and why the execution failed, as far as its history tells."""

    in_doubt: str | None = None
    """The name of an execution that may have been started: it was asked for, and no answer came."""

    def known(self) -> Execution:
        """Return the execution of a run that has one."""
        if self.execution is None:
            raise ValueError("no execution was reached")
        return self.execution
