"""The hostile endpoint keeps to what AWS documents, and its faults look to botocore as such faults do.

botocore talks to it over real sockets with its own retries off; time, where it matters, is a clock that the test moves.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from tests import hostile
from tests.hostile import Fault, HostileEndpoint
from tests.hostile.faults import altered

pytestmark = pytest.mark.timeout(60)

DAY = 24 * 3600
ROOT = Path(__file__).parents[2]
READ_TIMEOUT = 3.0
"""Seconds, in which also a busy machine answers what isn't meant to hang."""

SESSION = botocore.session.Session()  # one for all: it caches the service models
ROLE = "arn:aws:iam::123456789012:role/deep/path/runner"


class Clock:
    """Epoch seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.25

    def __call__(self) -> float:
        return self.now

    @property
    def date(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


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


def client(
    aws: HostileEndpoint,
    service: str = "stepfunctions",
    access_key: str = "AKIDEXAMPLE",
    session_token: str | None = None,
    **options: Any,
) -> Any:
    config = Config(retries={"total_max_attempts": 1}, read_timeout=READ_TIMEOUT, inject_host_prefix=False, proxies={})
    return SESSION.create_client(
        service,
        region_name="eu-west-1",
        endpoint_url=aws.url,
        aws_access_key_id=access_key,
        aws_secret_access_key="secret",
        aws_session_token=session_token,
        config=config,
        **options,
    )


def members(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def refusal(call: Any, **arguments: Any) -> str:
    """The code of the error that the call must raise."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def outcomes(sfn: Any, machine: str, requests: int) -> list[str]:
    """What so many requests ListExecutions come to: `ok`, or the error's code."""
    found = []
    for _ in range(requests):
        try:
            sfn.list_executions(stateMachineArn=machine)
            found.append("ok")
        except ClientError as error:
            found.append(error.response["Error"]["Code"])
    return found


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


# Starting


def test_same_name_and_input_while_running_is_the_same_execution(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """StartExecution is idempotent: the ARN and the original startDate, and nothing new begins."""
    aws.plan(duration=None)
    start = {"stateMachineArn": aws.state_machine_arn, "name": "once", "input": "{}"}
    first = sfn.start_execution(**start)
    clock.now += 60
    assert members(sfn.start_execution(**start)) == members(first)
    assert aws.started == 1


@pytest.mark.parametrize(
    ("status", "data"),
    [
        ("RUNNING", '{"other":1}'),
        ("SUCCEEDED", "{}"),
        ("FAILED", "{}"),
        ("TIMED_OUT", "{}"),
        ("ABORTED", '{"other":1}'),
    ],
)
def test_a_taken_name_is_refused(aws: HostileEndpoint, sfn: Any, status: Any, data: str) -> None:
    """Another input, or a closed execution, makes the name ExecutionAlreadyExists."""
    aws.seed("taken", status, input="{}")
    code = refusal(sfn.start_execution, stateMachineArn=aws.state_machine_arn, name="taken", input=data)
    assert (code, aws.started) == ("ExecutionAlreadyExists", 0)


@pytest.mark.parametrize(("days", "started"), [(89, 0), (91, 1)])
def test_a_name_is_free_again_after_90_days(
    aws: HostileEndpoint, sfn: Any, clock: Clock, days: int, started: int
) -> None:
    """The 90 days count from the close of the execution."""
    aws.seed("old", started=clock.now - days * DAY)
    with contextlib.suppress(sfn.exceptions.ExecutionAlreadyExists):
        sfn.start_execution(stateMachineArn=aws.state_machine_arn, name="old")
    assert aws.started == started


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"name": "with space"}, "InvalidName"),
        ({"name": "a/b"}, "InvalidName"),
        ({"name": "a:b"}, "InvalidName"),
        ({"name": "x" * 81}, "InvalidName"),
        ({"name": "tab\t"}, "InvalidName"),
        ({"input": "no json"}, "InvalidExecutionInput"),
        ({"input": "NaN"}, "InvalidExecutionInput"),
        ({"input": json.dumps("ä" * 131_072, ensure_ascii=False)}, "InvalidExecutionInput"),
        ({"stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:nope"}, "StateMachineDoesNotExist"),
        ({"stateMachineArn": "arn:aws:lambda:eu-west-1:123456789012:function:f"}, "InvalidArn"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_start_execution_refuses(aws: HostileEndpoint, sfn: Any, arguments: dict[str, str], code: str) -> None:
    """Names, inputs (in bytes of UTF-8) and ARNs are checked, and nothing begins."""
    assert refusal(sfn.start_execution, **{"stateMachineArn": aws.state_machine_arn} | arguments) == code
    assert aws.started == 0


@pytest.mark.parametrize(
    ("suffix", "qualified"),
    [
        ("", {}),
        (":3", {"stateMachineVersionArn": ":3"}),
        (":PROD", {"stateMachineAliasArn": ":PROD", "stateMachineVersionArn": ":1"}),
    ],
)
def test_versions_and_aliases_start_their_machine(
    aws: HostileEndpoint, sfn: Any, suffix: str, qualified: dict[str, str]
) -> None:
    """The execution's ARN names the machine only; DescribeExecution tells version and alias."""
    machine = aws.state_machine_arn
    arn = sfn.start_execution(stateMachineArn=machine + suffix, name="n", traceHeader="Root=1")["executionArn"]
    described = sfn.describe_execution(executionArn=arn)
    assert arn == "arn:aws:states:eu-west-1:123456789012:execution:hostile:n"
    assert (described["stateMachineArn"], described["traceHeader"]) == (machine, "Root=1")
    found = {
        name: value for name, value in described.items() if name in ("stateMachineVersionArn", "stateMachineAliasArn")
    }
    assert found == {name: machine + value for name, value in qualified.items()}


def test_plans_are_taken_in_order(aws: HostileEndpoint, sfn: Any) -> None:
    """Plans with `times` come first, first in first out; then the standing one."""
    aws.plan(duration=0, status="SUCCEEDED")
    aws.plan(duration=0, status="FAILED", times=1)
    aws.plan(duration=0, status="TIMED_OUT", times=2)
    for _ in range(5):
        sfn.start_execution(stateMachineArn=aws.state_machine_arn)
    statuses = [execution.status for execution in aws.executions.values()]
    assert statuses == ["FAILED", "TIMED_OUT", "TIMED_OUT", "SUCCEEDED", "SUCCEEDED"]


# Describing and stopping


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("RUNNING", {}),
        ("SUCCEEDED", {"output": '{"ok":true}', "outputDetails": {"included": True}}),
        ("FAILED", {"error": "Boom", "cause": "because"}),
        ("ABORTED", {"error": "Boom", "cause": "because"}),
        ("TIMED_OUT", {}),
    ],
)
def test_describe_execution_by_status(aws: HostileEndpoint, sfn: Any, status: Any, outcome: dict[str, Any]) -> None:
    """Output with success only, error and cause with FAILED and ABORTED, neither with TIMED_OUT."""
    execution = aws.seed("n", status, input='{"a":1}', error="Boom", cause="because")
    described = members(sfn.describe_execution(executionArn=execution.arn))
    assert (described["status"], described["input"]) == (status, '{"a":1}')
    assert described["startDate"].timestamp() == 1_700_000_000.25
    assert ("stopDate" in described) == (status != "RUNNING")
    assert described["redriveStatus"] == ("NOT_REDRIVABLE" if status in ("RUNNING", "SUCCEEDED") else "REDRIVABLE")
    assert {
        key: value for key, value in described.items() if key in ("output", "outputDetails", "error", "cause")
    } == outcome


def test_an_execution_ends_when_its_time_has_passed(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """RUNNING until the plan's duration is over, to the millisecond."""
    aws.plan(duration=10)
    arn = sfn.start_execution(stateMachineArn=aws.state_machine_arn)["executionArn"]
    clock.now += 9.999
    assert sfn.describe_execution(executionArn=arn)["status"] == "RUNNING"
    clock.now += 0.001
    described = sfn.describe_execution(executionArn=arn)
    assert (described["status"], described["stopDate"] - described["startDate"]) == (
        "SUCCEEDED",
        described["stopDate"].resolution * 10_000_000,
    )


def test_an_execution_can_delete_itself(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """While it runs it is there; afterwards it doesn't exist."""
    aws.plan(duration=1, deletes_itself=True)
    arn = sfn.start_execution(stateMachineArn=aws.state_machine_arn)["executionArn"]
    assert sfn.describe_execution(executionArn=arn)["status"] == "RUNNING"
    clock.now += 1
    assert refusal(sfn.describe_execution, executionArn=arn) == "ExecutionDoesNotExist"


def test_stop_execution_aborts_with_error_and_cause(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """The caller's error and cause show in the description and end the history."""
    aws.plan(duration=None)
    arn = sfn.start_execution(stateMachineArn=aws.state_machine_arn)["executionArn"]
    clock.now += 5
    stop_date = sfn.stop_execution(executionArn=arn, error="Job", cause="SIGTERM")["stopDate"]
    described = sfn.describe_execution(executionArn=arn)
    last = sfn.get_execution_history(executionArn=arn, reverseOrder=True)["events"][0]
    assert [described[key] for key in ("status", "error", "cause", "stopDate")] == [
        "ABORTED",
        "Job",
        "SIGTERM",
        stop_date,
    ]
    assert (last["type"], last["executionAbortedEventDetails"]) == (
        "ExecutionAborted",
        {"error": "Job", "cause": "SIGTERM"},
    )


def test_stopping_what_has_ended_changes_nothing(aws: HostileEndpoint, sfn: Any) -> None:
    """A closed execution keeps its status."""
    arn = aws.seed("n", "SUCCEEDED").arn
    sfn.stop_execution(executionArn=arn)
    assert sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"


def test_somebody_else_can_stop_it(aws: HostileEndpoint, sfn: Any) -> None:
    """stop_execution needs no request."""
    arn = aws.seed("n", "RUNNING").arn
    aws.stop_execution("n", cause="by hand")
    assert sfn.describe_execution(executionArn=arn)["cause"] == "by hand"
    assert aws.count("StopExecution") == 0


@pytest.mark.parametrize(
    "operation", ["describe_execution", "stop_execution", "get_execution_history", "redrive_execution"]
)
def test_an_unknown_execution_does_not_exist(aws: HostileEndpoint, sfn: Any, operation: str) -> None:
    """All operations on executions say so, and call another kind of ARN invalid."""
    unknown = "arn:aws:states:eu-west-1:123456789012:execution:hostile:nope"
    assert refusal(getattr(sfn, operation), executionArn=unknown) == "ExecutionDoesNotExist"
    assert refusal(getattr(sfn, operation), executionArn=aws.state_machine_arn) == "InvalidArn"


@pytest.mark.parametrize(("lag", "code"), [("describe_lag", "ExecutionDoesNotExist"), ("output_lag", None)])
def test_describe_execution_can_lag(aws: HostileEndpoint, sfn: Any, clock: Clock, lag: str, code: str | None) -> None:
    """A new execution isn't known yet, or one that succeeded has no output yet."""
    arn = aws.seed("n").arn
    setattr(aws, lag, 2.0)
    if code:
        assert refusal(sfn.describe_execution, executionArn=arn) == code
    else:
        assert "output" not in sfn.describe_execution(executionArn=arn)
    clock.now += 2
    assert sfn.describe_execution(executionArn=arn)["output"] == '{"ok":true}'


def test_describe_state_machine_tells_the_type(aws: HostileEndpoint, sfn: Any) -> None:
    """STANDARD or EXPRESS; a qualified ARN comes back as it was asked for."""
    express = aws.add_state_machine("fast", "EXPRESS")
    assert sfn.describe_state_machine(stateMachineArn=aws.state_machine_arn)["type"] == "STANDARD"
    described = sfn.describe_state_machine(stateMachineArn=express + ":PROD")
    assert (described["type"], described["stateMachineArn"]) == ("EXPRESS", express + ":PROD")


# Lists and histories


def test_list_executions_is_newest_first_in_pages(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """Sorted by stopDate, or startDate while running; nextToken leads through all, and a wrong one is InvalidToken."""
    for i in range(5):
        aws.seed(f"n-{i}", started=clock.now - 10 + i)
    aws.seed("running", "RUNNING", started=clock.now - 7.5)
    pages = sfn.get_paginator("list_executions").paginate(
        stateMachineArn=aws.state_machine_arn, PaginationConfig={"PageSize": 2}
    )
    names = [[item["name"] for item in page["executions"]] for page in pages]
    assert names == [["n-4", "n-3"], ["running", "n-2"], ["n-1", "n-0"]]
    code = refusal(sfn.list_executions, stateMachineArn=aws.state_machine_arn, nextToken="?")
    assert code == "InvalidToken"


def test_list_executions_filters_by_status_and_qualifier(aws: HostileEndpoint, sfn: Any) -> None:
    """statusFilter, and an alias ARN, leave only the matching executions."""
    machine = aws.state_machine_arn
    aws.seed("good")
    aws.seed("bad", "FAILED")
    aws.seed("alias", state_machine_arn=machine + ":PROD")
    failed = sfn.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
    through_alias = sfn.list_executions(stateMachineArn=machine + ":PROD")["executions"]
    assert [item["name"] for item in failed + through_alias] == ["bad", "alias"]


def test_list_executions_can_lag(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """list_lag leaves the newest out for so long."""
    aws.list_lag = 3.0
    aws.seed("old", started=clock.now - 10)
    aws.seed("new")
    listed = [len(sfn.list_executions(stateMachineArn=aws.state_machine_arn)["executions"])]
    clock.now += 3
    listed.append(len(sfn.list_executions(stateMachineArn=aws.state_machine_arn)["executions"]))
    assert listed == [1, 2]


TASK_RUNNING = ["ExecutionStarted", "TaskStateEntered", "TaskScheduled"]


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        ("RUNNING", []),
        ("SUCCEEDED", ["TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]),
        ("FAILED", ["TaskFailed", "ExecutionFailed"]),
        ("TIMED_OUT", ["ExecutionTimedOut"]),
        ("ABORTED", ["ExecutionAborted"]),
    ],
)
def test_the_history_without_a_planned_one(aws: HostileEndpoint, sfn: Any, status: Any, ending: list[str]) -> None:
    """A task's events in order, ids from 1, each after the one before, and the error and cause in the last."""
    arn = aws.seed("n", status, error="Boom", cause="because").arn
    events = sfn.get_execution_history(executionArn=arn)["events"]
    assert types(events) == TASK_RUNNING + ending
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["previousEventId"] for event in events] == [0, 0, *range(2, len(events))]
    if status not in ("RUNNING", "SUCCEEDED"):
        details = events[-1][f"execution{ending[-1].removeprefix('Execution')}EventDetails"]
        assert details == {"error": "Boom", "cause": "because"}


def test_the_history_goes_on_with_time(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """Events of a running execution come when they are due: a planned history is spread over the duration."""
    planned = [
        {"type": name} for name in ("ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded")
    ]
    aws.plan(duration=3, history=planned)
    arn = sfn.start_execution(stateMachineArn=aws.state_machine_arn)["executionArn"]
    seen = []
    for _ in planned:
        seen.append(len(sfn.get_execution_history(executionArn=arn)["events"]))
        clock.now += 1
    assert seen == [1, 2, 3, 4]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_history_comes_in_pages(aws: HostileEndpoint, sfn: Any, reverse: bool) -> None:
    """Oldest first, or newest first with reverseOrder, through all pages; the default page is 100 events."""
    arn = aws.seed("n", history=[{"type": "PassStateEntered"}] * 250).arn
    pages = list(sfn.get_paginator("get_execution_history").paginate(executionArn=arn, reverseOrder=reverse))
    ids = [event["id"] for page in pages for event in page["events"]]
    assert [len(page["events"]) for page in pages] == [100, 100, 50]
    assert ids == sorted(range(1, 251), reverse=reverse)


def test_the_history_can_come_without_data(aws: HostileEndpoint, sfn: Any) -> None:
    """includeExecutionData=False leaves out inputs and outputs."""
    arn = aws.seed("n", input='{"secret":1}').arn
    events = sfn.get_execution_history(executionArn=arn, includeExecutionData=False)["events"]
    assert "secret" not in str(events)


# Redrive


def test_redrive_goes_on_under_the_same_arn(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """Same ARN and startDate, redriveCount up by one, the next plan's outcome, and a history that goes on."""
    execution = aws.seed("n", "FAILED", error="Boom")
    aws.plan(duration=5)
    clock.now += 60
    sfn.redrive_execution(executionArn=execution.arn)
    running = sfn.describe_execution(executionArn=execution.arn)
    clock.now += 5
    done = sfn.describe_execution(executionArn=execution.arn)
    events = sfn.get_execution_history(executionArn=execution.arn)["events"]
    assert (running["status"], done["status"], done["redriveCount"], aws.started) == ("RUNNING", "SUCCEEDED", 1, 0)
    assert [done[key].timestamp() - execution.start_date for key in ("startDate", "redriveDate", "stopDate")] == [
        0,
        60,
        65,
    ]
    assert types(events)[4:] == [
        "ExecutionFailed",
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert [event["id"] for event in events] == list(range(1, 11))


@pytest.mark.parametrize(
    ("status", "days", "allowed"),
    [
        ("RUNNING", 0, False),
        ("SUCCEEDED", 0, False),
        ("FAILED", 13, True),
        ("ABORTED", 13, True),
        ("TIMED_OUT", 13, True),
        ("FAILED", 15, False),
    ],
)
def test_what_can_be_redriven(
    aws: HostileEndpoint, sfn: Any, clock: Clock, status: Any, days: int, allowed: bool
) -> None:
    """What failed within the last 14 days; DescribeExecution and RedriveExecution agree."""
    arn = aws.seed("n", status, started=clock.now - days * DAY).arn
    described = sfn.describe_execution(executionArn=arn)
    assert described["redriveStatus"] == ("REDRIVABLE" if allowed else "NOT_REDRIVABLE")
    if allowed:
        sfn.redrive_execution(executionArn=arn)
    else:
        assert refusal(sfn.redrive_execution, executionArn=arn) == "ExecutionNotRedrivable"
    assert aws.executions["n"].redrive_count == int(allowed)


def test_redrive_is_idempotent_by_its_token(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """The same clientToken gets the first redrive's date again, and redrives once."""
    arn = aws.seed("n", "FAILED").arn
    first = sfn.redrive_execution(executionArn=arn, clientToken="t")["redriveDate"]
    clock.now += 1
    assert sfn.redrive_execution(executionArn=arn, clientToken="t")["redriveDate"] == first
    assert aws.executions["n"].redrive_count == 1


# Express


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("SUCCEEDED", {"output": '{"ok":true}', "outputDetails": {"included": True}}),
        ("FAILED", {"error": "Boom", "cause": "because"}),
        ("TIMED_OUT", {"error": "Boom", "cause": "because"}),
    ],
)
def test_start_sync_execution_answers_200_whatever_happened(
    aws: HostileEndpoint, sfn: Any, status: Any, outcome: dict[str, Any]
) -> None:
    """The failure is in the answer, with billingDetails, and never an HTTP error."""
    express = aws.add_state_machine("fast", "EXPRESS")
    aws.plan(duration=0.05, status=status, error="Boom", cause="because")
    answer = sfn.start_sync_execution(stateMachineArn=express, name="n", input="{}")
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["status"]) == (200, status)
    assert answer["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}
    assert {
        key: value for key, value in answer.items() if key in ("output", "outputDetails", "error", "cause")
    } == outcome


def test_express_executions_cannot_be_described(aws: HostileEndpoint, sfn: Any) -> None:
    """Names aren't unique, the ARN is an express one, and DescribeExecution finds it invalid."""
    express = aws.add_state_machine("fast", "EXPRESS")
    arns = [sfn.start_execution(stateMachineArn=express, name="n")["executionArn"] for _ in range(2)]
    assert arns[0] != arns[1]
    assert arns[0].startswith("arn:aws:states:eu-west-1:123456789012:express:fast:n:")
    assert refusal(sfn.describe_execution, executionArn=arns[0]) == "InvalidArn"
    assert refusal(sfn.list_executions, stateMachineArn=express) == "StateMachineTypeNotSupported"


def test_start_sync_execution_is_for_express_only(aws: HostileEndpoint, sfn: Any) -> None:
    """A standard machine isn't supported, and nothing begins."""
    code = refusal(sfn.start_sync_execution, stateMachineArn=aws.state_machine_arn)
    assert (code, aws.started) == ("StateMachineTypeNotSupported", 0)


# Quotas, permissions, credentials


def test_a_token_bucket_throttles(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """The bucket is full at first, refills with time and never beyond its size; other operations aren't concerned."""
    machine, throttled = aws.state_machine_arn, "ThrottlingException"
    aws.limit("ListExecutions", bucket=3, refill=2.0)
    assert outcomes(sfn, machine, 5) == ["ok", "ok", "ok", throttled, throttled]
    assert aws.requests[-1].answered == 400
    clock.now += 1
    assert outcomes(sfn, machine, 3) == ["ok", "ok", throttled]
    clock.now += 60
    assert outcomes(sfn, machine, 4) == ["ok", "ok", "ok", throttled]
    sfn.describe_state_machine(stateMachineArn=machine)


@pytest.mark.parametrize("actions", [{"states:StartExecution"}, {"states:Start*"}])
def test_only_what_is_allowed_is_done(aws: HostileEndpoint, sfn: Any, actions: set[str]) -> None:
    """Everything else is AccessDeniedException (AccessDenied in STS) with AWS's message, until all is allowed again."""
    sts = client(aws, "sts")
    aws.allow(actions)
    arn = sfn.start_execution(stateMachineArn=aws.state_machine_arn)["executionArn"]
    assert refusal(sfn.describe_execution, executionArn=arn) == "AccessDeniedException"
    assert refusal(sts.assume_role, RoleArn=ROLE, RoleSessionName="me") == "AccessDenied"
    sts.get_caller_identity()
    aws.allow(None)
    sfn.describe_execution(executionArn=arn)


def assume(aws: HostileEndpoint, **arguments: Any) -> dict[str, Any]:
    answer = client(aws, "sts").assume_role(RoleArn=ROLE, RoleSessionName="me", **arguments)
    return dict(answer["Credentials"])


def signed_with(aws: HostileEndpoint, credentials: dict[str, Any], service: str) -> Any:
    return client(aws, service, credentials["AccessKeyId"], credentials["SessionToken"])


def test_an_assumed_role_is_who_calls(aws: HostileEndpoint) -> None:
    """GetCallerIdentity names the role's session, and requests carry its access key."""
    credentials = assume(aws, ExternalId="shared")
    identity = signed_with(aws, credentials, "sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/runner/me"
    assert aws.requests[-1].access_key == credentials["AccessKeyId"]
    assert aws.requests[0].body["ExternalId"] == "shared"


def test_a_refused_role_is_told_with_who_asked_for_which(aws: HostileEndpoint) -> None:
    """As AWS tells it; of a web identity it only says that it may not."""
    aws.allow(["states:*"])
    with pytest.raises(ClientError, match=rf"User: \S+:user/hostile .* sts:AssumeRole on resource: {ROLE} "):
        assume(aws)
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        identify(aws, "token")


def identify(aws: HostileEndpoint, token: str) -> dict[str, Any]:
    unsigned = client(aws, "sts")
    unsigned.meta.events.register("choose-signer.sts.*", lambda **_: botocore.UNSIGNED)
    answer = unsigned.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName="me", WebIdentityToken=token)
    return dict(answer["Credentials"])


def test_a_web_identity_is_its_token_of_the_moment(aws: HostileEndpoint) -> None:
    """Nobody signs the request; a token from before the rotation has expired, and any other is no token."""
    sts = signed_with(aws, identify(aws, "token"), "sts")
    assert "Authorization" not in aws.requests[-1].headers
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/runner/me"
    aws.web_identity_tokens.append("rotated")
    assert refusal(identify, aws=aws, token="token") == "ExpiredToken"
    assert refusal(identify, aws=aws, token="another") == "InvalidIdentityToken"
    identify(aws, "rotated")


@pytest.mark.parametrize(
    ("lifetime", "arguments", "good_for"), [(2.0, {}, 2), (None, {}, 3600), (None, {"DurationSeconds": 900}, 900)]
)
def test_credentials_expire(
    aws: HostileEndpoint, clock: Clock, lifetime: float | None, arguments: dict[str, int], good_for: int
) -> None:
    """They live as long as the test, the caller or STS's default says; Expiration tells it; then they are refused."""
    aws.credentials_lifetime = lifetime
    credentials = assume(aws, **arguments)
    sfn, sts = (signed_with(aws, credentials, service) for service in ("stepfunctions", "sts"))
    assert credentials["Expiration"].timestamp() == clock.now + good_for
    clock.now += good_for - 1
    sfn.list_executions(stateMachineArn=aws.state_machine_arn)
    clock.now += 1
    assert refusal(sfn.list_executions, stateMachineArn=aws.state_machine_arn) == "ExpiredTokenException"
    assert refusal(sts.get_caller_identity) == "ExpiredToken"


def test_credentials_can_end_before_their_time(aws: HostileEndpoint) -> None:
    """expire_credentials ends those handed out, not those handed out afterwards."""
    early, machine = assume(aws), aws.state_machine_arn
    aws.expire_credentials()
    late = assume(aws)
    assert (
        refusal(signed_with(aws, early, "stepfunctions").list_executions, stateMachineArn=machine)
        == "ExpiredTokenException"
    )
    signed_with(aws, late, "stepfunctions").list_executions(stateMachineArn=machine)


# The wire


def test_date_header_is_the_servers_clock(aws: HostileEndpoint, sfn: Any, clock: Clock) -> None:
    """Answers carry Date in GMT, and a request id."""
    clock.now = 1_600_000_000.9
    metadata = sfn.list_executions(stateMachineArn=aws.state_machine_arn)["ResponseMetadata"]
    assert parsedate_to_datetime(metadata["HTTPHeaders"]["date"]).timestamp() == 1_600_000_000
    assert metadata["RequestId"]


def test_requests_are_recorded(aws: HostileEndpoint, sfn: Any) -> None:
    """Operation, body, headers, access key, answer, and the one connection that keep-alive reuses."""
    sfn.start_execution(stateMachineArn=aws.state_machine_arn, name="n", input='{"a":1}')
    aws.fail("DescribeExecution", hostile.throttling())
    refusal(sfn.describe_execution, executionArn="arn:aws:states:eu-west-1:123456789012:execution:hostile:n")
    start, describe = aws.requests
    assert (start.operation, start.body["input"], start.answered) == ("StartExecution", '{"a":1}', 200)
    assert (describe.operation, describe.answered) == ("DescribeExecution", "ThrottlingException")
    assert start.headers["content-type"] == "application/x-amz-json-1.0"
    assert start.access_key == "AKIDEXAMPLE"
    assert start.connection == describe.connection
    assert start.at <= describe.at


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (
            {"X-Amz-Target": "AWSStepFunctions.Nonsense", "Authorization": "Credential=AKID/x"},
            "UnknownOperationException",
        ),
        ({"X-Amz-Target": "AWSStepFunctions.ListExecutions"}, "MissingAuthenticationTokenException"),
    ],
)
def test_what_botocore_never_sends(aws: HostileEndpoint, headers: dict[str, str], code: str) -> None:
    """Unknown operations and unsigned requests are refused as AWS refuses them."""
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"))
    connection.request("POST", "/", "{}", headers)
    response = connection.getresponse()
    assert (response.status, json.load(response)["__type"]) == (400, code)
    connection.close()


def test_tls(tmp_path: Path) -> None:
    """With a certificate it speaks TLS: a client that trusts it gets through, another one doesn't."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    new = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hostile"]
    paths = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*new, *paths], check=True, capture_output=True)
    with HostileEndpoint(tls=(certificate, key)) as aws:
        trusting, distrusting = client(aws, verify=str(certificate)), client(aws, verify=True)
        with pytest.raises(SSLError):
            distrusting.list_executions(stateMachineArn=aws.state_machine_arn)
        trusting.list_executions(stateMachineArn=aws.state_machine_arn)
        aws.fail("ListExecutions", hostile.hang_before())
        with pytest.raises(ReadTimeoutError):
            trusting.list_executions(stateMachineArn=aws.state_machine_arn)


def test_an_outage_keeps_port_and_state(aws: HostileEndpoint, sfn: Any) -> None:
    """Between stop() and start() connections are refused; afterwards everything is as before."""
    aws.seed("n")
    aws.stop()
    with pytest.raises(EndpointConnectionError):
        sfn.list_executions(stateMachineArn=aws.state_machine_arn)
    aws.start()
    assert len(sfn.list_executions(stateMachineArn=aws.state_machine_arn)["executions"]) == 1


@pytest.mark.parametrize(
    "fault", [hostile.hang_before(), hostile.hang_after(), hostile.drip(0.001)], ids=lambda f: f.name
)
def test_stop_wakes_what_hangs(fault: Fault) -> None:
    """A request that hangs ends with the server, and no thread is left."""
    before = set(threading.enumerate())
    with HostileEndpoint() as aws:
        aws.fail("ListExecutions", fault)
        connection = http.client.HTTPConnection(aws.url.removeprefix("http://"))
        connection.request("POST", "/", "{}", {"X-Amz-Target": "AWSStepFunctions.ListExecutions"})
        aws.wait_for("ListExecutions")
    assert set(threading.enumerate()) <= before
    connection.close()


def test_wait_for_gives_up(aws: HostileEndpoint) -> None:
    """Requests that don't come are a TimeoutError."""
    with pytest.raises(TimeoutError, match="0 of 1 requests StartExecution"):
        aws.wait_for("StartExecution", timeout=0.01)


def test_by_hand() -> None:
    """`python -m tests.hostile` prints the URL that it serves, and logs requests."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.hostile"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        url, machine = process.stdout.readline().split()
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        headers = {"X-Amz-Target": "AWSStepFunctions.DescribeStateMachine", "Authorization": "Credential=AKID/x"}
        connection.request("POST", "/", json.dumps({"stateMachineArn": machine}), headers)
        assert connection.getresponse().status == 200
        assert "DescribeStateMachine: 200" in process.stderr.readline()
        connection.close()
        process.terminate()


# Faults


NOTHING: dict[str, Any] = {}

# What botocore makes of each: an exception, an error code, or an answer (which NOTHING says has no members at all);
# and the number of executions begun.
FAULTS: list[tuple[Fault, type[Exception] | str | dict[str, Any] | None, int]] = [
    (hostile.error("Weird", 418), "Weird", 0),
    (hostile.access_denied(), "AccessDeniedException", 0),
    (hostile.unrecognized_client(), "UnrecognizedClientException", 0),
    (hostile.expired_token(), "ExpiredTokenException", 0),
    (hostile.invalid_signature(), "InvalidSignatureException", 0),
    (hostile.throttling(), "ThrottlingException", 0),
    (hostile.internal_failure(), "InternalFailure", 0),
    (hostile.internal_failure(done=True), "InternalFailure", 1),
    (hostile.service_unavailable(), "ServiceUnavailable", 0),
    (hostile.page(502), "502", 0),
    (hostile.page(407, "<html>Proxy</html>"), "407", 0),
    (hostile.page(404), "404", 0),
    (hostile.empty(503), "503", 0),
    (hostile.redirect("http://127.0.0.1:1/"), "307", 0),
    (hostile.cut_before(), ConnectionClosedError, 0),
    (hostile.cut_after(), ConnectionClosedError, 1),
    (hostile.reset(), ConnectionClosedError, 0),
    (hostile.reset(done=True), ConnectionClosedError, 1),
    (hostile.hang_before(), ReadTimeoutError, 0),
    (hostile.hang_before(0), ConnectionClosedError, 0),
    (hostile.hang_after(), ReadTimeoutError, 1),
    # botocore takes a 200 without readable JSON, and even a body cut short, for an answer without members.
    (hostile.page(200), NOTHING, 0),
    (hostile.empty(200), NOTHING, 0),
    (hostile.garbage(), NOTHING, 0),
    (hostile.garbage(done=True), NOTHING, 1),
    (hostile.json_without_fields(), NOTHING, 0),
    (hostile.cut_midway(), NOTHING, 1),
    (hostile.wrong_length(), NOTHING, 1),
    (hostile.hang_after(0), None, 1),
    (hostile.drip(10_000), None, 1),
    (hostile.huge(1_000_000), None, 1),
]


def test_an_altered_answer_differs_in_what_was_asked_for_alone(aws: HostileEndpoint, sfn: Any) -> None:
    """And what was asked is carried out."""
    aws.plan(duration=None)
    start = {"stateMachineArn": aws.state_machine_arn, "name": "n"}
    aws.fail("StartExecution", altered(executionArn="another"))
    answer = sfn.start_execution(**start)
    assert (answer["executionArn"], aws.started) == ("another", 1)
    assert answer["startDate"].timestamp() == aws.executions["n"].start_date


@pytest.mark.parametrize(("fault", "expected", "started"), FAULTS, ids=lambda value: getattr(value, "name", ""))
def test_what_botocore_makes_of_a_fault(
    aws: HostileEndpoint, sfn: Any, fault: Fault, expected: type[Exception] | str | dict[str, Any] | None, started: int
) -> None:
    """The exception, code or answer of the table; `done` tells whether it began; and the next request works."""
    aws.plan(duration=None)
    aws.fail("StartExecution", fault)
    start = {"stateMachineArn": aws.state_machine_arn, "name": "n"}
    if isinstance(expected, str):
        assert refusal(sfn.start_execution, **start) == expected
    elif isinstance(expected, type):
        with pytest.raises(expected):
            sfn.start_execution(**start)
    else:
        answer = members(sfn.start_execution(**start))
        assert answer == expected or (expected is None and answer["executionArn"] == aws.executions["n"].arn)
    assert (aws.started, fault.done) == (started, bool(started))
    assert aws.requests[0].answered == fault.name
    assert sfn.start_execution(**start)["executionArn"] == aws.executions["n"].arn
    assert aws.started == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (hostile.access_denied(), "AccessDenied"),
        (hostile.unrecognized_client(), "InvalidClientTokenId"),
        (hostile.expired_token(), "ExpiredToken"),
        (hostile.invalid_signature(), "SignatureDoesNotMatch"),
        (hostile.throttling(), "Throttling"),
        (hostile.service_unavailable(), "ServiceUnavailable"),
        (hostile.page(502), "502"),
        (hostile.page(407), None),
        (hostile.page(200), KeyError),
        (hostile.empty(200), ResponseParserError),
        (hostile.garbage(), ResponseParserError),
        (hostile.cut_midway(), ResponseParserError),
        (hostile.cut_after(), ConnectionClosedError),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_botocore_makes_of_a_fault_of_sts(
    aws: HostileEndpoint, fault: Fault, expected: type[Exception] | str | None
) -> None:
    """Errors have the query protocol's names, and what is no XML doesn't pass; a page below 500 has no code at all."""
    aws.fail("AssumeRole", fault)
    error = expected if isinstance(expected, type) else ClientError
    with pytest.raises(error) as caught:
        assume(aws)
    if isinstance(caught.value, ClientError):
        assert caught.value.response.get("Error", {}).get("Code") == expected


def test_a_reset_is_a_reset(aws: HostileEndpoint) -> None:
    """The client's socket sees a RST, not an end of file (of which RemoteDisconnected is the sign)."""
    aws.fail("*", hostile.reset())
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"))
    connection.request("POST", "/", "{}")
    with pytest.raises(ConnectionResetError) as caught:
        connection.getresponse()
    assert caught.type is ConnectionResetError


def test_faults_come_in_order(aws: HostileEndpoint, sfn: Any) -> None:
    """First in first out for an operation, `skip` lets requests through, those for `*` come after its own."""
    aws.fail("*", hostile.error("Any"))
    aws.fail("ListExecutions", hostile.error("First"), times=2)
    aws.fail("ListExecutions", hostile.error("Second"), skip=2)
    aws.fail("StartExecution", hostile.error("Other"))
    assert outcomes(sfn, aws.state_machine_arn, 6) == ["First", "First", "Any", "ok", "Second", "ok"]


def test_a_fault_can_last_until_it_is_healed(aws: HostileEndpoint, sfn: Any) -> None:
    """`times=None` is for ever, and heal() ends it."""
    aws.fail("ListExecutions", hostile.error("Down"), times=None)
    assert outcomes(sfn, aws.state_machine_arn, 3) == ["Down"] * 3
    aws.heal("ListExecutions")
    assert outcomes(sfn, aws.state_machine_arn, 1) == ["ok"]


def test_a_probability_is_repeatable(aws: HostileEndpoint, sfn: Any) -> None:
    """Drawn from a seeded generator: some are struck and some are not, and the same ones for the same seed."""
    runs = []
    for _ in range(2):
        aws.fail("ListExecutions", hostile.error("Down"), times=None, probability=0.4, seed=7)
        runs.append(outcomes(sfn, aws.state_machine_arn, 30))
        aws.heal()
    assert runs[0] == runs[1]
    assert 5 < runs[0].count("Down") < 20


def test_a_policy_allows_by_action_and_resource(aws: HostileEndpoint, sfn: Any) -> None:
    """As IAM does: requests about a version or an alias are about the state machine."""
    machine, other = aws.state_machine_arn, aws.add_state_machine("other")
    aws.allow_only({"Statement": [{"Action": ["states:DescribeStateMachine*"], "Resource": machine}]})
    sfn.describe_state_machine(stateMachineArn=f"{machine}:7")
    sfn.describe_state_machine_alias(stateMachineAliasArn=f"{machine}:PROD")
    assert refusal(sfn.describe_state_machine, stateMachineArn=other) == "AccessDeniedException"
    assert refusal(sfn.list_executions, stateMachineArn=machine) == "AccessDeniedException"


def test_a_version_is_no_alias(aws: HostileEndpoint, sfn: Any) -> None:
    """DescribeStateMachineAlias takes aliases only."""
    assert refusal(sfn.describe_state_machine_alias, stateMachineAliasArn=f"{aws.state_machine_arn}:7") == "InvalidArn"
