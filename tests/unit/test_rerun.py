"""SFN_RERUN as a table: every policy has an action for every status."""

from datetime import UTC, datetime

import pytest

from job.errors import JobError
from job.execution import Execution
from job.rerun import POLICIES, Action
from job.settings import TABLE
from job.waiting import ENDINGS

START, JOIN, REDRIVE, REFUSE = Action.START, Action.JOIN, Action.REDRIVE, Action.REFUSE


def execution(status: str) -> Execution:
    return Execution(
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:nightly:run-1",
        state_machine_arn="arn:aws:states:eu-west-1:123456789012:stateMachine:nightly",
        name="run-1",
        status=status,
        start_date=datetime(2026, 11, 22, tzinfo=UTC),
    )


EXPECTED = {
    "new": dict.fromkeys(ENDINGS, START),
    "once": dict.fromkeys(ENDINGS, JOIN),
    "resume": {**dict.fromkeys(ENDINGS, JOIN), **dict.fromkeys(("FAILED", "ABORTED", "TIMED_OUT"), START)},
    "redrive": {**dict.fromkeys(ENDINGS, JOIN), **dict.fromkeys(("FAILED", "ABORTED", "TIMED_OUT"), REDRIVE)},
    "fail": dict.fromkeys(ENDINGS, REFUSE),
}


@pytest.mark.parametrize(
    ("policy", "status", "action"),
    [(policy, status, action) for policy, row in EXPECTED.items() for status, action in row.items()],
)
def test_each_policy_has_an_action_for_each_status(policy: str, status: str, action: Action) -> None:
    """As contract 3 says, PENDING_REDRIVE being one that goes on."""
    assert POLICIES[policy].action(execution(status)) is action


@pytest.mark.parametrize("policy", POLICIES)
def test_where_nothing_is_every_policy_starts(policy: str) -> None:
    """Also `redrive` and `fail`."""
    assert POLICIES[policy].action(None) is START


@pytest.mark.parametrize("policy", POLICIES)
def test_an_unknown_status_is_an_error(policy: str) -> None:
    """Neither success nor "start another"."""
    with pytest.raises(JobError, match="EVAPORATED"):
        POLICIES[policy].action(execution("EVAPORATED"))


def test_every_choice_of_the_variable_has_a_policy() -> None:
    """And every policy can be chosen."""
    (row,) = [row for row in TABLE if row.variable == "SFN_RERUN"]
    for policy in POLICIES:
        assert row.kind.parse(policy) == policy
    assert set(POLICIES) == {"new", "once", "resume", "redrive", "fail"}


def test_only_new_and_fail_do_not_share() -> None:
    """For the others an execution of the run's name is the run's, whoever started it."""
    assert {policy for policy, row in POLICIES.items() if row.shares} == {"once", "resume", "redrive"}
