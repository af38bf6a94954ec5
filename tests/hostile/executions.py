"""State machines and executions. An execution's state follows from its plan and the clock: nothing runs here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .wire import AwsError

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
MachineType = Literal["STANDARD", "EXPRESS"]

DAY = 24 * 3600.0
REDRIVABLE_PERIOD = 14 * DAY


@dataclass(frozen=True)
class StateMachine:
    name: str
    arn: str
    type: MachineType
    creation_date: float

    def require(self, type: MachineType) -> None:
        """Raises StateMachineTypeNotSupported unless the machine is of this type."""
        if self.type != type:
            raise AwsError(
                "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
            )

    def sibling_arn(self, resource: str, *name: str) -> str:
        """An ARN of the same account and region: `execution` or `express`, this machine, `name`."""
        prefix = self.arn.rsplit(":", 2)[0]
        return ":".join([prefix, resource, self.name, *name])


@dataclass(frozen=True)
class Plan:
    """What an execution will do: last `duration` seconds (None: until it is stopped), and end in `status`.

    `history` is the whole list of events as GetExecutionHistory writes them; what they lack of id, previousEventId
    and timestamp is filled in. None makes a small plausible one.
    """

    duration: float | None = 0.2
    status: Status = "SUCCEEDED"
    output: str | None = '{"ok":true}'
    error: str | None = None
    cause: str | None = None
    history: Sequence[Mapping[str, Any]] | None = None
    deletes_itself: bool = False


@dataclass(frozen=True)
class MapRun:
    """One run of a distributed Map: the executions that it started, and how its items fared."""

    arn: str
    executions: Sequence[Execution]
    item_counts: Mapping[str, int]


@dataclass(frozen=True)
class Stop:
    date: float
    error: str | None
    cause: str | None


@dataclass
class Execution:
    """One execution. Dates are epoch seconds in whole milliseconds; `began` is the start or the latest redrive."""

    arn: str
    name: str
    machine: StateMachine
    qualifier: str | None
    input: str
    start_date: float
    plan: Plan
    trace_header: str | None = None
    stopped: Stop | None = None
    redrive_count: int = 0
    redrive_date: float | None = None
    redrive_tokens: dict[str, float] = field(default_factory=dict)
    earlier_events: list[dict[str, Any]] = field(default_factory=list)
    all_events: list[dict[str, Any]] = field(default_factory=list)
    clock: Callable[[], float] = field(default=time.time, repr=False)

    @property
    def began(self) -> float:
        return self.redrive_date or self.start_date

    @property
    def end(self) -> float | None:
        """When it ends or ended; None while nothing is known to end it."""
        if self.stopped:
            return self.stopped.date
        return None if self.plan.duration is None else milliseconds(self.began + self.plan.duration)

    @property
    def running(self) -> bool:
        return self.end is None or self.clock() < self.end

    @property
    def status(self) -> Status:
        if self.running:
            return "RUNNING"
        return "ABORTED" if self.stopped else self.plan.status

    @property
    def stop_date(self) -> float | None:
        return None if self.running else self.end

    @property
    def deleted(self) -> bool:
        return self.plan.deletes_itself and not self.running

    @property
    def output(self) -> str | None:
        return self.plan.output if self.status == "SUCCEEDED" else None

    @property
    def failure(self) -> Stop | Plan | None:
        """What holds the error and the cause of an execution that ended without success."""
        return None if self.status in ("RUNNING", "SUCCEEDED") else self.stopped or self.plan

    @property
    def not_redrivable_because(self) -> str | None:
        """AWS's redriveStatusReason; None when it can be redriven."""
        if self.status in ("RUNNING", "SUCCEEDED"):
            return f"Execution is {self.status} and cannot be redriven."
        if self.stop_date is not None and self.clock() - self.stop_date > REDRIVABLE_PERIOD:
            return "Execution redrivable period exceeded."
        return None

    @property
    def version_arn(self) -> str | None:
        """An alias points at version 1 here."""
        if self.qualifier is None:
            return None
        return f"{self.machine.arn}:{self.qualifier if self.qualifier.isdigit() else '1'}"

    @property
    def alias_arn(self) -> str | None:
        return f"{self.machine.arn}:{self.qualifier}" if self.qualifier and not self.qualifier.isdigit() else None

    def snapshot(self) -> Execution:
        """A copy whose clock stands still, so that all that is read from it belongs together."""
        now = self.clock()
        return replace(self, clock=lambda: now)

    def stop(self, error: str | None, cause: str | None) -> None:
        """A closed execution stays as it ended."""
        if self.running:
            self.stopped = Stop(milliseconds(self.clock()), error, cause)

    def end_now(self) -> None:
        """A closed execution stays as it ended."""
        if self.running:
            self.plan = replace(self.plan, duration=self.clock() - self.began)

    def redrive(self, plan: Plan, events: list[dict[str, Any]]) -> None:
        """Begins anew under the same ARN, after the events so far."""
        self.earlier_events = events
        self.all_events = []
        self.plan = plan
        self.stopped = None
        self.redrive_count += 1
        self.redrive_date = milliseconds(self.clock())


def milliseconds(epoch: float) -> float:
    """AWS's precision. Rounded down, so that what is dated now isn't in the future."""
    return math.floor(epoch * 1000) / 1000
