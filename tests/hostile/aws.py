"""An AWS account, as far as Step Functions and STS go: what exists in it, and what a test decides about it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from .executions import Execution, MachineType, MapRun, Plan, StateMachine, Status, milliseconds
from .wire import AwsError

ACCOUNT_ID = "123456789012"


@dataclass
class Session:
    """Credentials that were handed out for a role; `expiration` in epoch seconds."""

    access_key: str
    secret_key: str
    token: str
    arn: str
    expiration: float


class Account:
    """State machines, executions and sessions. `clock` gives epoch seconds; a test may pass one that it moves itself.

    Attributes that a test sets (all seconds):
        list_lag: how long ListExecutions doesn't know a new execution
        describe_lag: how long DescribeExecution doesn't know a new execution
        output_lag: how long a SUCCEEDED execution is described without its output
        credentials_lifetime: how long credentials that are handed out live; None: as long as was asked for
    and, not seconds, web_identity_tokens: those that AssumeRoleWithWebIdentity has ever taken; it takes the last one
    """

    def __init__(self, region: str = "eu-west-1", clock: Callable[[], float] = time.time) -> None:
        self.region = region
        self.clock = clock
        self.lock = threading.RLock()
        self.list_lag = 0.0
        self.describe_lag = 0.0
        self.output_lag = 0.0
        self.credentials_lifetime: float | None = None
        self.web_identity_tokens = ["token"]
        self.started = 0
        self.sessions: dict[str, Session] = {}
        self._machines: dict[str, StateMachine] = {}
        self._executions: dict[str, Execution] = {}
        self._map_runs: dict[str, MapRun] = {}
        self._plan = Plan()
        self._next_plans: deque[Plan] = deque()
        self.state_machine_arn = self.add_state_machine("hostile")

    # What a test decides

    def add_state_machine(self, name: str, type: MachineType = "STANDARD") -> str:
        """The new machine's ARN. Every version (`…:3`) and alias (`…:PROD`) of it exists."""
        arn = f"arn:aws:states:{self.region}:{ACCOUNT_ID}:stateMachine:{name}"
        self._machines[arn] = StateMachine(name, arn, type, milliseconds(self.clock()))
        return arn

    def plan(
        self,
        duration: float | None = 0.2,
        status: Status = "SUCCEEDED",
        output: str | None = '{"ok":true}',
        error: str | None = None,
        cause: str | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        deletes_itself: bool = False,
        *,
        times: int | None = None,
    ) -> None:
        """What attempts (starts and redrives) begun from now on will do: the next `times` ones after those already
        planned so, or, with None, all for which nothing else is planned. See `Plan`.
        """
        plan = Plan(duration, status, output, error, cause, history, deletes_itself)
        if times is None:
            self._plan = plan
        else:
            self._next_plans.extend([plan] * times)

    def seed(
        self,
        name: str,
        status: Status = "SUCCEEDED",
        input: str = "{}",
        started: float | None = None,
        *,
        duration: float | None = 0.0,
        output: str | None = '{"ok":true}',
        error: str | None = None,
        cause: str | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        state_machine_arn: str | None = None,
    ) -> Execution:
        """An execution that exists already, and doesn't count in `started`.

        It began at `started` (epoch, default now) and ended, or will, `duration` seconds later in `status`; RUNNING
        is one that runs until it is stopped.
        """
        running = status == "RUNNING"
        plan = Plan(None if running else duration, status, output, error, cause, history)
        machine, qualifier = self.resolve(state_machine_arn or self.state_machine_arn)
        return self._add(machine, qualifier, name, input, started, plan)

    def add_map_run(self, executions: Sequence[Execution] = (), **item_counts: int) -> str:
        """The ARN of a new distributed Map's run, with these child executions and `itemCounts`; the rest is 0."""
        arn = f"arn:aws:states:{self.region}:{ACCOUNT_ID}:mapRun:hostile/Orders:{uuid4()}"
        self._map_runs[arn] = MapRun(arn, executions, item_counts)
        return arn

    def stop_execution(self, name: str, error: str | None = None, cause: str | None = None) -> None:
        """As if somebody else had stopped it."""
        self.executions[name].stop(error, cause)

    def end_executions(self) -> None:
        """What runs ends now, as it was planned: for a test that has something happen before the end."""
        with self.lock:
            for execution in self._executions.values():
                execution.end_now()

    def expire_credentials(self) -> None:
        """All sessions handed out so far are over, whatever Expiration they were given."""
        with self.lock:
            for session in self.sessions.values():
                session.expiration = self.clock()

    def hand_out(self, role: str, session_name: str, lifetime: float) -> Session:
        """Temporary credentials of a role, for `lifetime` seconds where `credentials_lifetime` says nothing else."""
        with self.lock:
            lifetime = lifetime if self.credentials_lifetime is None else self.credentials_lifetime
            arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session_name}"
            access_key, secret_key, token = f"ASIA{uuid4().hex[:16].upper()}", uuid4().hex, uuid4().hex
            session = self.sessions[token] = Session(access_key, secret_key, token, arn, self.clock() + lifetime)
            return session

    @property
    def executions(self) -> dict[str, Execution]:
        """By name, in the order in which they began; of several with one name the latest."""
        with self.lock:
            return {execution.name: execution for execution in self._executions.values()}

    # What the operations need (with the lock held)

    def resolve(self, arn: str) -> tuple[StateMachine, str | None]:
        """The machine, and the version or alias that the ARN names. Raises InvalidArn, StateMachineDoesNotExist."""
        parts = arn.split(":")
        if parts[:3:2] != ["arn", "states"] or len(parts) not in (7, 8) or parts[5] != "stateMachine":
            raise AwsError("InvalidArn", f"Invalid Arn: 'Resource type not valid in this context: {arn}'")
        machine = self._machines.get(":".join(parts[:7]))
        if machine is None:
            raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return machine, parts[7] if len(parts) == 8 else None

    def execution(self, arn: str) -> Execution:
        """Raises InvalidArn, ExecutionDoesNotExist."""
        parts = arn.split(":")
        if parts[:3:2] != ["arn", "states"] or len(parts) != 8 or parts[5] != "execution":
            raise AwsError("InvalidArn", f"Invalid Arn: 'Resource type not valid in this context: {arn}'")
        found = self._executions.get(arn)
        if found is None or found.deleted:
            raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return found

    def map_run(self, arn: str) -> MapRun:
        """Raises ResourceNotFound."""
        if arn not in self._map_runs:
            raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'")
        return self._map_runs[arn]

    def executions_of(self, machine: StateMachine, qualifier: str | None) -> list[Execution]:
        """All of the machine's, or those started through the version or alias; oldest first."""
        return [
            execution
            for execution in self._executions.values()
            if execution.machine == machine and qualifier in (None, execution.qualifier) and not execution.deleted
        ]

    def named(self, machine: StateMachine, name: str) -> Execution | None:
        return self._executions.get(machine.sibling_arn("execution", name))

    def begin(
        self, machine: StateMachine, qualifier: str | None, name: str, input: str, trace_header: str | None
    ) -> Execution:
        self.started += 1
        execution = self._add(machine, qualifier, name, input, None, self.take_plan())
        execution.trace_header = trace_header
        return execution

    def take_plan(self) -> Plan:
        return self._next_plans.popleft() if self._next_plans else self._plan

    def _add(
        self,
        machine: StateMachine,
        qualifier: str | None,
        name: str,
        input: str,
        started: float | None,
        plan: Plan,
    ) -> Execution:
        start_date = milliseconds(self.clock() if started is None else started)
        standard = machine.type == "STANDARD"
        arn = machine.sibling_arn("execution", name) if standard else machine.sibling_arn("express", name, str(uuid4()))
        execution = Execution(arn, name, machine, qualifier, input, start_date, plan, clock=self.clock)
        with self.lock:
            self._executions.pop(arn, None)  # a name reused goes to the end of the order
            self._executions[arn] = execution
        return execution
