"""Express state machines (contract 5): one StartSyncExecution, whose answer is all there ever is."""

import json
import time
from collections.abc import Callable

import pytest

from job.outcomes import Outcome
from tests.hostile import (
    Fault,
    HostileEndpoint,
    cut_after,
    cut_before,
    hang_after,
    internal_failure,
    service_unavailable,
    throttling,
)
from tests.hostile.executions import Status
from tests.integration.conftest import ROLE
from tests.support.localstack import LocalStack
from tests.support.process import Finished, Job
from tests.support.results import ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}


@pytest.fixture
def express(aws: HostileEndpoint) -> dict[str, str]:
    """The variables of a run that waits for an express execution."""
    return {**WAIT, "SFN_STATE_MACHINE_ARN": aws.add_state_machine("quick", type="EXPRESS")}


def test_the_type_is_found_out_and_the_result_has_the_bill(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str]
) -> None:
    """With `auto` the type costs one request; nothing is asked after the answer."""
    aws.plan(duration=0.3, output='{"ok": true}')
    result = ends_with(run_job(**express, SFN_EXECUTION_NAME="nightly"), Outcome.SUCCESS)["result"]
    assert [request.operation for request in aws.requests] == ["DescribeStateMachine", "StartSyncExecution"]
    assert result["status"] == "SUCCEEDED"
    assert result["output"] == '{"ok": true}'
    assert result["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 300}
    assert result["name"] == "nightly-1"
    assert ":express:quick:nightly-1:" in result["executionArn"]
    assert list(result) == [
        *["executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "output", "outputDetails"],
        *["billingDetails", "resumed", "consoleUrl"],
    ]


def test_a_given_type_costs_no_request(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str]
) -> None:
    """SFN_STATE_MACHINE_TYPE says it all."""
    ends_with(run_job(**express, SFN_STATE_MACHINE_TYPE="express"), Outcome.SUCCESS)
    assert [request.operation for request in aws.requests] == ["StartSyncExecution"]


@pytest.mark.parametrize(
    ("status", "outcome"), [("FAILED", Outcome.EXECUTION_FAILED), ("TIMED_OUT", Outcome.EXECUTION_TIMED_OUT)]
)
def test_an_answer_of_http_200_that_tells_of_a_failure_is_one(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str], status: Status, outcome: Outcome
) -> None:
    """Error and cause come with the answer; there is no history to ask for."""
    aws.plan(duration=0.1, status=status, error="Orders.OutOfStock", cause="no more of these")
    document = ends_with(run_job(**express), outcome)
    assert document["result"]["error"] == "Orders.OutOfStock"
    assert document["result"]["cause"] == "no more of these"
    assert "Orders.OutOfStock: no more of these" in document["status_description"]
    assert aws.count("GetExecutionHistory") == 0
    assert aws.started == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (cut_after(), Outcome.CONNECTION_ERROR),
        (cut_before(), Outcome.CONNECTION_ERROR),
        (internal_failure(), Outcome.CONNECTION_ERROR),
        (service_unavailable(), Outcome.CONNECTION_ERROR),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_lost_answer_is_never_asked_for_again(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str], fault: Fault, outcome: Outcome
) -> None:
    """Nobody can tell whether it ran, so the result names it and leaves it to whoever reads."""
    aws.fail("StartSyncExecution", fault)
    document = ends_with(run_job(**express, SFN_EXECUTION_NAME="nightly", SFN_RETRY_WINDOW="5"), outcome)
    assert aws.count("StartSyncExecution") == 1
    assert aws.started <= 1
    assert reached_nothing(document)
    assert "nightly-1 may have been started" in document["status_description"]


def test_what_surely_was_not_carried_out_is_asked_for_again(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str]
) -> None:
    """Throttling is AWS's word that it did nothing."""
    aws.fail("StartSyncExecution", throttling(), times=2)
    ends_with(run_job(**express), Outcome.SUCCESS)
    assert aws.count("StartSyncExecution") == 3
    assert aws.started == 1


def test_the_answer_may_take_longer_than_the_read_timeout(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str]
) -> None:
    """SFN_READ_TIMEOUT is for answers that don't wait for an execution; this one may take five minutes."""
    aws.plan(duration=2.5)
    ends_with(run_job(**express, SFN_READ_TIMEOUT="0.5", SFN_CONNECT_TIMEOUT="0.5"), Outcome.SUCCESS)


def test_the_wait_timeout_ends_it(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str]
) -> None:
    """Exit 26, with the name of what may still run: an express execution can't be stopped."""
    aws.plan(duration=60)
    began = time.monotonic()
    document = ends_with(
        run_job(**express, SFN_WAIT_TIMEOUT="1", SFN_ON_WAIT_TIMEOUT="stop", SFN_EXECUTION_NAME="nightly"),
        Outcome.WAIT_TIMEOUT,
    )
    assert time.monotonic() - began < 20
    assert "nightly-1 may have been started" in document["status_description"]
    assert aws.count("StopExecution") == 0


def test_a_signal_ends_it_at_once(aws: HostileEndpoint, start_job: Callable[..., Job], express: dict[str, str]) -> None:
    """In the middle of the request."""
    aws.plan(duration=60)
    job = start_job(**express, SFN_EXECUTION_NAME="nightly")
    aws.wait_for("StartSyncExecution")
    job.process.terminate()
    assert "nightly-1 may have been started" in ends_with(job.finish(), Outcome.TERMINATED)["status_description"]


def test_without_permission_to_find_out_it_counts_as_standard(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str]
) -> None:
    """With a warning; what was started is reported, and the sentence says how to be able to wait."""
    aws.allow(["states:StartExecution"])
    finished = run_job(**express)
    document = ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert document["changed"] is True
    assert ":express:" in document["result"]["executionArn"]
    assert "SFN_STATE_MACHINE_TYPE=express" in document["status_description"]
    warning = next(event for event in finished.events if event["level"] == "WARNING")
    assert "states:DescribeStateMachine" in warning["message"]


def test_without_permission_to_find_out_a_standard_one_runs(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The warning is all."""
    aws.allow(["states:StartExecution", "states:DescribeExecution"])
    ends_with(run_job(**WAIT), Outcome.SUCCESS)


def test_without_waiting_it_is_only_started(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str]
) -> None:
    """StartExecution, one request, and no count in the result."""
    document = ends_with(
        run_job(**{**express, "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": ""}, SFN_EXECUTION_NAME="nightly"), Outcome.SUCCESS
    )
    assert [request.operation for request in aws.requests] == ["StartExecution"]
    assert "runCount" not in document["result"]
    assert document["changed"] is True


@pytest.mark.parametrize("fault", [cut_after(), internal_failure(), hang_after()], ids=lambda fault: fault.name)
def test_without_waiting_a_lost_answer_is_not_asked_for_again_either(
    aws: HostileEndpoint, run_job: Callable[..., Finished], express: dict[str, str], fault: Fault
) -> None:
    """A second request would start a second execution: names aren't unique."""
    aws.fail("StartExecution", fault)
    document = ends_with(
        run_job(
            **{**express, "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": ""},
            SFN_EXECUTION_NAME="nightly",
            SFN_READ_TIMEOUT="1",
            SFN_RETRY_WINDOW="5",
        ),
        Outcome.CONNECTION_ERROR,
    )
    assert aws.count("StartExecution") == 1
    assert "nightly-1 may have been started" in document["status_description"]


@pytest.mark.parametrize(
    ("variables", "variable"),
    [
        ({"SFN_RUN_ID": "a"}, "SFN_RUN_ID"),
        ({"SFN_RUN_ID": "a", "SFN_RERUN": "once"}, "SFN_RUN_ID"),
        ({"SFN_RERUN": "fail"}, "SFN_RERUN"),
    ],
    ids=str,
)
@pytest.mark.parametrize("type_", ["auto", "express"])
def test_what_finds_an_execution_again_is_refused(
    aws: HostileEndpoint,
    run_job: Callable[..., Finished],
    express: dict[str, str],
    variables: dict[str, str],
    variable: str,
    type_: str,
) -> None:
    """Where the type is given, before anything is sent."""
    document = ends_with(run_job(**express, **variables, SFN_STATE_MACHINE_TYPE=type_), Outcome.DATA_VALIDATION_ERROR)
    assert variable in document["status_description"]
    assert "SFN_RERUN=new" in document["status_description"]
    assert [request.operation for request in aws.requests] == (["DescribeStateMachine"] if type_ == "auto" else [])
    assert aws.started == 0


def test_a_run_id_is_taken_with_new(run_job: Callable[..., Finished], express: dict[str, str]) -> None:
    """Then it only makes the name."""
    document = ends_with(run_job(**express, SFN_RUN_ID="a", SFN_RERUN="new"), Outcome.SUCCESS)
    assert document["result"]["name"].startswith("sfn-job-a-")


def test_on_localstack(localstack: LocalStack, run_locally: Callable[..., Finished]) -> None:
    """The same against another implementation of Step Functions."""
    definition = {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}}
    arn = localstack.client("stepfunctions").create_state_machine(
        name="express-echo", definition=json.dumps(definition), roleArn=ROLE, type="EXPRESS"
    )["stateMachineArn"]
    result = ends_with(run_locally(arn, **WAIT, SFN_INPUT='{"a": 1}'), Outcome.SUCCESS)["result"]
    assert json.loads(result["output"]) == {"a": 1}
