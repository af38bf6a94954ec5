"""The requests about executions: what AWS is sent, and what is made of its answers."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest
from botocore.credentials import Credentials

from job import executions
from job.aws.api import Api
from job.errors import AnswerLost, ExecutionNameTaken, ExecutionNotFound, ExecutionNotRedrivable
from job.execution import Execution
from job.signals import Stop
from tests.hostile import HostileEndpoint, json_without_fields
from tests.hostile.faults import altered
from tests.integration.test_hostile import Clock, client

TRACE = "Root=1-67891233-abcdef012345678912345678"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(clock: Clock) -> Iterator[HostileEndpoint]:
    with HostileEndpoint(clock=clock) as endpoint:
        yield endpoint


@pytest.fixture
def api(aws: HostileEndpoint) -> Api:
    sfn = client(aws)
    return Api(sfn, lambda *_, **__: sfn, Credentials("AKIDEXAMPLE", "secret"), Stop(), 30.0)


def arn_of(aws: HostileEndpoint, name: str) -> str:
    return aws.executions[name].arn


@pytest.mark.parametrize("qualifier", ["", ":3", ":PROD"])
def test_an_execution_is_started_as_asked(aws: HostileEndpoint, api: Api, clock: Clock, qualifier: str) -> None:
    """Under its name, with its input and trace header; it belongs to the state machine without version or alias."""
    started, answer = executions.start(api, aws.state_machine_arn + qualifier, "run-1", "[1.50]", TRACE)
    assert aws.requests[-1].body == {
        "stateMachineArn": aws.state_machine_arn + qualifier,
        "name": "run-1",
        "input": "[1.50]",
        "traceHeader": TRACE,
    }
    assert started == Execution(
        execution_arn=arn_of(aws, "run-1"),
        state_machine_arn=aws.state_machine_arn,
        name="run-1",
        status="RUNNING",
        start_date=clock.date,
    )
    assert answer.body["executionArn"] == started.execution_arn
    unknown = {name for name, value in asdict(started).items() if value is None}
    assert unknown >= {"stop_date", "input", "output", "output_details", "error", "cause", "redrive_date"}


def test_what_is_not_given_is_not_sent(aws: HostileEndpoint, api: Api) -> None:
    """AWS has its own idea of an execution without input; an empty one would be another thing."""
    executions.start(api, aws.state_machine_arn, "run-1", None, None)
    assert aws.requests[-1].body == {"stateMachineArn": aws.state_machine_arn, "name": "run-1"}
    executions.start_sync(api, aws.add_state_machine("quick", "EXPRESS"), "run-1", None, None)
    assert set(aws.requests[-1].body) == {"stateMachineArn", "name"}


def test_a_start_is_idempotent_while_the_execution_runs(aws: HostileEndpoint, api: Api) -> None:
    """The same execution comes back; another input of that name is refused."""
    first, _ = executions.start(api, aws.state_machine_arn, "run-1", "{}", None)
    again, _ = executions.start(api, aws.state_machine_arn, "run-1", "{}", None)
    assert (again, aws.started) == (first, 1)
    with pytest.raises(ExecutionNameTaken):
        executions.start(api, aws.state_machine_arn, "run-1", "[]", None)


def test_an_express_execution_comes_back_as_it_has_ended(aws: HostileEndpoint, api: Api, clock: Clock) -> None:
    """With what it cost; it belongs to the state machine without version or alias."""
    aws.plan(duration=0.0)
    machine = aws.add_state_machine("quick", "EXPRESS")
    ended = executions.start_sync(api, f"{machine}:PROD", "run-1", "[1.50]", TRACE)
    assert aws.requests[-1].body == {
        "stateMachineArn": f"{machine}:PROD",
        "name": "run-1",
        "input": "[1.50]",
        "traceHeader": TRACE,
    }
    assert ended == Execution(
        execution_arn=arn_of(aws, "run-1"),
        state_machine_arn=machine,
        name="run-1",
        status="SUCCEEDED",
        start_date=clock.date,
        stop_date=clock.date,
        input="[1.50]",
        output='{"ok":true}',
        output_details={"included": True},
        billing_details={"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 0},
    )


def test_an_execution_is_described_with_all_that_aws_tells(aws: HostileEndpoint, api: Api, clock: Clock) -> None:
    """A succeeded one with its output, a failed one with its error, a redriven one with when and how often."""
    aws.seed("fine", input="[1]")
    fine, answer = executions.describe(api, arn_of(aws, "fine"))
    assert fine == Execution(
        execution_arn=arn_of(aws, "fine"),
        state_machine_arn=aws.state_machine_arn,
        name="fine",
        status="SUCCEEDED",
        start_date=clock.date,
        stop_date=clock.date,
        input="[1]",
        output='{"ok":true}',
        output_details={"included": True},
    )
    assert answer.body["name"] == "fine"
    aws.seed("broken", "FAILED", error="Boom", cause="It broke.")
    aws.plan(duration=None)
    clock.now += 60
    executions.redrive(api, arn_of(aws, "broken"), "token")
    executions.stop(api, arn_of(aws, "broken"), "Job.Stopped", "Somebody stopped the job.")
    broken, _ = executions.describe(api, arn_of(aws, "broken"))
    assert (broken.status, broken.error, broken.cause) == ("ABORTED", "Job.Stopped", "Somebody stopped the job.")
    assert (broken.redrive_count, broken.redrive_date, broken.output) == (1, clock.date, None)


def test_an_execution_began_when_it_was_started_or_redriven_last(aws: HostileEndpoint, api: Api, clock: Clock) -> None:
    """By AWS's clock."""
    aws.seed("broken", "FAILED")
    started = clock.now
    assert executions.describe(api, arn_of(aws, "broken"))[0].began == started
    clock.now += 60
    executions.redrive(api, arn_of(aws, "broken"), "token")
    assert executions.describe(api, arn_of(aws, "broken"))[0].began == started + 60


def test_a_redrive_asked_for_twice_is_one(aws: HostileEndpoint, api: Api) -> None:
    """By its token; another token is another redrive, which a running execution refuses."""
    aws.seed("broken", "FAILED")
    aws.plan(duration=None)
    executions.redrive(api, arn_of(aws, "broken"), "token")
    executions.redrive(api, arn_of(aws, "broken"), "token")
    assert executions.describe(api, arn_of(aws, "broken"))[0].redrive_count == 1
    with pytest.raises(ExecutionNotRedrivable):
        executions.redrive(api, arn_of(aws, "broken"), "another")


def test_an_execution_that_nobody_started_is_not_found(aws: HostileEndpoint, api: Api) -> None:
    """As AWS says of a deleted one too."""
    aws.seed("run-1")
    with pytest.raises(ExecutionNotFound):
        executions.describe(api, arn_of(aws, "run-1") + "0")


def test_the_newest_names_come_first(aws: HostileEndpoint, api: Api, clock: Clock) -> None:
    """Up to a thousand, whatever version or alias they were started through, in one request."""
    for count in range(1002):
        aws.seed(f"run-{count}", started=clock.now - 1e6 + count)
    names = executions.newest_names(api, f"{aws.state_machine_arn}:PROD")
    assert names == [f"run-{count}" for count in range(1001, 1, -1)]
    assert aws.count("ListExecutions") == 1


REQUESTS: dict[str, tuple[Callable[..., Any], tuple[str, ...], list[str]]] = {
    "StartExecution": (executions.start, ("run-1", "{}", TRACE), ["executionArn", "startDate"]),
    "StartSyncExecution": (executions.start_sync, ("run-1", "{}", TRACE), ["executionArn", "status", "startDate"]),
    "DescribeExecution": (
        executions.describe,
        (),
        ["executionArn", "stateMachineArn", "status", "startDate"],
    ),
    "StopExecution": (executions.stop, ("error", "cause"), ["stopDate"]),
    "RedriveExecution": (executions.redrive, ("token",), ["redriveDate"]),
    "ListExecutions": (executions.newest_names, (), ["executions"]),
}


def test_a_name_that_is_left_out_is_the_arns(aws: HostileEndpoint, api: Api) -> None:
    """AWS may do that."""
    aws.seed("nightly-1", "SUCCEEDED")
    aws.fail("DescribeExecution", altered(name=None))
    arn = aws.executions["nightly-1"].arn
    assert executions.describe(api, arn)[0].name == "nightly-1"


@pytest.mark.parametrize("operation", REQUESTS)
def test_a_success_without_what_aws_always_sends_is_a_lost_answer(
    aws: HostileEndpoint, api: Api, operation: str
) -> None:
    """It may have been carried out; what lacks is named, all of it."""
    request, arguments, members = REQUESTS[operation]
    aws.fail(operation, json_without_fields())
    with pytest.raises(AnswerLost) as raised:
        request(api, aws.state_machine_arn, *arguments)
    assert ", ".join(members) in str(raised.value)
