"""Signals and time limits (contract 1 and 4): what becomes of the execution where the run ends before it."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from job.outcomes import Outcome
from tests.hostile import (
    Fault,
    HostileEndpoint,
    Plan,
    access_denied,
    cut_after,
    hang_after,
    hang_before,
    service_unavailable,
)
from tests.hostile.faults import altered
from tests.hostile.wire import Answer, Wire
from tests.support.localstack import LocalStack
from tests.support.process import Job, eventually
from tests.support.results import ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
NAME = {"SFN_EXECUTION_NAME": "nightly"}
STOP = {"SFN_ON_TERMINATE": "stop"}
QUICK = 4.0
"""Seconds within which a run that has nothing to wait for ends after a signal, on a machine that is busy."""

GRACE = 20.0
"""Seconds that stopping may take in all; Kubernetes and ECS kill after 30."""

LOOK = GRACE
"""Seconds within which a run whose start isn't answered has found out what became of it: nine by itself."""

SIGNALS = pytest.mark.parametrize(
    ("number", "outcome"), [(signal.SIGTERM, Outcome.TERMINATED), (signal.SIGINT, Outcome.INTERRUPTED)]
)


def by_name(fault: Fault) -> str:
    return fault.name


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail where the block takes longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.fixture
def waiting(aws: HostileEndpoint, start_job: Callable[..., Job]) -> Callable[..., Job]:
    """Start the job on an execution that doesn't end by itself, and return it when it waits for that."""

    def start(**variables: str) -> Job:
        aws.plan(duration=None)
        job = start_job(**NAME, **WAIT, **variables)
        aws.wait_for("DescribeExecution")
        return job

    return start


# The signal comes during the wait


@SIGNALS
def test_a_signal_stops_the_execution_where_the_run_was_told_so(
    number: signal.Signals, outcome: Outcome, aws: HostileEndpoint, waiting: Callable[..., Job]
) -> None:
    """AWS gets an error and a cause that name us, and the result says ABORTED."""
    job = waiting(**STOP)
    job.send(number)
    with within(QUICK):
        document = ends_with(job.finish(), outcome)
    stopped = aws.executions["nightly-1"].stopped
    assert stopped is not None
    assert stopped.error == "SfnJob.Terminated"
    assert "sfn-job" in str(stopped.cause)
    assert number.name in str(stopped.cause)
    result = document["result"]
    assert (result["status"], result["error"], result["cause"]) == ("ABORTED", stopped.error, stopped.cause)
    assert "stopDate" in result
    assert document["changed"] is True


@SIGNALS
@pytest.mark.parametrize("told", [{}, {"SFN_ON_TERMINATE": "leave"}], ids=["default", "leave"])
def test_a_signal_leaves_the_execution_alone_otherwise(
    told: dict[str, str], number: signal.Signals, outcome: Outcome, aws: HostileEndpoint, waiting: Callable[..., Job]
) -> None:
    """It goes on, and the sentence says so."""
    job = waiting(**told)
    job.send(number)
    with within(QUICK):
        document = ends_with(job.finish(), outcome)
    assert aws.count("StopExecution") == 0
    assert aws.executions["nightly-1"].running
    assert document["result"]["status"] == "RUNNING"
    assert document["status_description"].endswith("The execution nightly-1 goes on.")


def test_a_stop_whose_end_nobody_shows_is_not_denied(aws: HostileEndpoint, waiting: Callable[..., Job]) -> None:
    """AWS has taken the request: that the execution goes on would be a lie."""
    job = waiting(**STOP)
    aws.fail("DescribeExecution", hang_before(), times=None)
    eventually(lambda: aws.requests[-1].answered == "hang_before", "the job hangs in a look")
    job.send(signal.SIGTERM)
    finished = job.finish()
    document = ends_with(finished, Outcome.TERMINATED)
    assert document["status_description"].endswith("The execution nightly-1 was told to stop.")
    assert "the end of the execution can't be seen" in [event["message"] for event in finished.events]
    assert aws.executions["nightly-1"].stopped


def test_a_resumed_execution_is_stopped_too(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """Whichever process of the run started it, it is the run's."""
    aws.seed("nightly-1", "RUNNING", started=time.time() - 60)
    job = start_job(SFN_RERUN="resume", **NAME, **WAIT, **STOP)
    aws.wait_for("DescribeExecution", 3)
    job.send(signal.SIGTERM)
    result = ends_with(job.finish(), Outcome.TERMINATED)["result"]
    assert (result["status"], result["resumed"]) == ("ABORTED", True)


def test_an_execution_that_ends_by_itself_in_that_moment_is_reported_as_it_ended(
    aws: HostileEndpoint, waiting: Callable[..., Job]
) -> None:
    """The signal decides the exit status, and AWS the status in the result."""
    job = waiting(**STOP)
    aws.fail("DescribeExecution", hang_before())
    eventually(lambda: aws.requests[-1].answered == "hang_before", "the job hangs in a look")
    aws.executions["nightly-1"].plan = Plan(duration=0.0)
    job.send(signal.SIGTERM)
    result = ends_with(job.finish(), Outcome.TERMINATED)["result"]
    assert (result["status"], result["output"]) == ("SUCCEEDED", '{"ok":true}')


@pytest.mark.parametrize("fault", [service_unavailable(), cut_after(), service_unavailable(done=True)], ids=by_name)
def test_stopping_rides_out_passing_faults(fault: Fault, aws: HostileEndpoint, waiting: Callable[..., Job]) -> None:
    """Within the grace it is tried again."""
    job = waiting(**STOP)
    aws.fail("StopExecution", fault, times=2)
    job.send(signal.SIGTERM)
    assert ends_with(job.finish(), Outcome.TERMINATED)["result"]["status"] == "ABORTED"


def test_an_execution_whose_end_shows_late_is_looked_at_until_then(
    aws: HostileEndpoint, waiting: Callable[..., Job]
) -> None:
    """AWS may say that it runs a moment after it was stopped."""

    def carry_out(wire: Wire, answer: Answer) -> None:
        aws.fail("DescribeExecution", altered(status="RUNNING", stopDate=None), times=2)
        wire.send(answer)

    job = waiting(**STOP)
    aws.fail("StopExecution", Fault("shown late", done=True, play=carry_out))
    job.send(signal.SIGTERM)
    assert ends_with(job.finish(), Outcome.TERMINATED)["result"]["status"] == "ABORTED"


def test_without_permission_to_stop_the_execution_goes_on(aws: HostileEndpoint, waiting: Callable[..., Job]) -> None:
    """A warning says why, and the result what is known."""
    job = waiting(**STOP)
    aws.fail("StopExecution", access_denied(), times=None)
    job.send(signal.SIGTERM)
    with within(QUICK):
        finished = job.finish()
    document = ends_with(finished, Outcome.TERMINATED)
    assert document["result"]["status"] == "RUNNING"
    assert document["status_description"].endswith("The execution nightly-1 goes on.")
    (warning,) = [event for event in finished.events if event["level"] == "WARNING"]
    assert warning["message"] == "the execution can't be stopped"
    assert "StopExecution was denied" in warning["reason"]


def test_stopping_that_hangs_ends_with_the_grace(aws: HostileEndpoint, waiting: Callable[..., Job]) -> None:
    """Before the platform kills, so that the result is still written."""
    job = waiting(**STOP)
    aws.fail("StopExecution", hang_before(), times=None)
    job.send(signal.SIGTERM)
    with within(GRACE + QUICK):
        finished = job.finish()
    assert ends_with(finished, Outcome.TERMINATED)["result"]["status"] == "RUNNING"
    assert "the execution can't be stopped" in [event["message"] for event in finished.events]


@pytest.mark.parametrize("fault", [hang_before(), service_unavailable()], ids=by_name)
def test_a_second_signal_ends_stopping_at_once(fault: Fault, aws: HostileEndpoint, waiting: Callable[..., Job]) -> None:
    """The first one's number stays the exit status."""
    job = waiting(**STOP)
    aws.fail("StopExecution", fault, times=None)
    job.send(signal.SIGTERM)
    aws.wait_for("StopExecution")
    job.send(signal.SIGINT)
    with within(QUICK):
        document = ends_with(job.finish(), Outcome.TERMINATED)
    assert document["result"]["status"] == "RUNNING"


# The time limit


def test_the_wait_timeout_stops_the_execution_where_the_run_was_told_so(
    aws: HostileEndpoint, waiting: Callable[..., Job]
) -> None:
    """AWS gets an error and a cause that say why."""
    document = ends_with(waiting(SFN_WAIT_TIMEOUT="1", SFN_ON_WAIT_TIMEOUT="stop").finish(), Outcome.WAIT_TIMEOUT)
    stopped = aws.executions["nightly-1"].stopped
    assert stopped is not None
    assert stopped.error == "SfnJob.WaitTimeout"
    assert "SFN_WAIT_TIMEOUT" in str(stopped.cause)
    assert document["result"]["status"] == "ABORTED"
    assert document["status_description"].endswith("The execution nightly-1 was stopped.")


@pytest.mark.parametrize("told", [{}, {"SFN_ON_WAIT_TIMEOUT": "leave"}, STOP], ids=["default", "leave", "on signals"])
def test_the_wait_timeout_leaves_the_execution_alone_otherwise(
    told: dict[str, str], aws: HostileEndpoint, waiting: Callable[..., Job]
) -> None:
    """SFN_ON_TERMINATE is about signals only."""
    document = ends_with(waiting(SFN_WAIT_TIMEOUT="1", **told).finish(), Outcome.WAIT_TIMEOUT)
    assert aws.count("StopExecution") == 0
    assert document["result"]["status"] == "RUNNING"


def test_a_signal_is_not_the_wait_timeout(aws: HostileEndpoint, waiting: Callable[..., Job]) -> None:
    """SFN_ON_WAIT_TIMEOUT is about the limit only."""
    job = waiting(SFN_WAIT_TIMEOUT="60", SFN_ON_WAIT_TIMEOUT="stop")
    job.send(signal.SIGTERM)
    assert ends_with(job.finish(), Outcome.TERMINATED)["result"]["status"] == "RUNNING"
    assert aws.count("StopExecution") == 0


def test_a_signal_while_the_wait_timeout_stops_does_not_keep_it_from_that(
    aws: HostileEndpoint, waiting: Callable[..., Job]
) -> None:
    """The limit had passed first: 26, and stopped."""
    aws.fail("StopExecution", hang_after(1.0))
    job = waiting(SFN_WAIT_TIMEOUT="1", SFN_ON_WAIT_TIMEOUT="stop")
    aws.wait_for("StopExecution")
    job.send(signal.SIGTERM)
    assert ends_with(job.finish(), Outcome.WAIT_TIMEOUT)["result"]["status"] == "ABORTED"


# The signal comes before the start's answer


@SIGNALS
@pytest.mark.parametrize("named", [NAME, {}, {"SFN_RUN_ID": "a-run"}], ids=["name", "own name", "run id"])
def test_a_start_that_did_not_happen_is_said_not_to_have(
    named: dict[str, str],
    number: signal.Signals,
    outcome: Outcome,
    aws: HostileEndpoint,
    start_job: Callable[..., Job],
) -> None:
    """Found out within seconds, and no doubt is left in the sentence."""
    aws.fail("StartExecution", hang_before())
    job = start_job(**named, **STOP)
    aws.wait_for("StartExecution")
    job.send(number)
    with within(LOOK):
        document = ends_with(job.finish(), outcome)
    assert reached_nothing(document)
    assert "may have been started" not in document["status_description"]
    assert (aws.started, aws.count("StopExecution")) == (0, 0)


@SIGNALS
@pytest.mark.parametrize("named", [NAME, {}, {"SFN_RUN_ID": "a-run"}], ids=["name", "own name", "run id"])
def test_a_start_that_happened_is_found(
    named: dict[str, str],
    number: signal.Signals,
    outcome: Outcome,
    aws: HostileEndpoint,
    start_job: Callable[..., Job],
) -> None:
    """The result has the execution, which goes on."""
    aws.plan(duration=None)
    aws.fail("StartExecution", hang_after())
    job = start_job(**named)
    aws.wait_for("StartExecution")
    job.send(number)
    with within(LOOK):
        document = ends_with(job.finish(), outcome)
    assert document["changed"] is True
    assert (document["result"]["status"], document["result"]["resumed"]) == ("RUNNING", False)
    assert document["status_description"].endswith("goes on.")
    assert aws.started == 1


def test_a_start_that_happened_is_stopped_where_the_run_was_told_so(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """First it is found, then stopped, all within the platform's patience."""
    aws.plan(duration=None)
    aws.fail("StartExecution", hang_after())
    job = start_job(**NAME, **WAIT, **STOP)
    aws.wait_for("StartExecution")
    job.send(signal.SIGTERM)
    with within(LOOK + QUICK):
        document = ends_with(job.finish(), Outcome.TERMINATED)
    assert document["result"]["status"] == "ABORTED"
    assert not aws.executions["nightly-1"].running


def test_a_start_that_aws_does_not_show_yet_is_not_said_not_to_have_happened(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """DescribeExecution may be some seconds behind: it is asked again, or a doubt is left."""
    aws.plan(duration=None)
    aws.describe_lag = 7.0
    aws.fail("StartExecution", hang_after())
    job = start_job(**NAME)
    aws.wait_for("StartExecution")
    job.send(signal.SIGTERM)
    document = ends_with(job.finish(), Outcome.TERMINATED)
    assert document["changed"] or "may have been started" in document["status_description"]
    assert "nightly-1" in document["status_description"]


@pytest.mark.parametrize(("told", "status"), [({}, "RUNNING"), (STOP, "ABORTED")], ids=["leave", "stop"])
def test_an_answer_within_the_grace_is_taken(
    told: dict[str, str], status: str, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """A late one, but there: nothing need be looked up."""
    aws.plan(duration=None)
    aws.fail("StartExecution", hang_after(2.0))
    job = start_job(**NAME, **WAIT, **told)
    aws.wait_for("StartExecution")
    job.send(signal.SIGTERM)
    assert ends_with(job.finish(), Outcome.TERMINATED)["result"]["status"] == status


def test_a_run_that_does_not_wait_stops_what_it_started_too(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """The signal came before the run was over, so it is ended by it, and does with the execution as it was told."""
    aws.plan(duration=None)
    aws.fail("StartExecution", hang_after(2.0))
    job = start_job(**NAME, **STOP)
    aws.wait_for("StartExecution")
    job.send(signal.SIGTERM)
    assert ends_with(job.finish(), Outcome.TERMINATED)["result"]["status"] == "ABORTED"


def test_a_second_signal_does_not_wait_for_the_starts_answer(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """Then the doubt is all that can be told."""
    aws.fail("StartExecution", hang_after())
    job = start_job(**NAME)
    aws.wait_for("StartExecution")
    job.send(signal.SIGTERM)
    job.send(signal.SIGINT)
    with within(QUICK):
        finished = job.finish()
    # Of two that are pending at once, the kernel decides which is handled first.
    first = Outcome.TERMINATED if finished.code == Outcome.TERMINATED else Outcome.INTERRUPTED
    document = ends_with(finished, first)
    assert "The execution nightly-1 may have been started" in document["status_description"]


@pytest.mark.parametrize("operation", ["ListExecutions", "DescribeExecution"])
def test_a_signal_while_earlier_executions_are_looked_for_ends_at_once(
    operation: str, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """Nothing was begun, so there is nothing to find out or to stop."""
    aws.seed("nightly-1", started=time.time() - 60)
    aws.fail(operation, hang_before())
    job = start_job(SFN_RERUN="resume", **NAME, **STOP)
    aws.wait_for(operation)
    job.send(signal.SIGTERM)
    with within(QUICK):
        document = ends_with(job.finish(), Outcome.TERMINATED)
    assert reached_nothing(document)
    assert (aws.started, aws.count("StopExecution")) == (0, 0)


@pytest.mark.parametrize("told", [{}, STOP], ids=["leave", "stop"])
def test_a_redrive_whose_answer_is_missing_at_a_signal_is_not_forgotten(
    told: dict[str, str], aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """It was carried out: the result, or at least the sentence, has the execution; stopped where told so."""
    aws.seed("nightly-1", "FAILED", started=time.time() - 60, error="Boom")
    aws.plan(duration=None)
    aws.fail("RedriveExecution", hang_after())
    job = start_job(SFN_RERUN="redrive", **NAME, **WAIT, **told)
    aws.wait_for("RedriveExecution")
    job.send(signal.SIGTERM)
    with within(LOOK + QUICK):
        document = ends_with(job.finish(), Outcome.TERMINATED)
    assert "nightly-1" in document["status_description"]
    assert aws.executions["nightly-1"].running is not bool(told)


# The signal comes after the end


@SIGNALS
def test_a_signal_while_the_history_is_read_keeps_the_executions_end(
    number: signal.Signals, outcome: Outcome, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """The run knows how it ended: 23, though not in which state."""
    aws.plan(0.2, "FAILED", error="Boom", cause="as planned")
    aws.fail("GetExecutionHistory", hang_before())
    job = start_job(**NAME, **WAIT, **STOP)
    aws.wait_for("GetExecutionHistory")
    job.send(number)
    with within(QUICK):
        document = ends_with(job.finish(), Outcome.EXECUTION_FAILED)
    assert (document["result"]["error"], document["result"]["cause"]) == ("Boom", "as planned")
    assert aws.count("StopExecution") == 0
    assert document["exit_code"] != outcome


# A real one


def test_localstack_aborts_what_is_stopped(
    localstack: LocalStack, machines: dict[str, str], start_locally: Callable[..., Job]
) -> None:
    """StopExecution as it is implemented there."""
    job = start_locally("linger", SFN_EXECUTION_NAME="to-be-stopped", **WAIT, **STOP)
    arn = machines["linger"].replace(":stateMachine:", ":execution:") + ":to-be-stopped-1"
    eventually(lambda: localstack.is_in_a_state(arn), "the execution runs")
    job.send(signal.SIGTERM)
    result = ends_with(job.finish(), Outcome.TERMINATED)["result"]
    described = localstack.client("stepfunctions").describe_execution(executionArn=arn)
    assert result["status"] == described["status"] == "ABORTED"
