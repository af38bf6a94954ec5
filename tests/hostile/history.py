"""The events of an execution, as GetExecutionHistory writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .executions import Execution, milliseconds

ROLE_ARN = "arn:aws:iam::{account}:role/hostile-states"
ENDINGS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}
TASK = {"resourceType": "lambda", "resource": "invoke"}
DATA = ("input", "inputDetails", "output", "outputDetails", "parameters")

Event = dict[str, Any]


def events(execution: Execution) -> list[Event]:
    """What has happened until now, oldest first. Events that the plan holds for later aren't there yet.

    Of a closed execution they are made once: a long history is read in many pages.
    """
    if execution.running:
        return _until_now(execution)
    if not execution.all_events:
        execution.all_events.extend(_until_now(execution))
    return list(execution.all_events)


def _until_now(execution: Execution) -> list[Event]:
    end = execution.end
    if execution.plan.history is None:
        planned = list(_plausible(execution))
    else:
        planned = _spread(execution, execution.plan.history)
    _number(planned, first=len(execution.earlier_events) + 1)
    now = execution.clock() if end is None else min(end, execution.clock())
    happened = execution.earlier_events + [event for event in planned if event["timestamp"] <= now]
    if execution.stopped:
        stop = execution.stopped
        happened.append(_ending(stop.date, "ABORTED", stop.error, stop.cause))
        _number(happened, first=1)
    return happened


def without_data(event: Event) -> Event:
    """The event as it is with includeExecutionData false."""
    return {
        name: {key: text for key, text in value.items() if key not in DATA} if isinstance(value, dict) else value
        for name, value in event.items()
    }


def _plausible(execution: Execution) -> Iterator[Event]:
    """A machine of one task, which runs from the beginning to the end."""
    began, plan = execution.began, execution.plan
    if execution.redrive_count == 0:
        yield _event(began, "ExecutionStarted", "executionStarted", _started(execution))
        yield _event(began, "TaskStateEntered", "stateEntered", {"name": "Work", **_data("input", execution.input)})
    else:
        yield _event(began, "ExecutionRedriven", "executionRedriven", {"redriveCount": execution.redrive_count})
    scheduled = {**TASK, "region": execution.arn.split(":")[3], "parameters": execution.input}
    yield _event(began, "TaskScheduled", "taskScheduled", scheduled)
    if plan.duration is None:
        return
    end = began + plan.duration
    if plan.status == "SUCCEEDED":
        output = _data("output", plan.output)
        yield _event(end, "TaskSucceeded", "taskSucceeded", {**TASK, **output})
        yield _event(end, "TaskStateExited", "stateExited", {"name": "Work", **output})
        yield _event(end, "ExecutionSucceeded", "executionSucceeded", output)
    else:
        if plan.status == "FAILED":
            yield _event(end, "TaskFailed", "taskFailed", {**TASK, **_failure(plan.error, plan.cause)})
        yield _ending(end, plan.status, plan.error, plan.cause)


def _spread(execution: Execution, history: Sequence[Mapping[str, Any]]) -> list[Event]:
    """A test's own events, over the whole duration where they don't say when."""
    duration = execution.plan.duration or 0.0
    step = duration / max(1, len(history) - 1)
    offsets = (min(i * step, duration) for i in range(len(history)))
    return [
        {"timestamp": milliseconds(execution.began + offset), **event}
        for offset, event in zip(offsets, history, strict=True)
    ]


def _number(events: list[Event], first: int) -> None:
    """Gives ids to those that have none. As on AWS the first state hangs, like the start itself, on event 0."""
    for number, event in enumerate(events, start=first):
        event.setdefault("id", number)
        event.setdefault("previousEventId", 0 if number == 2 else number - 1)


def _ending(timestamp: float, status: str, error: str | None, cause: str | None) -> Event:
    event_type = ENDINGS[status]
    return _event(timestamp, event_type, event_type[0].lower() + event_type[1:], _failure(error, cause))


def _started(execution: Execution) -> dict[str, Any]:
    details = {
        **_data("input", execution.input),
        "roleArn": ROLE_ARN.format(account=execution.arn.split(":")[4]),
        "stateMachineAliasArn": execution.alias_arn,
        "stateMachineVersionArn": execution.version_arn,
    }
    return {name: value for name, value in details.items() if value is not None}


def _event(timestamp: float, event_type: str, prefix: str, details: Mapping[str, Any]) -> Event:
    return {"timestamp": milliseconds(timestamp), "type": event_type, f"{prefix}EventDetails": dict(details)}


def _data(name: str, value: str | None) -> dict[str, Any]:
    return {} if value is None else {name: value, f"{name}Details": {"truncated": False}}


def _failure(error: str | None, cause: str | None) -> dict[str, str]:
    return {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}
