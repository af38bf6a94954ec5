"""Histories as GetExecutionHistory gives them, written down by what happened; and one of a failed night, made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

START = datetime(2026, 11, 22, 2, 0, 0, 412000, tzinfo=UTC)

Event = dict[str, Any]


class Happened(NamedTuple):
    """One event that was written down: `after` is the one that it came of."""

    at: float
    type: str
    after: Happened | None
    details: dict[str, Any]


@dataclass
class History:
    """Written in any order; `events` are numbered as time goes."""

    happened: list[Happened] = field(default_factory=list)

    def add(self, at: float, type: str, after: Happened | None = None, /, **details: Any) -> Happened:
        """Write down what happened `at` seconds after the start; see `events` for what it came of by default."""
        self.happened.append(Happened(at, type, after, details))
        return self.happened[-1]

    def run(self, after: Happened | None, name: str, type: str, start: float, end: float | None = None) -> Happened:
        """Write down a state without attempts, which may still run."""
        entered = self.add(start, f"{type}StateEntered", after, name=name)
        return entered if end is None else self.add(end, f"{type}StateExited", entered, name=name)

    def task(
        self,
        after: Happened | None,
        name: str,
        *attempts: tuple[float, float, str, str] | tuple[float, float],
        resource: str = "lambda:invoke",
        exits: bool = True,
    ) -> Happened:
        """Write down a task by its attempts: each a start and an end, with error and cause where it failed."""
        type_, _, resource = resource.rpartition(":")
        of = {"resourceType": type_, "resource": resource}
        last = self.add(attempts[0][0], "TaskStateEntered", after, name=name)
        for start, end, *why in attempts:
            last = self.add(start, "TaskStarted", self.add(start, "TaskScheduled", last, **of), **of)
            failure = dict(zip(("error", "cause"), why, strict=False))
            last = self.add(end, "TaskFailed" if why else "TaskSucceeded", last, **of, **failure)
        return self.add(attempts[-1][1], "TaskStateExited", last, name=name) if exits else last

    @property
    def events(self) -> list[Event]:
        """As botocore returns them, oldest first. What came of nothing has 0 as previousEventId."""
        ordered = sorted(self.happened, key=lambda one: one.at)
        numbers = {id(one): number for number, one in enumerate(ordered, 1)}
        return [
            {
                "id": numbers[id(one)],
                "previousEventId": numbers[id(one.after)] if one.after else 0,
                "timestamp": START + timedelta(seconds=one.at),
                "type": one.type,
                _key(one.type): one.details,
            }
            for one in ordered
        ]


def _key(type: str) -> str:
    """Return the key that AWS gives the details of an event of this type."""
    for of_states in ("StateEntered", "StateExited"):
        if type.endswith(of_states):
            return f"{of_states[0].lower()}{of_states[1:]}EventDetails"
    return f"{type[0].lower()}{type[1:]}EventDetails"


def long_map(events: int, caught_each: int | None = None) -> History:
    """A Map of so many items that its history is full, of which the last fails; and of each so many one is caught."""
    history = History()
    add = history.add
    add(0, "ExecutionStarted")
    started = add(0, "MapStateStarted", add(0, "MapStateEntered", name="Settle each order"), length=100_000)
    index = 0
    while len(history.happened) < events - 12:
        at = index * 0.2
        last = add(at, "MapIterationStarted", started, name="Settle each order", index=index)
        broken = bool(caught_each) and index % (caught_each or 1) == 0
        last = history.task(last, "Charge", (at, at + 0.5, "Odd", "x" * 32_768) if broken else (at, at + 0.5))
        add(at + 0.6, "MapIterationSucceeded", last, name="Settle each order", index=index)
        index += 1
    at = index * 0.2
    last = add(at, "MapIterationStarted", started, name="Settle each order", index=index)
    last = history.task(last, "Charge", (at, at + 0.5, *DECLINED), exits=False)
    last = add(
        at + 0.7, "MapStateFailed", add(at + 0.7, "MapIterationFailed", last, name="Settle each order", index=index)
    )
    add(at + 0.8, "ExecutionFailed", last, error=DECLINED[0], cause=DECLINED[1])
    return history


NIGHT = "arn:aws:states:eu-central-1:123456789012"
DECLINED = ("PaymentDeclined", "The bank declined the card of order 81-20934: insufficient funds.")
THROTTLED = ("Lambda.TooManyRequestsException", "Rate Exceeded.")


def nightly_orders() -> History:
    """A night in which all kinds of states ran, some were tried again, one was caught, and one card was declined."""
    history = History()
    add, run, task = history.add, history.run, history.task
    add(0, "ExecutionStarted")
    last = run(None, "Is it a business day?", "Choice", 0.02, 0.04)

    both = add(0.05, "ParallelStateStarted", add(0.05, "ParallelStateEntered", last, name="Collect the night's data"))
    task(both, "Export orders", (0.1, 41.8), resource="athena:startQueryExecution.sync")
    rates = task(both, "Load exchange rates", (0.1, 6.3, *THROTTLED), (8.4, 12.9, *THROTTLED), (16.9, 22.4))
    run(rates, "Round rates", "Pass", 22.4, 22.45)
    end = add(41.9, "ParallelStateSucceeded", history.happened[-3])
    last = add(41.9, "ParallelStateExited", end, name="Collect the night's data")

    last = task(
        last,
        "Tell the warehouse",
        (41.95, 44.1, "SNS.EndpointDisabled", "Endpoint is disabled"),
        resource="sns:publish",
    )
    last = run(last, "Note that it wasn't told", "Pass", 44.1, 44.15)
    last = run(last, "Let payments settle", "Wait", 44.15, 74.15)

    entered = add(74.2, "MapStateEntered", last, name="Settle each order")
    started = add(74.2, "MapStateStarted", entered, length=214)
    for index in range(24):
        began = 74.3 + (index // 4) * 9.1 + (index % 4) * 0.3
        item = add(began, "MapIterationStarted", started, name="Settle each order", index=index)
        if index == 21:
            broken = item
        elif index > 21:
            task(item, "Reserve stock", (began + 0.1, began + 2.2))
        else:
            last = task(item, "Reserve stock", (began + 0.1, began + 2.2))
            last = task(last, "Charge the card", (began + 2.3, began + 8.3))
            add(began + 8.4, "MapIterationSucceeded", last, name="Settle each order", index=index)
    began = broken.at
    last = task(broken, "Reserve stock", (began + 0.1, began + 2.0))
    tries = ((began + 2, began + 6.2, *DECLINED), (began + 8.2, began + 12.1, *DECLINED))
    last = task(last, "Charge the card", *tries, (began + 16.1, began + 20.4, *DECLINED), exits=False)
    last = add(began + 20.5, "MapIterationFailed", last, name="Settle each order", index=21)
    last = add(began + 20.6, "MapStateFailed", last)
    error, cause = DECLINED
    add(began + 20.7, "ExecutionFailed", last, error=error, cause=cause)
    return history


def nightly_document() -> dict[str, Any]:
    """The result document of that night's run."""
    error, cause = DECLINED
    execution = f"{NIGHT}:execution:nightly-orders:nightly-2026-11-22-2"
    return {
        "exit_code": 23,
        "status_description": "FAIL: The execution FAILED in state Charge the card (Task, "
        f"arn:aws:states:::lambda:invoke, item 21 of Map Settle each order, 3 attempts): {error}: {cause}",
        "changed": True,
        "invocation": {
            "extension": "sfn-job",
            "version": "1.0.0",
            "fields": {
                "action": "Start Asynchronous Execution",
                "credentials_user": "****",
                "credentials_password": "****",
                "region": "eu-central-1",
                "role_based_access": False,
                "role_arn": None,
                "state_machine_arn": f"{NIGHT}:stateMachine:nightly-orders",
                "execution_name": "nightly-2026-11-22",
                "input": '{"date": "2026-11-22", "customer": "Ada"}',
                "use_proxy": False,
                "wait_for_success_or_failure": True,
                "polling_interval": 10,
                "proxy_type": None,
                "proxy": None,
                "proxy_credentials_user": None,
                "proxy_credentials_password": None,
                "proxy_ca_bundle_file": None,
            },
        },
        "result": {
            "executionArn": execution,
            "stateMachineArn": f"{NIGHT}:stateMachine:nightly-orders",
            "name": "nightly-2026-11-22-2",
            "status": "FAILED",
            "startDate": "2026-11-22 03:00:00.412000+01:00",
            "stopDate": "2026-11-22 03:02:21.412000+01:00",
            "resumed": False,
            "runCount": 2,
            "consoleUrl": "https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/"
            f"details/{execution}",
            "error": error,
            "cause": cause,
            "failedState": {
                "name": "Charge the card",
                "type": "Task",
                "error": error,
                "cause": cause,
                "resource": "arn:aws:states:::lambda:invoke",
                "attempts": 3,
                "items": [{"map": "Settle each order", "index": 21}],
            },
        },
    }
