"""Where an execution failed, from its history."""

from typing import Any

import pytest

from job import history
from job.aws import Answer


class Api:
    """Serves a history as AWS does: newest first, in pages."""

    def __init__(self, events: list[dict[str, Any]], page: int) -> None:
        self._events = sorted(events, key=lambda event: -event["id"])
        self._page = page
        self.pages = 0

    def request(self, operation: str, *, reverseOrder: bool, nextToken: str = "0", **_: Any) -> Answer:  # noqa: N803
        assert operation == "get_execution_history"
        assert reverseOrder
        self.pages += 1
        start = int(nextToken)
        body: dict[str, Any] = {"events": self._events[start : start + self._page]}
        if start + self._page < len(self._events):
            body["nextToken"] = str(start + self._page)
        return Answer(body, 0, 0, None)


def event(number: int, type: str, previous: int | None = None, **details: Any) -> dict[str, Any]:
    key = type[0].lower() + type[1:] + "EventDetails"
    if type.endswith("StateEntered"):
        key = "stateEnteredEventDetails"
    return {"id": number, "type": type, "previousEventId": number - 1 if previous is None else previous, key: details}


TASK = [
    event(1, "ExecutionStarted"),
    event(2, "TaskStateEntered", name="Charge"),
    event(3, "TaskScheduled", resource="invoke", resourceType="lambda"),
    event(4, "TaskFailed", error="Declined", cause="no money", resource="invoke"),
    event(5, "ExecutionFailed", error="Declined", cause="no money"),
]

OTHER_BRANCH_LAST = [
    event(1, "ExecutionStarted"),
    event(2, "ParallelStateEntered", name="Both"),
    event(3, "FailStateEntered", 2, name="Guilty"),
    event(4, "PassStateEntered", 2, name="Innocent"),
    event(5, "ParallelStateFailed", 3),
    event(6, "ExecutionFailed", 5, error="E"),
]

NO_STATE = [event(1, "ExecutionStarted"), event(2, "ExecutionTimedOut", error="States.Timeout")]


@pytest.mark.parametrize("page", [1, 2, 100])
@pytest.mark.parametrize(
    ("events", "failure"),
    [
        (TASK, history.Failure("Declined", "no money", "Charge", "Task", "invoke")),
        (OTHER_BRANCH_LAST, history.Failure("E", None, "Guilty", "Fail", None)),
        (NO_STATE, history.Failure("States.Timeout", None)),
        ([], history.Failure()),
    ],
    ids=["task", "branch", "no state", "empty"],
)
def test_the_state_is_found_by_walking_back(events: list[dict[str, Any]], failure: history.Failure, page: int) -> None:
    """Along previousEventId, not by the last event seen, and over pages."""
    assert history.explain(Api(events, page), "arn") == failure  # type: ignore[arg-type]  # it has the one method used


def test_a_long_history_is_read_only_as_far_as_needed() -> None:
    """The end is enough."""
    loop = [event(1, "ExecutionStarted"), *(event(number, "PassStateExited") for number in range(2, 10_000))]
    api = Api([*loop, *(dict(one, id=one["id"] + 10_000, previousEventId=one["id"] + 9_999) for one in TASK[1:])], 100)
    assert history.explain(api, "arn").state == "Charge"  # type: ignore[arg-type]
    assert api.pages == 1


def test_a_broken_chain_still_ends() -> None:
    """An id that isn't there, or points to itself."""
    assert history.explain(Api([event(9, "ExecutionFailed", 7, error="E")], 10), "arn") == history.Failure("E", None)  # type: ignore[arg-type]
    assert history.explain(Api([event(9, "ExecutionFailed", 9, error="E")], 10), "arn") == history.Failure("E", None)  # type: ignore[arg-type]
