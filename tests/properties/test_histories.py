"""Which state an execution failed in, from histories of executions that never were, and from broken ones."""

import json
from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

import botocore.session
from hypothesis import given
from hypothesis import strategies as st

from job.aws.api import Answer, Api
from job.errors import AccessDenied, JobError
from job.execution import Execution
from job.history import culprit
from job.history.explaining import LEVELS, explain
from job.history.failures import FailedState, Failure
from job.progress import Progress
from job.run import Run
from tests.properties.simulator import Simulator
from tests.unit.history.test_culprit import ARN, History, event, told
from tests.unit.history.test_explaining import PREFIX, Account

MISFORTUNES = st.sampled_from([0.1, 0.3, 0.5, 0.8])
RANDOMS = st.integers(0, 2**32).map(Random)


def simulated(random: Random, misfortune: float) -> tuple[list[dict[str, Any]], FailedState | None]:
    """The events of an execution, and the state in which it failed."""
    simulator = Simulator(random, misfortune)
    truth = simulator.carry_out(simulator.definition())
    return simulator.events, truth


@given(random=RANDOMS, misfortune=MISFORTUNES)
def test_the_state_is_found_whatever_failed_before(random: Random, misfortune: float) -> None:
    """The innermost one, with its error, its resource, its items and its attempts."""
    events, truth = simulated(random, misfortune)
    found = culprit.failure(History(*events), ARN)
    if truth is None:
        assert found == Failure()
        return
    assert found.state
    attempts = found.state.attempts if truth.type in {"Task", "Pass", "Fail"} else truth.attempts
    assert found.state._replace(attempts=attempts) == truth
    assert (found.error, found.cause, found.whole) == (truth.error, truth.cause, False)


@given(random=RANDOMS, misfortune=MISFORTUNES, page=st.integers(1, 50))
def test_pages_hide_nothing_but_what_would_cost_a_request(random: Random, misfortune: float, page: int) -> None:
    """The tries of a Map or Parallel around the state, and the resource of a task whose result was wrong."""
    events, truth = simulated(random, misfortune)
    served = History(*events, page=page)
    found = culprit.failure(served, ARN).state
    assert served.pages <= -(-len(events) // page)
    if truth is None:
        assert found is None
        return
    assert found
    assert found._replace(attempts=1, resource=None) == truth._replace(attempts=1, resource=None)
    assert found.resource in {truth.resource, None}
    assert 1 <= found.attempts <= truth.attempts


@given(random=RANDOMS, misfortune=MISFORTUNES, steps=st.integers(1, 60), kind=st.sampled_from(["Aborted", "TimedOut"]))
def test_what_ran_when_the_execution_ended_is_told(random: Random, misfortune: float, steps: int, kind: str) -> None:
    """Each state that was entered and not left, but for what it ran in; and none that was left each time.

    Where what else ran in a Map was aborted, and the Map tried again, no event need say so.
    """
    simulator = Simulator(random, misfortune)
    simulator.carry_out(simulator.definition(), steps)
    events = simulator.events
    # A caught EvaluationFailed leaves its state's entry without anything that follows from it.
    if {"ExecutionSucceeded", "ExecutionFailed", "EvaluationFailed"} & {one["type"] for one in events}:
        return
    running = {entered.state.name for entered in simulator.open if not entered.state.inside}
    entered, left = (
        Counter(one[f"state{what}EventDetails"]["name"] for one in events if one["type"].endswith(f"State{what}"))
        for what in ("Entered", "Exited")
    )
    found = culprit.failure(History(*events, event(len(events) + 1, f"Execution{kind}", 0)), ARN)
    shown = {name for name, _ in found.running}
    assert found.whole
    assert running <= shown
    assert simulator.aborted or not any(entered[name] == left[name] for name in shown)


def called(events: list[dict[str, Any]], state: FailedState, execution_arn: str) -> bool:
    """Make the task that failed one that had started an execution; return whether it is a task that failed."""
    failed = next((one for one in events if one.get("taskFailedEventDetails", {}).get("error") == state.error), None)
    if failed:
        failed["taskFailedEventDetails"] |= {
            "resourceType": "states",
            "resource": "startExecution.sync:2",
            "cause": json.dumps({"ExecutionArn": execution_arn, "Status": "FAILED"}),
        }
    return failed is not None


@given(random=RANDOMS, misfortune=MISFORTUNES, levels=st.integers(0, 7))
def test_a_failure_is_followed_into_nested_executions(random: Random, misfortune: float, levels: int) -> None:
    """Five deep, with all items around it from the outermost to its own."""
    answers: dict[str, Any] = {}
    states: list[FailedState] = []
    while True:
        events, state = simulated(random, misfortune)
        if state is None:
            return
        answers[f"e{len(states)}"] = events
        states.append(state)
        if len(states) > levels or not called(events, state, f"{PREFIX}:execution:machine:e{len(states)}"):
            break
    account = Account(**answers)
    found = explain(account, f"{PREFIX}:execution:machine:e0").state
    states = states[: LEVELS + 1]
    assert found
    assert (found.name, found.type, found.error) == (states[-1].name, states[-1].type, states[-1].error)
    assert found.started_by == tuple(state.name for state in states[:-1])
    assert found.items == tuple(item for state in states for item in state.items)
    assert account.asked == [f"e{level}" for level in range(len(states))]


TYPES = sorted(botocore.session.get_session().get_service_model("stepfunctions").shape_for("HistoryEventType").enum)
NUMBERS = st.integers(-2, 12)
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b"]),
        "state": st.sampled_from(["a", "b"]),
        "index": NUMBERS,
        "resource": st.sampled_from(["invoke", "startExecution.sync"]),
        "resourceType": st.sampled_from(["lambda", "states"]),
        "mapRunArn": st.just("arn:run"),
        "error": st.sampled_from(["States.Runtime", "Boom"]),
        "cause": st.sampled_from(["a", "b"]).map(lambda name: told(name, 3)["cause"])
        | st.sampled_from(["{", json.dumps({"ExecutionArn": f"{PREFIX}:execution:machine:e0"})]),
    },
)
BROKEN_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": NUMBERS,
        "previousEventId": NUMBERS,
        "type": st.sampled_from([*TYPES, "StateEntered", "Unheard"]),
        "xEventDetails": DETAILS,
    },
)
EVENTS = st.builds(lambda number, more: {"id": number, "type": "ExecutionFailed", **more}, NUMBERS, BROKEN_EVENTS)


class Broken:
    """Serves these pages, whatever they hold."""

    def __init__(self, pages: list[list[dict[str, Any]]]) -> None:
        self._pages = pages
        self.requests = 0

    def __call__(self, operation: str, nextToken: str | None = None, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.requests += 1
        if operation != "get_execution_history":
            raise AccessDenied("no")
        number = int(nextToken or 0)
        return {"events": self._pages[number], **({"nextToken": str(number + 1)} if self._pages[number + 1 :] else {})}

    def request(self, operation: str, **parameters: Any) -> Answer:
        return Answer(self(operation, **parameters), 0.0, 0.0, None)


PAGES = st.lists(st.lists(EVENTS | BROKEN_EVENTS, max_size=12), min_size=1, max_size=4)
SORTED_PAGES = st.lists(st.lists(EVENTS, max_size=12), min_size=1, max_size=4).map(
    lambda pages: [sorted(page, key=lambda one: -int(one["id"])) for page in pages]
)


@given(pages=PAGES | SORTED_PAGES)
def test_a_broken_history_ends_the_search_and_not_the_run(pages: list[list[dict[str, Any]]]) -> None:
    """With what can be told, or an error of ours; no page is asked for twice, but by nested executions."""
    broken = Broken(pages)
    try:
        found = explain(broken, f"{PREFIX}:execution:machine:e0")
    except JobError:
        found = Failure()
    assert isinstance(found, Failure)
    assert broken.requests <= (len(pages) + 2) * (LEVELS + 1)


@given(random=RANDOMS, misfortune=MISFORTUNES)
def test_a_history_with_holes_ends_the_search_too(random: Random, misfortune: float) -> None:
    """Events that are missing, and events that follow from others than they do."""
    events, _ = simulated(random, misfortune)
    kept = [one for one in events[:-1] if random.random() < 0.8]
    for one in kept:
        if random.random() < 0.1:
            one["previousEventId"] = random.randint(0, len(events))
    broken = Broken([[*kept, events[-1]][::-1]])
    found = culprit.failure(broken, ARN)
    names = {one.get("stateEnteredEventDetails", {}).get("name") for one in events}
    assert found.state is None or found.state.name in names


@given(looks=PAGES)
def test_a_broken_history_does_not_end_the_wait(looks: list[list[dict[str, Any]]]) -> None:
    """What runs now isn't known then, and the status is asked for instead."""
    known = Run()
    known.execution = Execution(
        execution_arn=ARN, state_machine_arn="", name="", status="RUNNING", start_date=datetime.now(tz=UTC)
    )
    for look in looks:
        progress = Progress(cast("Api", Broken([look])), known, lambda: 0.0)
        assert progress.goes_on() in {True, False}
