"""The timeline of a history: which bars there are, and how each ended."""

import time
import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.report import timeline
from job.report.attempts import LONGEST_CAUSE, MOST_ATTEMPTS
from job.report.bars import Bar, Kind, Status, Timeline
from job.report.endings import LONGEST_LIST, MOST_BARS
from tests.support.histories import DECLINED, START, THROTTLED, History, long_map, nightly_orders

EVENT_TYPES = botocore.session.Session().get_service_model("stepfunctions").shape_for("HistoryEventType").enum
CHILD = "arn:aws:states:eu-west-1:000000000000:execution:child:one"


def drawn(bars: Iterable[Bar]) -> list[Any]:
    """Return each bar as its label, its status and, where there are any, its children."""
    return [
        (bar.name or f"{bar.kind} {bar.number}", str(bar.status), *([drawn(bar.children)] if bar.children else []))
        for bar in bars
    ]


def walked(bars: Iterable[Bar]) -> Iterator[Bar]:
    for bar in bars:
        yield bar
        yield from walked(bar.children)


def of(history: History) -> Timeline:
    return timeline.bars(history.events)


@pytest.fixture
def history() -> History:
    started = History()
    started.add(0, "ExecutionStarted")
    return started


def test_states_stand_in_the_order_in_which_they_ran(history: History) -> None:
    last = history.run(None, "First", "Pass", 0, 1)
    last = history.run(last, "Second", "Wait", 1, 5)
    history.add(5, "ExecutionSucceeded", last)
    found = of(history)
    assert drawn(found.bars) == [("First", "succeeded"), ("Second", "succeeded")]
    assert [(bar.start - START).total_seconds() for bar in found.bars] == [0, 1]
    assert [bar.end and (bar.end - START).total_seconds() for bar in found.bars] == [1, 5]
    assert (found.status, found.culprit) == (Status.SUCCEEDED, None)


def test_an_empty_history_has_no_bars() -> None:
    assert timeline.bars([]) == ([], None, None, Status.RUNNING, None, [])


def test_what_has_not_ended_is_running(history: History) -> None:
    history.run(None, "Sleep", "Wait", 1)
    found = of(history)
    assert (found.bars[0].status, found.bars[0].end, found.status) == (Status.RUNNING, None, Status.RUNNING)


def test_each_attempt_is_kept_with_its_error(history: History) -> None:
    last = history.task(None, "Load", (0, 1, *THROTTLED), (3, 4, *DECLINED), (6, 8))
    history.add(8, "ExecutionSucceeded", last)
    (bar,) = of(history).bars
    assert (bar.status, bar.attempts_made, bar.resource, bar.troubled) == (Status.RETRIED, 3, "lambda:invoke", True)
    assert [(one.error, one.cause) for one in bar.attempts] == [THROTTLED, DECLINED, (None, None)]
    assert [(one.start - START).total_seconds() for one in bar.attempts] == [0, 3, 6]
    assert [one.end and (one.end - START).total_seconds() for one in bar.attempts] == [1, 4, 8]


def test_of_very_many_attempts_the_first_and_the_last_are_kept(history: History) -> None:
    tries = [(float(n), n + 0.5, f"E{n}", "") for n in range(500)]
    history.task(None, "Load", *tries, exits=False)
    (bar,) = of(history).bars
    half = MOST_ATTEMPTS // 2
    kept = [*range(half), *range(500 - half, 500)]
    assert [one.error for one in bar.attempts] == [f"E{n}" for n in kept]
    assert bar.attempts_made == 500


def test_what_was_caught_says_so_and_the_run_goes_on(history: History) -> None:
    last = history.task(None, "Tell", (0, 1, *DECLINED))
    last = history.run(last, "Note", "Pass", 1, 2)
    history.add(2, "ExecutionSucceeded", last)
    found = of(history)
    assert drawn(found.bars) == [("Tell", "caught"), ("Note", "succeeded")]
    assert found.bars[0].failure
    assert found.bars[0].failure.error == DECLINED[0]


def test_branches_hold_their_own_states_and_the_one_that_failed_ends_the_others(history: History) -> None:
    """Also where an innocent branch has the newest event, or has ended."""
    both = history.add(0, "ParallelStateStarted", history.add(0, "ParallelStateEntered", name="Both"))
    history.run(both, "Quick", "Pass", 0.1, 0.2)
    history.run(history.run(both, "Before", "Pass", 0.1, 0.3), "Slow", "Wait", 0.3)
    guilty = history.task(both, "Guilty", (0.2, 0.5, *DECLINED), exits=False)
    history.add(0.51, "WaitStateAborted", history.happened[6])
    history.add(0.7, "ExecutionFailed", history.add(0.6, "ParallelStateFailed", guilty))
    found = of(history)
    assert drawn(found.bars) == [
        (
            "Both",
            "failed",
            [
                ("branch 1", "succeeded", [("Quick", "succeeded")]),
                ("branch 2", "aborted", [("Before", "succeeded"), ("Slow", "aborted")]),
                ("branch 3", "failed", [("Guilty", "failed")]),
            ],
        )
    ]
    assert found.culprit
    assert found.culprit.name == "Guilty"


def test_the_state_that_is_known_to_have_failed_is_blamed(history: History) -> None:
    """Where its result was wrong no event of its own says so, and AWS lets what it took along follow from it."""
    both = history.add(0, "ParallelStateStarted", history.add(0, "ParallelStateEntered", name="Both"))
    failed = history.add(0, "TaskStateEntered", both, name="Guilty")
    last = history.add(0.5, "TaskSucceeded", history.add(0.1, "TaskScheduled", failed))
    history.add(0.1, "TaskStateEntered", both, name="Innocent")
    history.add(0.6, "TaskStateAborted", last)
    history.add(0.7, "ExecutionFailed", history.add(0.6, "ParallelStateFailed", last), error="States.Runtime")
    found = timeline.bars(history.events, history.happened.index(failed) + 1)
    both_branches = [("branch 1", "failed", [("Guilty", "failed")]), ("branch 2", "aborted", [("Innocent", "aborted")])]
    assert drawn(found.bars) == [("Both", "failed", both_branches)]
    assert found.culprit
    assert found.culprit.name == "Guilty"


def test_a_fail_state_has_the_error_that_only_the_execution_tells(history: History) -> None:
    both = history.add(0, "ParallelStateStarted", history.add(0, "ParallelStateEntered", name="Both"))
    failed = history.add(2, "ParallelStateFailed", history.run(both, "Reject", "Fail", 1))
    history.add(3, "ExecutionFailed", failed, error=DECLINED[0], cause=DECLINED[1])
    culprit = of(history).culprit
    assert culprit
    assert culprit.failure
    assert (culprit.name, culprit.failure.error, culprit.failure.cause) == ("Reject", *DECLINED)


def test_items_are_told_apart_inside_items(history: History) -> None:
    """Maps within Maps have the same name, and their items the same numbers."""
    outer = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name="Outer"), length=2)
    for index in (0, 1):
        item = history.add(1, "MapIterationStarted", outer, name="Outer", index=index)
        inner = history.add(2, "MapStateStarted", history.add(2, "MapStateEntered", item, name="Inner"), length=1)
        item = history.add(3, "MapIterationStarted", inner, name="Inner", index=0)
        last = history.run(item, f"Take {index}", "Pass", 4 + index, 6 + index)
        last = history.add(8, "MapIterationSucceeded", last, name="Inner", index=0)
        last = history.add(9, "MapStateExited", history.add(9, "MapStateSucceeded", last), name="Inner")
        last = history.add(10 + index, "MapIterationSucceeded", last, name="Outer", index=index)
    last = history.add(12, "MapStateExited", history.add(12, "MapStateSucceeded", last), name="Outer")
    history.add(13, "ExecutionSucceeded", last)

    def expected(number: int) -> tuple[Any, ...]:
        inside = [("item 0", "succeeded", [(f"Take {number}", "succeeded")])]
        return (f"item {number}", "succeeded", [("Inner", "succeeded", inside)])

    assert drawn(of(history).bars) == [("Outer", "succeeded", [expected(0), expected(1)])]


def test_a_map_one_item_at_a_time_has_them_beside_each_other(history: History) -> None:
    """AWS lets such an item follow from the end of the one before."""
    last = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name="Each"), length=2)
    for index in (0, 1):
        last = history.add(1 + index, "MapIterationStarted", last, name="Each", index=index)
        last = history.run(last, "Take", "Pass", 1.1 + index, 1.2 + index)
        history.add(1.3 + index, "MapIterationSucceeded", last, name="Each", index=index)
    (bar,) = of(history).bars
    taken = [("Take", "succeeded")]
    assert drawn(bar.children) == [("item 0", "succeeded", taken), ("item 1", "succeeded", taken)]


def test_a_state_that_is_tried_again_keeps_what_failed_in_its_first_attempt(history: History) -> None:
    """With the event that says that the first failed, and without, as in LocalStack."""
    first = history.add(0, "ParallelStateStarted", history.add(0, "ParallelStateEntered", name="Both"))
    failed = history.run(first, "Guilty", "Fail", 1)
    second = history.add(3, "ParallelStateStarted", failed)
    failed = history.run(second, "Guilty", "Fail", 4)
    third = history.add(6, "ParallelStateStarted", history.add(5, "ParallelStateFailed", failed))
    last = history.run(third, "Guilty", "Pass", 7, 8)
    history.add(9, "ParallelStateExited", history.add(9, "ParallelStateSucceeded", last), name="Both")
    (bar,) = of(history).bars
    assert (bar.status, bar.attempts_made) == (Status.RETRIED, 3)
    assert [(child.attempt, child.number, str(child.status)) for child in bar.children] == [
        (1, 1, "failed"),
        (2, 1, "failed"),
        (3, 1, "succeeded"),
    ]


def test_a_timeout_of_the_definition_is_no_state_s_doing(history: History) -> None:
    history.add(9, "ExecutionTimedOut", history.run(None, "Sleep", "Wait", 1))
    found = of(history)
    assert (found.status, found.culprit, drawn(found.bars)) == (Status.TIMED_OUT, None, [("Sleep", "aborted")])


@pytest.mark.parametrize("ending", ["ExecutionFailed", "ExecutionTimedOut"])
def test_a_state_that_timed_out_says_so(ending: str, history: History) -> None:
    scheduled = history.add(1, "ActivityScheduled", history.add(0, "TaskStateEntered", name="Ask"), resource="arn")
    history.add(6, ending, history.add(5, "ActivityTimedOut", scheduled, error="States.Timeout"))
    found = of(history)
    assert drawn(found.bars) == [("Ask", "timed out")]
    assert found.culprit is found.bars[0]


@pytest.mark.parametrize("after", ["its state was entered", "the state before it"])
def test_an_expression_that_fails_names_its_state(after: str, history: History) -> None:
    before = history.run(None, "Look", "Pass", -2, -1)
    entered = history.add(0, "PassStateEntered", before, name="Divide")
    came_of = entered if after == "its state was entered" else before
    failed = history.add(1, "EvaluationFailed", came_of, state="Divide", error="States.QueryEvaluationError", cause="?")
    history.add(2, "ExecutionFailed", failed, error="States.QueryEvaluationError", cause="?")
    culprit = of(history).culprit
    assert culprit
    assert (culprit.name, culprit.attempts_made) == ("Divide", 1)


def test_what_failed_in_no_state_has_no_culprit(history: History) -> None:
    history.add(1, "ExecutionFailed", history.run(None, "Look", "Pass", 0, 1), error="States.Runtime")
    found = of(history)
    assert (found.status, found.culprit, drawn(found.bars)) == (Status.FAILED, None, [("Look", "succeeded")])


def test_an_aborted_execution_blames_nobody(history: History) -> None:
    history.add(2, "ExecutionAborted", history.add(2, "WaitStateAborted", history.run(None, "Sleep", "Wait", 1)))
    found = of(history)
    assert (found.status, found.culprit, drawn(found.bars)) == (Status.ABORTED, None, [("Sleep", "aborted")])


def test_a_nested_execution_is_named(history: History) -> None:
    """By what the task says when it has started it, or by the cause of its failure."""
    of_states = {"resourceType": "states", "resource": "startExecution.sync"}
    scheduled = history.add(0, "TaskScheduled", history.add(0, "TaskStateEntered", name="Call"), **of_states)
    submitted = history.add(1, "TaskSubmitted", scheduled, **of_states, output=f'{{"ExecutionArn": "{CHILD}"}}')
    assert of(history).bars[0].execution_arn == CHILD
    history.happened.remove(submitted)
    history.add(
        1, "TaskFailed", scheduled, **of_states, error="E", cause=f'{{"ExecutionArn": "{CHILD}", "Status": "?"}}'
    )
    assert of(history).bars[0].execution_arn == CHILD


def test_a_distributed_map_names_its_run_and_says_why_that_failed(history: History) -> None:
    started = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name="Each"), length=3)
    run = history.add(1, "MapRunStarted", started, mapRunArn="arn:of:run")
    failed = history.add(2, "MapRunFailed", run, error="States.ExceedToleratedFailureThreshold", cause="too many")
    history.add(4, "ExecutionFailed", history.add(3, "MapStateFailed", failed), error="other", cause="other")
    culprit = of(history).culprit
    assert culprit
    assert culprit.failure
    assert (culprit.map_run_arn, culprit.failure.cause) == ("arn:of:run", "too many")


def test_a_redrive_goes_on_where_the_execution_failed(history: History) -> None:
    each = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name="Each"), length=1)
    item = history.add(1, "MapIterationStarted", each, name="Each", index=0)
    last = history.task(item, "Charge", (1, 2, *DECLINED), exits=False)
    last = history.add(3, "MapIterationFailed", last, name="Each", index=0)
    last = history.add(4, "ExecutionFailed", history.add(3, "MapStateFailed", last), error=DECLINED[0])
    last = history.add(100, "TaskScheduled", history.add(99, "ExecutionRedriven", last, redriveCount=1))
    last = history.add(102, "TaskStateExited", history.add(101, "TaskSucceeded", last), name="Charge")
    last = history.add(103, "MapIterationSucceeded", last, name="Each", index=0)
    last = history.add(105, "MapStateExited", history.add(104, "MapStateSucceeded", last), name="Each")
    history.add(106, "ExecutionSucceeded", last)
    found = of(history)
    assert [(moment - START).total_seconds() for moment in found.redrives] == [99]
    assert (found.status, found.culprit) == (Status.SUCCEEDED, None)
    charge = [bar for bar in walked(found.bars) if bar.name == "Charge"]
    assert [(bar.status, bar.attempts_made, bar.end and (bar.end - START).seconds) for bar in charge] == [
        (Status.RETRIED, 2, 102)
    ]


def test_a_redrive_leaves_what_ended_well_as_it_was(history: History) -> None:
    last = history.run(None, "First", "Pass", 0, 1)
    last = history.task(last, "Charge", (1, 2, *DECLINED), exits=False)
    last = history.add(99, "ExecutionRedriven", history.add(3, "ExecutionFailed", last), redriveCount=1)
    last = history.add(101, "TaskSucceeded", history.add(100, "TaskScheduled", last))
    history.add(102, "ExecutionSucceeded", history.add(102, "TaskStateExited", last, name="Charge"))
    found = of(history)
    assert drawn(found.bars) == [("First", "succeeded"), ("Charge", "retried")]
    assert [bar.end and (bar.end - START).seconds for bar in found.bars] == [1, 102]


def test_a_redriven_fail_state_has_failed_twice(history: History) -> None:
    """It has no attempts of its own: a redrive enters it anew."""
    failed = history.add(1, "ExecutionFailed", history.run(None, "Reject", "Fail", 0), error=DECLINED[0])
    again = history.run(history.add(99, "ExecutionRedriven", failed, redriveCount=1), "Reject", "Fail", 100)
    history.add(101, "ExecutionFailed", again, error=DECLINED[0])
    found = of(history)
    assert drawn(found.bars) == [("Reject", "failed")]
    assert found.bars[0].attempts_made == 2
    assert found.culprit is found.bars[0]


def test_the_end_of_an_item_that_nobody_saw_begin_changes_nothing(history: History) -> None:
    each = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name="Each"), length=1)
    history.add(1, "MapIterationSucceeded", each, name="Each", index=7)
    assert drawn(of(history).bars) == [("Each", "running")]


def test_what_was_aborted_is_to_blame_for_nothing(history: History) -> None:
    """Even where the failure around it follows from its end."""
    both = history.add(0, "ParallelStateStarted", history.add(0, "ParallelStateEntered", name="Both"))
    sleep = history.run(both, "Sleep", "Wait", 1)
    failed = history.add(3, "ParallelStateFailed", history.add(2, "WaitStateAborted", sleep))
    history.add(4, "ExecutionFailed", failed, error=DECLINED[0])
    found = of(history)
    assert drawn(found.bars) == [("Both", "failed", [("branch 1", "failed", [("Sleep", "aborted")])])]
    assert found.culprit
    assert found.culprit.name != "Sleep"


def test_a_state_whose_end_nobody_told_stands_beside_the_next(history: History) -> None:
    last = history.run(history.task(None, "Load", (0, 1), exits=False), "Note", "Pass", 1, 2)
    history.add(3, "ExecutionSucceeded", last)
    assert drawn(of(history).bars) == [("Load", "succeeded"), ("Note", "succeeded")]


def test_a_long_cause_is_cut_and_says_so(history: History) -> None:
    history.task(None, "Load", (0, 1, "E", "x" * 30_000))
    failure = of(history).bars[0].failure
    assert failure
    assert failure.cause == "x" * LONGEST_CAUSE + " … and 28,000 more characters"


@pytest.mark.parametrize("caught_each", [None, 1, 3])
def test_a_full_history_takes_little_time_and_memory_and_keeps_what_failed(caught_each: int | None) -> None:
    """The rest is folded into bars that say how many there were."""
    events = long_map(25_000, caught_each).events
    began = time.process_time()
    found = timeline.bars(events)
    assert time.process_time() - began < 3
    tracemalloc.start()
    try:
        timeline.bars(events)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 15_000_000
    assert found.culprit
    assert found.culprit.name == "Charge"
    assert sum(bar.size for bar in found.bars) <= 2 * MOST_BARS + 10
    items = found.bars[0].children
    last = max(bar.number for bar in items)
    assert found.culprit.parent in items
    assert sum(bar.folded or 1 for bar in items) == last + 1
    assert sum(bar.folded_troubled for bar in items) + sum(bar.troubled for bar in items) == 1 + (
        0 if caught_each is None else -(-last // caught_each)
    )


def test_a_loop_is_folded_and_its_end_is_not(history: History) -> None:
    last = None
    for number in range(2000):
        last = history.run(last, "Count", "Pass", number, number + 0.5)
        last = history.run(last, "Enough?", "Choice", number + 0.5, number + 1)
    history.add(2002, "ExecutionFailed", history.run(last, "GiveUp", "Fail", 2001), error="E")
    bars = of(history).bars
    assert len(bars) == LONGEST_LIST + 2
    assert (bars[-2].kind, bars[-2].folded, bars[-1].name) == (Kind.FOLD, 4000 - LONGEST_LIST, "GiveUp")


def test_what_was_folded_makes_room_for_what_comes(history: History) -> None:
    """A short Map after a long one is shown whole."""
    last = None
    for name, length in (("Long", 3000), ("Short", 20)):
        at = len(history.happened)
        last = history.add(at, "MapStateStarted", history.add(at, "MapStateEntered", last, name=name), length=length)
        started = last
        for index in range(length):
            at = len(history.happened)
            last = history.add(at, "MapIterationStarted", started, name=name, index=index)
            last = history.add(
                at, "MapIterationSucceeded", history.run(last, "Take", "Pass", at, at), name=name, index=index
            )
        at = len(history.happened)
        last = history.add(at, "MapStateExited", history.add(at, "MapStateSucceeded", last), name=name)
    long, short = of(history).bars
    assert (len(long.children), len(short.children)) == (LONGEST_LIST + 1, 20)


def test_two_states_may_fail_of_the_same_event(history: History) -> None:
    """LocalStack says of both that it was the state in them; AWS, that the outer one failed of the inner one."""
    outer = history.add(0, "ParallelStateStarted", history.add(0, "ParallelStateEntered", name="Outer"))
    inner = history.add(2, "ParallelStateStarted", history.add(2, "ParallelStateEntered", outer, name="Inner"))
    guilty = history.run(inner, "Guilty", "Fail", 4)
    history.add(5, "ParallelStateFailed", guilty)
    last = history.add(5, "ParallelStateFailed", guilty)
    history.add(6, "ExecutionFailed", last, error="E")
    found = of(history)
    parallels = [bar for bar in walked(found.bars) if bar.type == "Parallel"]
    assert [(bar.attempts_made, bar.failure and (bar.failure.end or START) - START) for bar in parallels] == [
        (1, timedelta(seconds=5))
    ] * 2
    assert all(bar.status is Status.FAILED and bar.end for bar in walked(found.bars))
    assert found.culprit
    assert found.culprit.name == "Guilty"


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_an_innocent_event_may_have_come_last(kind: str, history: History) -> None:
    """LocalStack says that the state around failed of that one."""
    around = history.add(0, f"{kind}StateStarted", history.add(0, f"{kind}StateEntered", name="Both"))
    guilty = innocent = around
    if kind == "Map":
        innocent, guilty = (history.add(1, "MapIterationStarted", around, name="Both", index=n) for n in (0, 1))
    innocent = history.run(innocent, "Innocent", "Pass", 1, 3)
    guilty = history.run(guilty, "Guilty", "Fail", 2)
    if kind == "Map":
        history.add(4, "MapIterationFailed", guilty, name="Both", index=1)
    history.add(5, "ExecutionFailed", history.add(4, f"{kind}StateFailed", innocent), error="E")
    found = of(history)
    assert found.culprit
    assert found.culprit.name == "Guilty"
    assert [str(bar.status) for bar in found.bars[0].children if bar.children[0].name == "Innocent"] != ["failed"]


def test_what_is_around_the_failure_failed_too_where_no_event_says_so(history: History) -> None:
    each = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name="Each"), length=1)
    item = history.add(1, "MapIterationStarted", each, name="Each", index=0)
    history.add(6, "ExecutionFailed", history.task(item, "Load", (1, 2, *DECLINED), exits=False))
    (bar,) = of(history).bars
    assert drawn([bar]) == [("Each", "failed", [("item 0", "failed", [("Load", "failed")])])]
    assert bar.failure


def test_a_parallel_tried_again_thousands_of_times_stays_small(history: History) -> None:
    last = history.add(0, "ParallelStateEntered", name="Both")
    for number in range(8000):
        started = history.add(number, "ParallelStateStarted", last)
        last = history.add(number + 0.5, "ParallelStateFailed", history.run(started, "Guilty", "Fail", number + 0.1))
    assert of(history).bars[0].size < 3 * MOST_BARS


def test_nesting_without_end_is_shown_flat_at_last(history: History) -> None:
    """So that who draws the bars need not fear for the stack."""
    last = None
    for _ in range(3000):
        last = history.add(0, "ParallelStateStarted", history.add(0, "ParallelStateEntered", last, name="Deeper"))
    history.add(1, "ExecutionAborted", last)
    found = of(history)
    assert max(bar.depth for bar in walked(found.bars)) == timeline.DEEPEST
    assert all(bar.status is Status.ABORTED for bar in walked(found.bars) if bar.kind is not Kind.FOLD)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(EVENT_TYPES),
            st.integers(0, 30),
            st.sampled_from(["A", "B"]),
            st.integers(0, 2),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_no_order_of_events_is_too_odd(soup: list[tuple[str, int, str, int, bool]]) -> None:
    """Every type that AWS knows, anywhere, with all of its details or none; and each bar ends with the execution."""
    events = []
    for number, (type_, previous, name, index, told) in enumerate(soup, 1):
        details = {"name": name, "state": name, "index": index, "error": "E", "cause": "C", "output": "{", "length": 2}
        event = {"id": number, "previousEventId": previous, "timestamp": START, "type": type_}
        events.append({**event, "anyEventDetails": details} if told else event)
    found = timeline.bars(events)
    for bar in walked(found.bars):
        assert all(child.parent is bar for child in bar.children)
        assert found.status is Status.RUNNING or bar.end is not None


def test_a_whole_night_is_told_right() -> None:
    found = of(nightly_orders())
    assert [(bar.name, str(bar.status)) for bar in found.bars] == [
        ("Is it a business day?", "succeeded"),
        ("Collect the night's data", "succeeded"),
        ("Tell the warehouse", "caught"),
        ("Note that it wasn't told", "succeeded"),
        ("Let payments settle", "succeeded"),
        ("Settle each order", "failed"),
    ]
    assert found.culprit
    assert (found.culprit.name, found.culprit.attempts_made) == ("Charge the card", 3)
    assert found.culprit.parent
    assert found.culprit.parent.number == 21
    statuses = [str(item.status) for item in found.bars[-1].children]
    assert statuses == ["succeeded"] * 21 + ["failed", "aborted", "aborted"]


def test_events_without_a_time_cost_the_timeline_and_not_the_page() -> None:
    """AWS always gives one, other implementations don't; nor need they say what an event followed from."""
    events = [
        {"id": 1, "type": "ExecutionStarted"},
        {"id": 2, "type": "PassStateEntered", "stateEnteredEventDetails": {"name": "One"}},
    ]
    assert timeline.bars(events).bars == []
    (bar,) = timeline.bars([{**events[0], "timestamp": START}, events[1]]).bars
    assert bar.name == "One"
