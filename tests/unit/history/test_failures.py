"""The line that says what failed."""

from datetime import UTC, datetime

import pytest

from job.execution import Execution
from job.history.failures import FailedState, Failure, Item, sentence

RESOURCE = "arn:aws:states:::lambda:invoke"


def execution(status: str, error: str | None = None, cause: str | None = None) -> Execution:
    return Execution(
        execution_arn="arn",
        state_machine_arn="machine",
        name="n",
        status=status,
        start_date=datetime.now(UTC),
        error=error,
        cause=cause,
    )


CHARGE = FailedState("Charge", "Task", "Declined", '{"errorMessage":"no\\n money"}', RESOURCE)
DEEP = CHARGE._replace(
    items=(Item("Customers", 4), Item("Orders", 3)),
    item_counts={"failed": 2, "total": 10},
    execution_arn="arn:aws:states:eu-west-1:123456789012:execution:payments:x-1",
    started_by=("Top", "Call"),
    attempts=3,
)
RUNNING = tuple((f"S{number}", "Wait") for number in range(7))


@pytest.mark.parametrize(
    ("status", "failure", "said"),
    [
        ("FAILED", Failure(), "FAILED: E: C"),
        ("FAILED", Failure("Own", "own", whole=True), "FAILED in no state: E: C"),
        ("FAILED", Failure(state=CHARGE), f"FAILED in state Charge (Task, {RESOURCE}): Declined: no money"),
        ("FAILED", Failure(state=FailedState("Reject", "Fail")), "FAILED in state Reject (Fail): E: C"),
        (
            "FAILED",
            Failure(state=DEEP),
            (
                f"FAILED in state Charge (Task, {RESOURCE}, item 3 of Map Orders in item 4 of Map Customers, "
                "2 of 10 items failed, in execution x-1 of state Top > Call, 3 attempts): Declined: no money"
            ),
        ),
        ("TIMED_OUT", Failure(whole=True), "TIMED_OUT as a whole: E: C"),
        ("TIMED_OUT", Failure(whole=True, running=RUNNING[:1]), "TIMED_OUT as a whole while in state S0 (Wait): E: C"),
        (
            "ABORTED",
            Failure(whole=True, running=RUNNING),
            "was ABORTED while in states S0 (Wait), S1 (Wait), S2 (Wait), S3 (Wait), S4 (Wait), 2 more: E: C",
        ),
        (
            "FAILED",
            Failure(missing="states:GetExecutionHistory"),
            "FAILED: E: C (With the permission states:GetExecutionHistory this would say in which state.)",
        ),
        (
            "FAILED",
            Failure(state=CHARGE, missing="states:GetExecutionHistory"),
            (
                f"FAILED in state Charge (Task, {RESOURCE}): Declined: no money "
                "(With the permission states:GetExecutionHistory this would say where in there.)"
            ),
        ),
    ],
)
def test_the_line_names_state_error_and_cause(status: str, failure: Failure, said: str) -> None:
    """And around the state what tells it from others of its name."""
    assert sentence(execution(status, "E", "C"), failure) == f"The execution {said}"


def test_without_an_error_of_its_own_the_history_has_it() -> None:
    """As for TIMED_OUT, of which DescribeExecution doesn't say it."""
    assert sentence(execution("TIMED_OUT"), Failure("E", "C")) == "The execution TIMED_OUT: E: C"


def test_the_line_has_an_end() -> None:
    """A cause may be 32 KB; the permission that is missing is told all the same."""
    line = sentence(execution("FAILED", "E", "x " * 16_000), Failure(missing="p"))
    assert len(line) < 1100
    assert line.endswith("(With the permission p this would say in which state.)")


def test_what_does_not_apply_is_none_in_the_document() -> None:
    """A plain failure has the contract's five keys."""
    plain = {key for key, value in CHARGE.document().items() if value is not None}
    assert plain == {"name", "type", "error", "cause", "resource"}
    assert {key for key, value in DEEP.document().items() if value is not None} - plain == {
        "attempts",
        "items",
        "itemCounts",
        "executionArn",
        "startedBy",
    }
