"""Every exit status that needs no proxy, from a real process: against LocalStack or the endpoint."""

import ast
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from job.outcomes import Outcome
from tests.hostile import (
    Fault,
    HostileEndpoint,
    access_denied,
    cut_before,
    drip,
    empty,
    error,
    expired_token,
    garbage,
    hang_after,
    hang_before,
    internal_failure,
    invalid_signature,
    json_without_fields,
    page,
    redirect,
    reset,
    service_unavailable,
    throttling,
    unrecognized_client,
)
from tests.hostile.faults import altered
from tests.support.localstack import LocalStack, free_port
from tests.support.process import ROOT, Finished, Job, eventually
from tests.support.results import ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
NO_CREDENTIALS = {
    "SFN_CREDENTIALS_USER": "",
    "SFN_CREDENTIALS_PASSWORD": "",
    # Whoever runs the tests may have files in ~/.aws.
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
PROMPTLY = 20.0
"""Seconds. Kubernetes and ECS give 30 between the signal and the kill; the job must need far less, where it has to find
out what became of a start nine by itself.
"""

# 0


def test_waiting_reports_the_output_of_an_execution_that_succeeded(run_locally: Callable[..., Finished]) -> None:
    """SUCCEEDED is exit 0, with the output as AWS gave it."""
    document = ends_with(run_locally("greet", **WAIT), Outcome.SUCCESS)
    assert document["changed"] is True
    assert document["status_description"] == "SUCCESS: AWS Stepfunctions workflow executed successfully."
    assert document["result"]["status"] == "SUCCEEDED"
    assert document["result"]["output"] == '{"hello":"world"}'
    assert {"error", "cause", "failedState"}.isdisjoint(document["result"])


def test_without_waiting_the_execution_is_only_started(
    run_locally: Callable[..., Finished], localstack: LocalStack
) -> None:
    """Exit 0 as soon as AWS has taken the start; the execution goes on by itself."""
    document = ends_with(run_locally("linger"), Outcome.SUCCESS)
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"
    assert {"stopDate", "output", "outputDetails"}.isdisjoint(document["result"])
    assert _status(localstack, document) == "RUNNING"


@pytest.mark.parametrize("qualified", ["version", "alias"])
def test_a_version_or_an_alias_is_run(
    qualified: str, run_locally: Callable[..., Finished], machines: dict[str, str], localstack: LocalStack
) -> None:
    """A qualified ARN starts its version, and the result names the state machine as DescribeExecution does."""
    document = ends_with(run_locally(qualified, **WAIT), Outcome.SUCCESS)
    assert document["invocation"]["fields"]["state_machine_arn"] == machines[qualified]
    described = _describe(localstack, document)
    assert described["stateMachineVersionArn"] == machines["version"]
    assert document["result"]["stateMachineArn"] == described["stateMachineArn"]


# 1


def test_a_status_that_nobody_knows_is_an_error_of_its_own(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """An execution status from AWS's future is neither success nor a reason to go on waiting."""
    aws.plan(status=cast("Any", "HIBERNATED"))
    document = ends_with(run_job(**WAIT), Outcome.FAIL)
    assert document["changed"] is True
    assert document["result"]["status"] == "HIBERNATED"
    assert "HIBERNATED" in document["status_description"]


@pytest.mark.parametrize(
    "garbled",
    [{"status": ["RUNNING"]}, {"name": None}, {"startDate": None}, {"error": 5}, {"redriveCount": "none"}],
    ids=str,
)
def test_an_answer_of_another_type_is_none(
    garbled: dict[str, object], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """It is asked for again, like one that is lost."""
    aws.fail("DescribeExecution", altered(**garbled))
    ends_with(run_job(**WAIT), Outcome.SUCCESS)


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_what_nobody_has_foreseen_has_a_result_too(
    level: str, aws: HostileEndpoint, run_job: Callable[..., Finished], tmp_path: Path
) -> None:
    """The stack is for DEBUG, and the execution is told of as last known."""
    (tmp_path / "sitecustomize.py").write_text("from job.schedule import Schedule; Schedule.gap = None")
    finished = run_job(**WAIT, SFN_LOG_LEVEL=level, PYTHONPATH=f"{tmp_path}:{ROOT}")
    document = ends_with(finished, Outcome.FAIL)
    assert "Unexpected TypeError" in document["status_description"]
    assert document["result"]["name"] in aws.executions
    assert ("Traceback" in finished.stderr) is (level == "DEBUG")


# 2


@pytest.mark.parametrize(
    "fault",
    [
        unrecognized_client(),
        expired_token(),
        invalid_signature(),
        error("MissingAuthenticationTokenException"),
        error("IncompleteSignatureException"),
        error("RequestExpired"),
    ],
    ids=lambda fault: fault.name,
)
def test_a_refused_account_is_not_asked_for_twice(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """What says that AWS doesn't know the caller is exit 2, in the contract's words, after one request."""
    aws.fail("StartExecution", fault, times=None)
    document = ends_with(run_job(), Outcome.AUTHENTICATION_ERROR)
    assert document["status_description"] == "AUTHENTICATION_ERROR: Account cannot be authenticated."
    assert reached_nothing(document)
    assert aws.count("StartExecution") == 1


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"},
        {"AWS_PROFILE": "nobody"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/credentials"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r"},
    ],
    ids=["none", "only a key id", "unknown profile", "silent container endpoint", "web identity without token"],
)
def test_credentials_that_can_not_be_had_are_an_authentication_error(
    variables: dict[str, str], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Without whole credentials nothing is sent, and the exit status is 2."""
    document = ends_with(run_job(SFN_RETRY_WINDOW="0", **NO_CREDENTIALS, **variables), Outcome.AUTHENTICATION_ERROR)
    assert reached_nothing(document)
    assert aws.requests == []


def test_expired_credentials_end_a_wait_with_the_result_as_last_known(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Keys that can't be renewed and expire in the wait are exit 2; that an execution was started stays said."""
    aws.plan(duration=None)
    aws.fail("DescribeExecution", expired_token(), skip=1, times=None)
    document = ends_with(run_job(**WAIT), Outcome.AUTHENTICATION_ERROR)
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"


# 3


@pytest.mark.parametrize(
    "fault",
    [
        access_denied(),
        error("KmsAccessDeniedException", message="The role may not use the key."),
        error("OptInRequired", 403),
        error("AccessDenied", 403),
    ],
    ids=lambda fault: fault.name,
)
def test_a_denied_start_is_an_authorization_error(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """What says that the caller is known but not allowed is exit 3 after one request, and names the operation."""
    aws.fail("StartExecution", fault, times=None)
    document = ends_with(run_job(), Outcome.AUTHORIZATION_ERROR)
    assert "StartExecution" in document["status_description"]
    assert reached_nothing(document)
    assert aws.count("StartExecution") == 1


def test_the_missing_permission_is_named(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """The sentence carries AWS's own words, which say what to allow to whom."""
    aws.allow([])
    document = ends_with(run_job(), Outcome.AUTHORIZATION_ERROR)
    assert "states:StartExecution" in document["status_description"]


def test_a_denied_check_ends_the_wait_at_once(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """A permission missing in the wait is exit 3 with the result as last known, for the execution was triggered."""
    aws.plan(duration=None)
    aws.allow(["states:StartExecution"])
    document = ends_with(run_job(**WAIT), Outcome.AUTHORIZATION_ERROR)
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"
    assert document["result"]["executionArn"] in {execution.arn for execution in aws.executions.values()}
    assert "states:DescribeExecution" in document["status_description"]
    assert aws.count("DescribeExecution") == 1


# 10


@pytest.mark.parametrize(
    "fault",
    [
        internal_failure(),
        service_unavailable(),
        throttling(),
        error("ThrottledException"),
        error("TooManyRequestsException", 429),
        page(502),
        page(503, ""),
        page(404, "<html>no such page here</html>"),
        page(200),
        empty(),
        garbage(),
        json_without_fields(),
        redirect("http://127.0.0.1:1/"),
        cut_before(),
        reset(),
    ],
    ids=lambda fault: fault.name,
)
def test_an_endpoint_that_never_answers_as_aws_is_a_connection_error(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Failing, throttling or answering with something that isn't AWS's past the window is exit 10, nothing started."""
    aws.fail("StartExecution", fault, times=None)
    document = ends_with(run_job(SFN_RETRY_WINDOW="0.3"), Outcome.CONNECTION_ERROR)
    assert reached_nothing(document)
    assert aws.started == 0


@pytest.mark.parametrize("fault", [hang_before(), drip(2)], ids=lambda fault: fault.name)
def test_an_answer_that_does_not_come_in_time_is_a_connection_error(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Neither silence nor an answer byte by byte holds the job longer than its timeouts, for any request."""
    aws.fail("*", fault, times=None)
    began = time.monotonic()
    ends_with(
        run_job(SFN_RETRY_WINDOW="0", SFN_READ_TIMEOUT="0.5", SFN_CONNECT_TIMEOUT="0.5"), Outcome.CONNECTION_ERROR
    )
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("host", ["127.0.0.1", "sfn-job.invalid"], ids=["refused", "no name"])
def test_an_endpoint_that_is_not_there_is_a_connection_error(host: str, run_job: Callable[..., Finished]) -> None:
    """A refused connection and a name that doesn't exist are exit 10 once the window has passed."""
    url = f"http://{host}:{free_port()}"
    document = ends_with(run_job(AWS_ENDPOINT_URL=url, SFN_RETRY_WINDOW="0.3"), Outcome.CONNECTION_ERROR)
    assert reached_nothing(document)


# 20: what is found before anything is sent is in test_validation.py


def test_a_state_machine_that_does_not_exist_is_a_wrong_variable(
    run_locally: Callable[..., Finished], machines: dict[str, str]
) -> None:
    """AWS finds it out, and the exit status is that of validation."""
    document = ends_with(run_locally(machines["greet"] + "-not", **WAIT), Outcome.DATA_VALIDATION_ERROR)
    assert reached_nothing(document)
    assert "StateMachineDoesNotExist" in document["status_description"]


@pytest.mark.parametrize(
    "code",
    [
        "InvalidArn",
        "InvalidName",
        "StateMachineDeleting",
        "StateMachineTypeNotSupported",
        "ValidationException",
    ],
)
def test_what_aws_finds_wrong_is_a_wrong_variable(
    code: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """A value that AWS refuses is exit 20 after one request, with AWS's reason."""
    aws.fail("StartExecution", error(code, message="the reason that AWS gives"), times=None)
    document = ends_with(run_job(), Outcome.DATA_VALIDATION_ERROR)
    assert reached_nothing(document)
    assert code in document["status_description"]
    assert "the reason that AWS gives" in document["status_description"]
    assert aws.count("StartExecution") == 1


def test_an_execution_deleted_in_the_wait_ends_it_with_what_was_last_known(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """With its state machine the execution goes, and no outcome of it can be learned any more."""
    aws.plan(duration=1.0, deletes_itself=True)
    document = ends_with(run_job(**WAIT), Outcome.DATA_VALIDATION_ERROR)
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"
    assert "ExecutionDoesNotExist" in document["status_description"]
    assert "goes on" not in document["status_description"]


# 23, 24, 25


def test_a_failed_execution_is_reported_with_the_state_that_failed(run_locally: Callable[..., Finished]) -> None:
    """FAILED is exit 23; result, sentence and last log line say in which state and why."""
    finished = run_locally("reject", **WAIT)
    document = ends_with(finished, Outcome.EXECUTION_FAILED)
    result = document["result"]
    assert (result["status"], result["error"], result["cause"]) == ("FAILED", "Orders.OutOfStock", "no more of these")
    assert result["failedState"] == {
        "name": "Reject",
        "type": "Fail",
        "error": "Orders.OutOfStock",
        "cause": "no more of these",
    }
    assert document["changed"] is True
    for told in (document["status_description"], finished.stderr.splitlines()[-1]):
        assert all(fact in told for fact in ("Reject", "Orders.OutOfStock", "no more of these"))


def test_a_failed_task_names_its_resource(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """`failedState` has all five keys where the history has them."""
    aws.plan(status="FAILED", error="Boom", cause="it went off")
    document = ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)
    failed_state = document["result"]["failedState"]
    assert list(failed_state) == ["name", "type", "error", "cause", "resource"]
    assert (failed_state["name"], failed_state["type"], failed_state["error"]) == ("Work", "Task", "Boom")


def test_a_history_that_can_not_be_read_leaves_the_outcome_as_it_is(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """FAILED stays exit 23 without permission for the history; error and cause come from DescribeExecution."""
    aws.plan(status="FAILED", error="Boom", cause="it went off")
    aws.allow(["states:StartExecution", "states:DescribeExecution"])
    finished = run_job(**WAIT)
    document = ends_with(finished, Outcome.EXECUTION_FAILED)
    assert (document["result"]["error"], document["result"]["cause"]) == ("Boom", "it went off")
    assert "failedState" not in document["result"]
    assert any(event["level"] == "WARNING" and "GetExecutionHistory" in str(event) for event in finished.events)


def test_an_execution_that_somebody_stops_is_aborted(
    start_locally: Callable[..., Job], localstack: LocalStack, machines: dict[str, str]
) -> None:
    """ABORTED is exit 24, with the error and cause that whoever stopped it gave."""
    job = start_locally("linger", SFN_EXECUTION_NAME="stopped-by-another", **WAIT)
    arn = machines["linger"].replace(":stateMachine:", ":execution:") + ":stopped-by-another-1"
    eventually(lambda: localstack.is_in_a_state(arn), "the execution is there to be stopped")
    localstack.client("stepfunctions").stop_execution(executionArn=arn, error="Operator", cause="maintenance")
    document = ends_with(job.finish(), Outcome.EXECUTION_ABORTED)
    assert document["result"]["status"] == "ABORTED"
    assert (document["result"]["error"], document["result"]["cause"]) == ("Operator", "maintenance")


def test_an_execution_that_times_out_is_no_success(run_locally: Callable[..., Finished]) -> None:
    """TIMED_OUT is exit 25; a definition's own timeout belongs to the running state as far as the history tells."""
    document = ends_with(run_locally("expire", **WAIT), Outcome.EXECUTION_TIMED_OUT)
    assert document["result"]["status"] == "TIMED_OUT"
    assert document["changed"] is True


def test_the_error_of_a_timeout_is_read_from_the_history(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """DescribeExecution doesn't have the error of a TIMED_OUT execution, and the history does."""
    aws.plan(status="TIMED_OUT", error="States.Timeout", cause="too slow")
    document = ends_with(run_job(**WAIT), Outcome.EXECUTION_TIMED_OUT)
    assert (document["result"]["error"], document["result"]["cause"]) == ("States.Timeout", "too slow")
    assert "States.Timeout" in document["status_description"]


# 26


@pytest.mark.parametrize("seconds", ["1", "0"])
def test_giving_up_the_wait_leaves_the_execution_running(
    seconds: str, run_locally: Callable[..., Finished], localstack: LocalStack
) -> None:
    """SFN_WAIT_TIMEOUT is exit 26; what was started goes on, and the sentence says so."""
    document = ends_with(run_locally("linger", SFN_WAIT_TIMEOUT=seconds, **WAIT), Outcome.WAIT_TIMEOUT)
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"
    assert "SFN_WAIT_TIMEOUT" in document["status_description"]
    assert _status(localstack, document) == "RUNNING"


def test_an_execution_that_ends_in_time_knows_no_timeout(run_locally: Callable[..., Finished]) -> None:
    """SFN_WAIT_TIMEOUT changes nothing for an execution that ends before it."""
    ends_with(run_locally("greet", SFN_WAIT_TIMEOUT="60", **WAIT), Outcome.SUCCESS)


# 143 and 130


def _ended(job: Job, number: signal.Signals) -> Finished:
    """Send the signal, and return the job that it ended promptly."""
    began = time.monotonic()
    job.send(number)
    finished = job.finish()
    assert time.monotonic() - began < PROMPTLY
    return finished


def test_sigterm_ends_the_wait_and_leaves_the_execution_running(
    start_locally: Callable[..., Job], localstack: LocalStack
) -> None:
    """SIGTERM is exit 143 with the result as last known."""
    job = start_locally("linger", **WAIT)
    assert job.process.stderr
    job.process.stderr.readline()  # "started"
    job.send(signal.SIGTERM)
    stdout, _ = job.process.communicate(timeout=PROMPTLY)
    document = Finished(job.process.returncode, stdout.decode(), "").document
    assert (job.process.returncode, document["exit_code"]) == (Outcome.TERMINATED, Outcome.TERMINATED)
    assert document["changed"] is True
    assert _status(localstack, document) == "RUNNING"


def test_sigint_ends_the_wait(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """SIGINT is exit 130 with the result as last known, and no traceback of a KeyboardInterrupt."""
    aws.plan(duration=None)
    job = start_job(**WAIT)
    aws.wait_for("DescribeExecution")
    finished = _ended(job, signal.SIGINT)
    document = ends_with(finished, Outcome.INTERRUPTED)
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"
    assert "Traceback" not in finished.stderr


def test_a_signal_ends_a_long_sleep_between_two_checks(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """No further check happens between the signal and the end, however long the gap still was."""
    aws.plan(duration=None)
    aws.fail("DescribeExecution", throttling())  # the next check is five seconds away, or more
    job = start_job(SFN_POLLING_INTERVAL="3600", **WAIT)
    aws.wait_for("DescribeExecution")
    ends_with(_ended(job, signal.SIGTERM), Outcome.TERMINATED)
    assert aws.count("DescribeExecution") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_check_that_hangs(
    number: signal.Signals, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """A request whose answer doesn't come is no reason to let the signal wait."""
    aws.plan(duration=None)
    aws.fail("DescribeExecution", hang_before(), times=None)
    job = start_job(**WAIT)
    aws.wait_for("DescribeExecution")
    finished = _ended(job, number)
    document = (
        ends_with(finished, Outcome.TERMINATED)
        if number is signal.SIGTERM
        else ends_with(finished, Outcome.INTERRUPTED)
    )
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"


def test_a_signal_during_retries_of_the_start_ends_them(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """While AWS fails, SIGTERM ends the attempts; nothing was started."""
    aws.fail("StartExecution", service_unavailable(), times=None)
    job = start_job(SFN_RETRY_WINDOW="600")
    aws.wait_for("StartExecution", 2)
    document = ends_with(_ended(job, signal.SIGTERM), Outcome.TERMINATED)
    assert reached_nothing(document)


@pytest.mark.parametrize("fault", [hang_after(1.0), hang_after()], ids=["answered late", "never answered"])
def test_a_signal_during_the_start_reports_what_was_started(
    fault: Fault, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """An execution that AWS began although its answer was still out belongs in the result: it runs, and costs."""
    aws.plan(duration=None)
    aws.fail("StartExecution", fault)
    job = start_job(**WAIT)
    aws.wait_for("StartExecution")
    document = ends_with(_ended(job, signal.SIGTERM), Outcome.TERMINATED)
    assert aws.started == 1
    assert document["changed"] is True
    assert document["result"]["executionArn"] in {execution.arn for execution in aws.executions.values()}


def test_a_signal_during_a_start_that_never_happened_reports_nothing(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """Where AWS didn't begin an execution the result doesn't claim one."""
    aws.fail("StartExecution", hang_before())
    job = start_job(**WAIT)
    aws.wait_for("StartExecution")
    document = ends_with(_ended(job, signal.SIGTERM), Outcome.TERMINATED)
    assert reached_nothing(document)


# The table


def test_every_outcome_is_produced_here() -> None:
    """Each member of the table of outcomes stands in an `ends_with` of this file, but the proxy's."""
    calls = [node for node in ast.walk(ast.parse(Path(__file__).read_text())) if isinstance(node, ast.Call)]
    produced = {
        call.args[1].attr
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "ends_with" and isinstance(call.args[1], ast.Attribute)
    }
    assert produced == {outcome.name for outcome in Outcome} - {"PROXY_ERROR"}


def _describe(localstack: LocalStack, document: dict[str, Any]) -> dict[str, Any]:
    arn = document["result"]["executionArn"]
    described: dict[str, Any] = localstack.client("stepfunctions").describe_execution(executionArn=arn)
    return described


def _status(localstack: LocalStack, document: dict[str, Any]) -> str:
    status: str = _describe(localstack, document)["status"]
    return status
