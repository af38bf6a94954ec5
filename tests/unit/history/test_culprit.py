"""Which state an execution failed in, from histories in AWS's shapes."""

import json
import re
from typing import Any

import botocore.session
import pytest

from job.history import culprit, event_types
from job.history.events import Event
from job.history.failures import FailedState, Failure, Item

ARN = "arn:aws-cn:states:cn-north-1:123456789012:execution:nightly:run-1"
LAMBDA: dict[str, Any] = {"resourceType": "lambda", "resource": "invoke"}
INVOKE = "arn:aws-cn:states:::lambda:invoke"
BOOM: dict[str, Any] = {"error": "Boom", "cause": "it went off"}


class History:
    """Serves events as AWS does: newest first, in pages."""

    def __init__(self, *events: dict[str, Any], page: int = 1000) -> None:
        self._events = sorted(events, key=lambda event: -event["id"])
        self._page = page
        self.pages = 0

    def __call__(self, operation: str, *, reverseOrder: bool, nextToken: str | None = None, **_: Any) -> dict[str, Any]:  # noqa: N803
        assert operation == "get_execution_history"
        assert reverseOrder
        self.pages += 1
        start = int(nextToken or 0)
        more = {"nextToken": str(start + self._page)} if start + self._page < len(self._events) else {}
        return {"events": self._events[start : start + self._page], **more}


def event(number: int, type: str, previous: int | None = None, **details: Any) -> dict[str, Any]:
    """One event, after the one before it where `previous` isn't given."""
    prefix = re.sub(r"^\w+State(Entered|Exited)$", r"state\1", type)
    prefix = prefix[0].lower() + prefix[1:]
    previous = number - 1 if previous is None else previous
    return {"id": number, "type": type, "previousEventId": previous, f"{prefix}EventDetails": details}


def found(*events: dict[str, Any], page: int = 1000) -> FailedState | None:
    return culprit.failure(History(*events, page=page), ARN).state


TASK = [
    event(1, "ExecutionStarted"),
    event(2, "TaskStateEntered", 0, name="Charge"),
    event(3, "TaskScheduled", **LAMBDA),
    event(4, "TaskStarted", **LAMBDA),
    event(5, "TaskFailed", **LAMBDA, **BOOM),
    event(6, "ExecutionFailed", **BOOM),
]
RETRIED = [
    *TASK[:5],
    event(6, "TaskScheduled", **LAMBDA),
    event(7, "TaskTimedOut", **LAMBDA, error="States.Timeout"),
    event(8, "TaskScheduled", **LAMBDA),
    event(9, "TaskFailed", **LAMBDA, **BOOM),
    event(10, "ExecutionFailed", **BOOM),
]
CAUGHT_AND_FAILED_AGAIN = [
    *TASK[:5],
    event(6, "TaskStateExited", name="Charge"),
    event(7, "TaskStateEntered", name="Recover"),
    event(8, "LambdaFunctionScheduled", resource="arn:lambda"),
    event(9, "LambdaFunctionFailed", error="Worse", cause="still"),
    event(10, "ExecutionFailed", error="Worse", cause="still"),
]
OTHER_BRANCH_LAST = [
    event(1, "ExecutionStarted"),
    event(2, "ParallelStateEntered", 0, name="Both"),
    event(3, "ParallelStateStarted"),
    event(4, "FailStateEntered", 3, name="Guilty"),
    event(5, "PassStateEntered", 3, name="Innocent"),
    event(6, "ParallelStateFailed", 4),
    event(7, "ExecutionFailed", **BOOM),
]
RETRIED_PARALLEL = [
    *OTHER_BRANCH_LAST[:4],
    event(5, "ParallelStateStarted", 4),
    event(6, "FailStateEntered", name="Guilty"),
    event(7, "ParallelStateFailed"),
    event(8, "ExecutionFailed", **BOOM),
]
ITEMS_AT_ONCE = [
    event(1, "ExecutionStarted"),
    event(2, "MapStateEntered", 0, name="Orders"),
    event(3, "MapStateStarted"),
    event(4, "MapIterationStarted", 3, name="Orders", index=0),
    event(5, "MapIterationStarted", 3, name="Orders", index=1),
    event(6, "TaskStateEntered", 4, name="Charge"),
    event(7, "TaskStateEntered", 5, name="Charge"),
    event(8, "TaskScheduled", 6, **LAMBDA),
    event(9, "TaskScheduled", 7, **LAMBDA),
    event(10, "TaskFailed", 9, **LAMBDA, **BOOM),
    event(11, "MapIterationFailed", 10, name="Orders", index=1),
    event(12, "TaskStateAborted", 10),
    event(13, "MapIterationAborted", 10, name="Orders", index=0),
    event(14, "MapStateFailed", 10),
    event(15, "ExecutionFailed", **BOOM),
]
ITEMS_IN_TURN = [
    event(1, "ExecutionStarted"),
    event(2, "MapStateEntered", 0, name="Before"),
    event(3, "MapStateStarted"),
    event(4, "MapIterationStarted", name="Before", index=8),
    event(5, "PassStateEntered", name="Look"),
    event(6, "PassStateExited", name="Look"),
    event(7, "MapIterationSucceeded", 6, name="Before", index=8),
    event(8, "MapStateSucceeded", 7),
    event(9, "MapStateExited", 7, name="Before"),
    event(10, "MapStateEntered", name="Orders"),
    event(11, "MapStateStarted"),
    event(12, "MapIterationStarted", name="Orders", index=0),
    event(13, "PassStateEntered", name="Take"),
    event(14, "PassStateExited", name="Take"),
    event(15, "MapIterationSucceeded", 14, name="Orders", index=0),
    event(16, "MapIterationStarted", 14, name="Orders", index=1),
    event(17, "FailStateEntered", name="Reject"),
    event(18, "MapIterationFailed", 17, name="Orders", index=1),
    event(19, "MapStateFailed", 17),
    event(20, "ExecutionFailed", **BOOM),
]
MAP_IN_MAP = [
    event(1, "ExecutionStarted"),
    event(2, "MapStateEntered", 0, name="Customers"),
    event(3, "MapStateStarted"),
    event(4, "MapIterationStarted", name="Customers", index=5),
    event(5, "ParallelStateEntered", name="Both"),
    event(6, "ParallelStateStarted"),
    event(7, "MapStateEntered", 6, name="Orders"),
    event(8, "MapStateStarted"),
    event(9, "MapIterationStarted", name="Orders", index=6),
    event(10, "FailStateEntered", name="Reject"),
    event(11, "MapIterationFailed", 10, name="Orders", index=6),
    event(12, "MapStateFailed", 10),
    event(13, "ParallelStateFailed", 12),
    event(14, "MapIterationFailed", 13, name="Customers", index=5),
    event(15, "MapStateFailed", 13),
    event(16, "ExecutionFailed", **BOOM),
]
RETRIED_AROUND_A_RETRIED = [
    event(1, "ExecutionStarted"),
    event(2, "ParallelStateEntered", 0, name="Outer"),
    event(3, "ParallelStateStarted"),
    event(4, "MapStateEntered", name="Inner"),
    event(5, "MapStateStarted"),
    event(6, "MapIterationStarted", name="Inner", index=0),
    event(7, "FailStateEntered", name="Reject"),
    event(8, "MapIterationFailed", 7, name="Inner", index=0),
    event(9, "MapStateFailed", 7),
    event(10, "ParallelStateStarted", 9),
    event(11, "MapStateEntered", name="Inner"),
    event(12, "MapStateStarted"),
    event(13, "MapIterationStarted", name="Inner", index=0),
    event(14, "FailStateEntered", name="Reject"),
    event(15, "MapIterationFailed", 14, name="Inner", index=0),
    event(16, "MapStateFailed", 14),
    event(17, "ParallelStateFailed", 16),
    event(18, "ExecutionFailed", **BOOM),
]
BOTH_RETRIED = [
    *RETRIED_AROUND_A_RETRIED[:9],
    event(10, "ParallelStateStarted", 9),
    event(11, "PassStateEntered", name="Look"),
    event(12, "EvaluationFailed", 10, state="Look", error="E"),
    event(13, "ParallelStateStarted", 12),
    *(
        {**one, "id": one["id"] + 3, "previousEventId": one["previousEventId"] + 3}
        for one in RETRIED_AROUND_A_RETRIED[10:15]
    ),
    event(19, "MapStateStarted", 17),
    event(20, "MapIterationStarted", name="Inner", index=0),
    event(21, "FailStateEntered", name="Reject"),
    event(22, "MapStateFailed"),
    event(23, "ParallelStateFailed"),
    event(24, "ExecutionFailed", **BOOM),
]
THREE_DEEP_AND_RETRIED = [
    event(1, "ExecutionStarted"),
    event(2, "ParallelStateEntered", 0, name="Outer"),
    *(
        {**one, "id": one["id"] + shift, "previousEventId": one["previousEventId"] + shift}
        for shift in (0, 9)
        for one in (
            event(3, "ParallelStateStarted"),
            event(4, "MapStateEntered", name="Orders"),
            event(5, "MapStateStarted"),
            event(6, "MapIterationStarted", name="Orders", index=4),
            event(7, "ParallelStateEntered", name="Inner"),
            event(8, "ParallelStateStarted"),
            event(9, "FailStateEntered", name="Guilty"),
            event(10, "ParallelStateFailed"),
            event(11, "MapStateFailed"),
        )
    ),
    event(21, "ParallelStateFailed"),
    event(22, "ExecutionFailed", **BOOM),
]


def told(name: str, number: int, message: str = "No.") -> dict[str, Any]:
    cause = f"An error occurred while executing the state '{name}' (entered at the event id #{number}). {message}"
    return {"error": "States.Runtime", "cause": cause}


EVALUATION = [
    event(1, "ExecutionStarted"),
    event(2, "PassStateEntered", 0, name="Before"),
    event(3, "PassStateExited", name="Before"),
    event(4, "PassStateEntered", name="Ask"),
    event(5, "EvaluationFailed", 3, state="Ask", location="Output", **told("Ask", 4)),
    event(6, "ExecutionFailed", **told("Ask", 4)),
]
EVALUATION_WITHOUT_CAUSE = [
    *EVALUATION[:4],
    event(5, "EvaluationFailed", 3, state="Ask", error="E"),
    event(6, "ExecutionFailed"),
]
EVALUATION_OF_ITEMS = [
    event(1, "ExecutionStarted"),
    event(2, "MapStateEntered", 0, name="Orders"),
    event(3, "EvaluationFailed", 0, state="Orders", **told("Orders", 2)),
    event(4, "MapStateFailed"),
    event(5, "ExecutionFailed", **told("Orders", 2)),
]
RESULT_OF_A_TASK = [
    *TASK[:4],
    event(5, "TaskSucceeded", **LAMBDA),
    event(6, "ExecutionFailed", **told("Charge", 2)),
]
RESULT_OF_A_MAP = [
    *ITEMS_IN_TURN[:4],
    event(5, "TaskStateEntered", name="Look"),
    event(6, "TaskScheduled", **LAMBDA),
    event(7, "TaskFailed", **LAMBDA, **BOOM),
    event(8, "TaskScheduled", **LAMBDA),
    event(9, "TaskSucceeded", **LAMBDA),
    event(10, "TaskStateExited", name="Look"),
    event(11, "MapIterationSucceeded", 10, name="Before", index=8),
    event(12, "MapStateSucceeded", 10),
    event(13, "ExecutionFailed", 12, **told("Before", 2)),
]
FAIL_WITH_THE_CAUSE_OF_ANOTHER = [
    *EVALUATION[:5],
    event(6, "PassStateExited", 5, name="Ask"),
    event(7, "FailStateEntered", name="Give up"),
    event(8, "ExecutionFailed", **told("Ask", 4)),
]
DISTRIBUTED = [
    event(1, "ExecutionStarted"),
    event(2, "MapStateEntered", 0, name="Orders"),
    event(3, "MapStateStarted"),
    event(4, "MapRunStarted", mapRunArn="arn:run"),
    event(5, "MapRunFailed", **BOOM),
    event(6, "MapStateFailed"),
    event(7, "ExecutionFailed", **BOOM),
]
ACTIVITY = [
    event(1, "ExecutionStarted"),
    event(2, "TaskStateEntered", 0, name="Ask"),
    event(3, "ActivityScheduled", resource="arn:activity"),
    event(4, "ActivityTimedOut", error="States.Timeout"),
    event(5, "ExecutionTimedOut", error="States.Timeout"),
]
REDRIVEN = [
    *RETRIED,
    event(11, "ExecutionRedriven", redriveCount=1),
    event(12, "TaskScheduled", **LAMBDA),
    event(13, "TaskFailed", **LAMBDA, **BOOM),
    event(14, "TaskScheduled", **LAMBDA),
    event(15, "TaskFailed", **LAMBDA, **BOOM),
    event(16, "ExecutionFailed", **BOOM),
]
REDRIVEN_MAP = [
    *ITEMS_IN_TURN,
    event(21, "ExecutionRedriven", redriveCount=1),
    event(22, "FailStateEntered", name="Reject"),
    event(23, "MapIterationFailed", 22, name="Orders", index=1),
    event(24, "MapStateFailed", 22),
    event(25, "ExecutionFailed", **BOOM),
]
LOCALSTACKS_RACE = [
    *ITEMS_AT_ONCE[:11],
    event(12, "TaskSucceeded", 8, **LAMBDA),
    event(13, "TaskStateExited", name="Charge"),
    event(14, "MapIterationSucceeded", 13, name="Orders", index=0),
    event(15, "MapStateFailed", 14),
    event(16, "ExecutionFailed", **BOOM),
    event(17, "PassStateExited", 3, name="Late"),
]

CHARGE = FailedState("Charge", "Task", "Boom", "it went off", INVOKE)
REJECT = FailedState("Reject", "Fail", "Boom", "it went off")
GUILTY = FailedState("Guilty", "Fail", "Boom", "it went off")


def runtime(name: str, type: str, number: int, **more: Any) -> FailedState:
    return FailedState(name, type, **told(name, number), **more)


CASES: dict[str, tuple[list[dict[str, Any]], FailedState]] = {
    "task": (TASK, CHARGE),
    "retried": (RETRIED, CHARGE._replace(attempts=3)),
    "caught and failed again": (
        CAUGHT_AND_FAILED_AGAIN,
        FailedState("Recover", "Task", "Worse", "still", "arn:lambda"),
    ),
    "other branch last": (OTHER_BRANCH_LAST, GUILTY),
    "retried Parallel": (RETRIED_PARALLEL, GUILTY._replace(attempts=2)),
    "items at once": (ITEMS_AT_ONCE, CHARGE._replace(items=(Item("Orders", 1),))),
    "items in turn": (ITEMS_IN_TURN, REJECT._replace(items=(Item("Orders", 1),))),
    "Map in Map": (MAP_IN_MAP, REJECT._replace(items=(Item("Customers", 5), Item("Orders", 6)))),
    "retried around": (RETRIED_AROUND_A_RETRIED, REJECT._replace(items=(Item("Inner", 0),), attempts=2)),
    "both retried": (BOTH_RETRIED, REJECT._replace(items=(Item("Inner", 0),), attempts=2)),
    "three deep": (THREE_DEEP_AND_RETRIED, GUILTY._replace(items=(Item("Orders", 4),), attempts=2)),
    "evaluation": (EVALUATION, runtime("Ask", "Pass", 4)),
    "evaluation without cause": (EVALUATION_WITHOUT_CAUSE, FailedState("Ask", "Pass", "E")),
    "evaluation of items": (EVALUATION_OF_ITEMS, runtime("Orders", "Map", 2)),
    "result of a task": (RESULT_OF_A_TASK, runtime("Charge", "Task", 2, resource=INVOKE)),
    "result of a Map": (RESULT_OF_A_MAP, runtime("Before", "Map", 2)),
    "Fail with another's cause": (
        FAIL_WITH_THE_CAUSE_OF_ANOTHER,
        FailedState("Give up", "Fail", **told("Ask", 4)),
    ),
    "distributed": (DISTRIBUTED, FailedState("Orders", "Map", "Boom", "it went off", map_run_arn="arn:run")),
    "timeout of a state": (ACTIVITY, FailedState("Ask", "Task", "States.Timeout", None, "arn:activity")),
    "redriven": (REDRIVEN, CHARGE._replace(attempts=2)),
    "redriven Map": (REDRIVEN_MAP, REJECT._replace(items=(Item("Orders", 1),))),
    "LocalStack's race": (LOCALSTACKS_RACE, CHARGE._replace(items=(Item("Orders", 1),))),
}


@pytest.mark.parametrize("name", CASES)
def test_the_state_is_found_along_previous_event_id(name: str) -> None:
    """Not by the last event seen."""
    events, state = CASES[name]
    assert found(*events) == state


@pytest.mark.parametrize("page", [2, 3, 7])
@pytest.mark.parametrize("name", CASES)
def test_pages_change_nothing_but_what_would_cost_a_request(name: str, page: int) -> None:
    """The tries of a Map or Parallel around the state, and the resource of a task whose result was wrong."""
    if name == "LocalStack's race" and page < 3:
        return  # its end must be on the newest page
    events, state = CASES[name]
    seen = found(*events, page=page)
    assert seen
    assert seen._replace(attempts=0, resource=None) == state._replace(attempts=0, resource=None)
    assert seen.attempts in {1, state.attempts}


@pytest.mark.parametrize("kind", ["Aborted", "TimedOut"])
def test_an_execution_that_ends_as_a_whole_failed_in_no_state(kind: str) -> None:
    """What ran then is told: neither what was done, nor what something ran in."""
    events = [
        event(1, "ExecutionStarted"),
        event(2, "ParallelStateEntered", 0, name="All"),
        event(3, "ParallelStateStarted"),
        event(4, "WaitStateEntered", 3, name="Sleep"),
        event(5, "PassStateEntered", 3, name="Look"),
        event(6, "PassStateExited", name="Look"),
        event(7, "MapStateEntered", 3, name="Orders"),
        event(8, "MapStateStarted"),
        event(9, "MapIterationStarted", name="Orders", index=0),
        event(10, "TaskStateEntered", name="Charge"),
        event(11, "TaskScheduled", **LAMBDA),
        event(12, "TaskStarted", **LAMBDA),
        event(13, "TaskStateAborted", 0),
        event(14, f"Execution{kind}", 0, error="E", cause="C"),
    ]
    failure = culprit.failure(History(*events), ARN)
    assert failure == Failure("E", "C", whole=True, running=(("Sleep", "Wait"), ("Charge", "Task")))


def test_a_failure_before_the_first_state_belongs_to_none() -> None:
    """And the history says so."""
    failure = culprit.failure(History(event(1, "ExecutionStarted"), event(2, "ExecutionFailed", error="E")), ARN)
    assert failure == Failure("E", None, whole=True)


def test_a_history_without_its_end_tells_nothing() -> None:
    """It is empty, or not all there yet."""
    assert culprit.failure(History(), ARN) == Failure()
    assert culprit.failure(History(*TASK[:5]), ARN) == Failure()


@pytest.mark.parametrize("name", ["task", "items in turn", "distributed", "evaluation of items"])
def test_a_long_history_is_read_only_as_far_as_needed(name: str) -> None:
    """Its end is enough, where all that tells about the state is there."""
    events, state = CASES[name]
    loop = [event(1, "ExecutionStarted"), *(event(number, "PassStateExited", name="P") for number in range(2, 5_000))]
    end = [{**one, "id": one["id"] + 5_000, "previousEventId": one["previousEventId"] + 5_000} for one in events[1:]]
    end[0]["previousEventId"] = 4_999
    text = json.dumps([*loop, *end])
    history = History(
        *json.loads(re.sub(r"event id #(\d+)", lambda found: f"event id #{int(found[1]) + 5_000}", text)), page=100
    )
    seen = culprit.failure(history, ARN).state
    assert seen
    assert (seen.name, seen.items) == (state.name, state.items)
    assert history.pages == 1


def test_an_item_is_found_without_reading_back_to_its_map() -> None:
    """Thousands of items may have been done before it."""
    events = [event(1, "ExecutionStarted"), event(2, "MapStateEntered", 0, name="Orders"), event(3, "MapStateStarted")]
    for index in range(1_000):
        number = 4 + 3 * index
        events.append(event(number, "MapIterationStarted", name="Orders", index=index))
        events.append(event(number + 1, "PassStateEntered", name="Take"))
        events.append(event(number + 2, "PassStateExited", name="Take"))
    events[-1] = event(3003, "MapStateFailed")
    history = History(*events, event(3004, "ExecutionFailed", error="States.Runtime"), page=100)
    state = culprit.failure(history, ARN).state
    assert state == FailedState("Take", "Pass", "States.Runtime", items=(Item("Orders", 999),))
    assert history.pages == 1


@pytest.mark.parametrize("previous", [7, 9, 11])
def test_a_broken_chain_still_ends(previous: int) -> None:
    """An id that isn't there, the event's own, or a later one."""
    assert found(event(9, "ExecutionFailed", previous, error="E"), event(11, "PassStateExited", 9)) is None


def test_every_failing_type_of_event_is_known() -> None:
    """Of those in AWS's model."""
    model = botocore.session.get_session().get_service_model("stepfunctions")
    types = set(model.shape_for("HistoryEventType").enum)
    failing = {type_ for type_ in types if re.search("Failed$|TimedOut$|Aborted$", type_)}
    known = (
        event_types.ENDINGS
        | event_types.WENT_WRONG
        | event_types.FAILED_WITH_WHAT_IS_INSIDE
        | {event_types.ITEM_FAILED}
    )
    assert known <= types
    # What was aborted did so because of something else.
    assert {type_ for type_ in failing - known if not type_.endswith("Aborted")} == set()
    for type_ in types:
        if re.search("Scheduled$|(Map|Parallel)StateStarted$", type_):
            assert event_types.is_start_of_attempt(Event(1, 0, type_, {})), type_
