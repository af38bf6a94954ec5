"""The hostile endpoint's histories and map runs are as AWS documents them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.hostile import HostileEndpoint
from tests.integration.test_hostile import Clock, client, refusal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(clock: Clock) -> Iterator[HostileEndpoint]:
    with HostileEndpoint(clock=clock) as endpoint:
        yield endpoint


@pytest.fixture
def sfn(aws: HostileEndpoint) -> Any:
    return client(aws)


def test_a_history_that_was_read_while_it_went_on_gets_its_end(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """Also where it ends by being stopped, and once more after a redrive."""
    execution = aws.seed("n", "RUNNING")

    def last() -> str:
        events = sfn.get_execution_history(executionArn=execution.arn, reverseOrder=True)["events"]
        return str(events[0]["type"])

    assert last() == "TaskScheduled"
    aws.stop_execution("n")
    assert [last(), last()] == ["ExecutionAborted"] * 2
    aws.plan(duration=1, status="FAILED")
    sfn.redrive_execution(executionArn=execution.arn)
    assert last() == "TaskScheduled"
    clock.now += 2
    assert [last(), last()] == ["ExecutionFailed"] * 2


def test_a_map_run_has_its_counts_and_its_executions(aws: HostileEndpoint, sfn: Any) -> None:
    """DescribeMapRun tells the counts, and ListExecutions those of the executions that are asked for."""
    run = aws.add_map_run([aws.seed("good"), aws.seed("bad", "FAILED")], failed=1, succeeded=1, total=2)
    counts = sfn.describe_map_run(mapRunArn=run)["itemCounts"]
    assert (counts["failed"], counts["succeeded"], counts["aborted"], counts["total"]) == (1, 1, 0, 2)
    failed = sfn.list_executions(mapRunArn=run, statusFilter="FAILED")["executions"]
    every = sfn.list_executions(mapRunArn=run)["executions"]
    assert [[one["name"] for one in listed] for listed in (failed, every)] == [["bad"], ["bad", "good"]]


@pytest.mark.parametrize("operation", ["describe_map_run", "list_executions"])
def test_an_unknown_map_run_is_not_found(aws: HostileEndpoint, sfn: Any, operation: str) -> None:
    """As for everything of Step Functions' that is neither a state machine nor an execution."""
    unknown = aws.add_map_run()[:-1] + "?"
    assert refusal(getattr(sfn, operation), mapRunArn=unknown) == "ResourceNotFound"
