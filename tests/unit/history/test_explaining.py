"""Failures followed into nested executions."""

import json
import signal
from typing import Any

import pytest

from job.errors import AccessDenied, JobError, StopRequested
from job.history.explaining import explain
from tests.unit.history.test_culprit import DISTRIBUTED, TASK, event

PREFIX = "arn:aws:states:eu-west-1:123456789012"


class Account:
    """Histories by execution, and what else is asked for."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        name = parameters["executionArn"].split(":")[-1] if "executionArn" in parameters else operation
        self.asked.append(name)
        answer = self._answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, dict) else {"events": answer[::-1]}


def call(cause: Any, resource: str = "startExecution.sync") -> list[dict[str, Any]]:
    error: dict[str, Any] = {"error": "States.TaskFailed", "cause": json.dumps(cause)}
    return [
        event(1, "ExecutionStarted"),
        event(2, "TaskStateEntered", 0, name="Call"),
        event(3, "TaskFailed", resourceType="states", resource=resource, **error),
        event(4, "ExecutionFailed", **error),
    ]


def nested(name: str = "inner", kind: str = "execution") -> dict[str, str]:
    return {"ExecutionArn": f"{PREFIX}:{kind}:machine:{name}", "Status": "FAILED"}


def explained(account: Account) -> Any:
    return explain(account, f"{PREFIX}:execution:machine:outer").state


@pytest.mark.parametrize("resource", ["startExecution.sync", "startExecution.sync:2"])
def test_a_nested_execution_is_asked_for_its_own_state(resource: str) -> None:
    """The error and the cause are that state's."""
    state = explained(Account(outer=call(nested(), resource), inner=TASK))
    assert (state.name, state.error, state.cause) == ("Charge", "Boom", "it went off")
    assert (state.execution_arn, state.started_by) == (f"{PREFIX}:execution:machine:inner", ("Call",))


@pytest.mark.parametrize(
    ("cause", "resource"),
    [
        (nested(kind="express"), "startExecution.sync"),
        (nested(), "startExecution"),
        ({"Status": "FAILED"}, "startExecution.sync"),
        ({"ExecutionArn": 7}, "startExecution.sync"),
        ({"ExecutionArn": "no arn"}, "startExecution.sync"),
        ("no document", "startExecution.sync"),
    ],
    ids=["express", "not waited for", "no ARN", "a number", "something else", "text"],
)
def test_only_an_execution_that_has_a_history_is_followed(cause: Any, resource: str) -> None:
    """Otherwise it is the task that failed, and nothing is asked for."""
    account = Account(outer=call(cause, resource))
    assert explained(account).name == "Call"
    assert account.asked == ["outer"]


def test_a_nested_execution_that_failed_in_no_state_leaves_the_task() -> None:
    """Such as one that timed out as a whole."""
    inner = [event(1, "ExecutionStarted"), event(2, "ExecutionTimedOut", 0)]
    assert explained(Account(outer=call(nested()), inner=inner)).name == "Call"


@pytest.mark.parametrize(
    ("error", "missing"),
    [
        (AccessDenied("no"), "states:GetExecutionHistory"),
        (JobError("gone"), None),
        (StopRequested(signal.SIGTERM), None),
    ],
    ids=["denied", "gone", "signal"],
)
def test_what_is_known_stays_when_the_nested_history_can_not_be_had(error: Exception, missing: str | None) -> None:
    """And where a permission is missing, that is known too."""
    failure = explain(Account(outer=call(nested()), inner=error), f"{PREFIX}:execution:machine:outer")
    assert failure.state
    assert (failure.state.name, failure.missing) == ("Call", missing)


def test_a_circle_ends() -> None:
    """After five levels, whatever AWS says."""
    account = Account(outer=call(nested("outer")))
    assert explained(account).started_by == ("Call",) * 5
    assert len(account.asked) == 6


def test_a_map_run_without_failed_items_is_not_searched() -> None:
    """It failed by itself, for instance because its items couldn't be read."""
    account = Account(outer=DISTRIBUTED, describe_map_run={"itemCounts": {"failed": 0, "total": 0}})
    assert explained(account).item_counts == {"failed": 0, "total": 0}
    assert account.asked == ["outer", "describe_map_run"]


def test_an_item_that_failed_is_followed() -> None:
    """It is an execution of its own, where it isn't an express one."""
    counts = {"failed": 1, "total": 4}
    listed = {"executions": [{"executionArn": nested()["ExecutionArn"]}]}
    account = Account(outer=DISTRIBUTED, describe_map_run={"itemCounts": counts}, list_executions=listed, inner=TASK)
    state = explained(account)
    assert (state.name, state.map_run_arn, state.item_counts) == ("Charge", "arn:run", counts)
    assert state.started_by == ("Orders",)
