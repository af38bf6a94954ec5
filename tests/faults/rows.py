"""The requests that the job makes, each in a run that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from job.outcomes import Outcome
from tests.faults.rules import Need
from tests.hostile import HostileEndpoint, cut_after

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true", "SFN_POLLING_INTERVAL": "0.3", "SFN_STATE_MACHINE_TYPE": "standard"}
NAMED = {**WAIT, "SFN_EXECUTION_NAME": "nightly"}
RESUMED = {**NAMED, "SFN_RERUN": "resume"}
REDRIVEN = {**NAMED, "SFN_RERUN": "redrive"}
EXPRESS = {**WAIT, "SFN_STATE_MACHINE_TYPE": "express", "SFN_WAIT_TIMEOUT": "2"}
UNHEARD = {**WAIT, "SFN_RETRY_WINDOW": "12"}  # in which the start is tried again, and then looked for
STOPPED = {**WAIT, "SFN_WAIT_TIMEOUT": "0", "SFN_ON_WAIT_TIMEOUT": "stop"}
ASKED = {**WAIT, "SFN_STATE_MACHINE_TYPE": "auto"}
ROLE = {**WAIT, "SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": "arn:aws:iam::123456789012:role/jobs/runner"}
WEB_IDENTITY = {
    **WAIT,
    "SFN_CREDENTIALS_USER": "",
    "SFN_CREDENTIALS_PASSWORD": "",
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/jobs/runner",
    "AWS_WEB_IDENTITY_TOKEN_FILE": str(Path(__file__).with_name("web-identity-token")),
}
CHECK = ("--check",)

SHORT_LIVED = 5.0
"""Seconds that credentials live which are to be renewed in a wait; a busy machine has started the run by then."""


def _quick(aws: HostileEndpoint) -> None:
    aws.plan(duration=0.2)


def _lasting(aws: HostileEndpoint) -> None:
    """Long enough for some checks, and for one look at the history."""
    aws.plan(duration=3.5)


def _endless(aws: HostileEndpoint) -> None:
    aws.plan(duration=None)


def _closed_at_once(aws: HostileEndpoint) -> None:
    """And nothing is heard of the first start."""
    aws.plan(duration=0.01)
    aws.fail("StartExecution", cut_after())


def _failing(aws: HostileEndpoint) -> None:
    aws.plan(status="FAILED", error="Boom", cause="it went off")


def _failing_map(aws: HostileEndpoint) -> None:
    run = aws.add_map_run([aws.seed("item", "FAILED", error="Boom")], failed=1, total=1)
    history: list[dict[str, Any]] = [
        {"type": "ExecutionStarted", "executionStartedEventDetails": {}},
        {"type": "MapStateEntered", "stateEnteredEventDetails": {"name": "Orders"}},
        {"type": "MapStateStarted", "mapStateStartedEventDetails": {"length": 1}},
        {"type": "MapRunStarted", "mapRunStartedEventDetails": {"mapRunArn": run}},
        {"type": "MapRunFailed", "mapRunFailedEventDetails": {"error": "Boom"}},
        {"type": "MapStateFailed"},
        {"type": "ExecutionFailed", "executionFailedEventDetails": {"error": "Boom"}},
    ]
    aws.plan(status="FAILED", error="Boom", history=history)


def _succeeded_before(aws: HostileEndpoint) -> None:
    aws.seed("nightly-1", "SUCCEEDED")


def _failed_before(aws: HostileEndpoint) -> None:
    aws.seed("nightly-1", "FAILED", error="Boom")
    aws.plan(duration=0.2)


def _express(aws: HostileEndpoint) -> None:
    aws.state_machine_arn = aws.add_state_machine("quick", "EXPRESS")
    aws.plan(duration=0.2)


def _aliased(aws: HostileEndpoint) -> None:
    aws.state_machine_arn += ":PROD"


def _short_lived(aws: HostileEndpoint) -> None:
    """Credentials that expire in the wait."""
    aws.credentials_lifetime = SHORT_LIVED
    aws.plan(duration=2 * SHORT_LIVED)


@dataclass(frozen=True)
class Row:
    """One request, with the run that makes it; `skip` such requests of the run are let through."""

    name: str
    operation: str
    need: Need
    variables: Mapping[str, str]
    prepare: Callable[[HostileEndpoint], None] = _quick
    skip: int = 0
    undisturbed: Outcome = Outcome.SUCCESS
    """How the run ends without a fault."""
    arguments: tuple[str, ...] = field(default=())


def _check(operation: str, need: Need, variables: Mapping[str, str], prepare: Callable[[HostileEndpoint], None]) -> Row:
    return Row(f"`--check`: {operation}", operation, need, variables, prepare, arguments=CHECK)


FAILED, GAVE_UP = Outcome.EXECUTION_FAILED, Outcome.WAIT_TIMEOUT

ROWS = (
    Row("StartExecution", "StartExecution", Need.EFFECT, WAIT),
    Row("StartExecution, with a name", "StartExecution", Need.EFFECT, NAMED),
    Row("StartExecution, to resume", "StartExecution", Need.EFFECT, RESUMED),
    Row("StartSyncExecution", "StartSyncExecution", Need.ONLY_ANSWER, EXPRESS, _express),
    Row("RedriveExecution", "RedriveExecution", Need.EFFECT, REDRIVEN, _failed_before),
    Row("DescribeExecution, first check", "DescribeExecution", Need.ANSWER, WAIT),
    Row("DescribeExecution, later in the wait", "DescribeExecution", Need.ANSWER, WAIT, _lasting, skip=3),
    Row("DescribeExecution, to resume", "DescribeExecution", Need.COUNT, RESUMED, _succeeded_before),
    Row("DescribeExecution, after a start unheard", "DescribeExecution", Need.ANSWER, UNHEARD, _closed_at_once),
    Row(
        "DescribeExecution, after stopping",
        "DescribeExecution",
        Need.STORY,
        STOPPED,
        _endless,
        skip=1,
        undisturbed=GAVE_UP,
    ),
    Row("StopExecution", "StopExecution", Need.STORY, STOPPED, _endless, undisturbed=GAVE_UP),
    Row("ListExecutions", "ListExecutions", Need.HINT, RESUMED, _succeeded_before),
    Row("DescribeStateMachine", "DescribeStateMachine", Need.KIND, ASKED),
    Row("GetExecutionHistory, in the wait", "GetExecutionHistory", Need.STORY_OF_WAIT, WAIT, _lasting),
    Row("GetExecutionHistory, of a failure", "GetExecutionHistory", Need.STORY, WAIT, _failing, undisturbed=FAILED),
    Row("DescribeMapRun", "DescribeMapRun", Need.STORY, WAIT, _failing_map, undisturbed=FAILED),
    Row("ListExecutions, of a Map", "ListExecutions", Need.STORY, WAIT, _failing_map, undisturbed=FAILED),
    Row("AssumeRole", "AssumeRole", Need.ANSWER, ROLE),
    Row("AssumeRole, to renew", "AssumeRole", Need.RENEWAL, ROLE, _short_lived, skip=1),
    Row("AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity", Need.ANSWER, WEB_IDENTITY),
    Row(
        "AssumeRoleWithWebIdentity, to renew",
        "AssumeRoleWithWebIdentity",
        Need.RENEWAL,
        WEB_IDENTITY,
        _short_lived,
        skip=1,
    ),
    _check("DescribeStateMachine", Need.KIND, WAIT, _quick),
    _check("DescribeStateMachineAlias", Need.KIND, WAIT, _aliased),
    _check("GetCallerIdentity", Need.IDENTITY, WAIT, _quick),
    _check("DescribeExecution", Need.PERMISSION, WAIT, _quick),
    _check("StopExecution", Need.PERMISSION, STOPPED, _quick),
    _check("RedriveExecution", Need.PERMISSION, REDRIVEN, _quick),
    _check("ListExecutions", Need.SPARED_PERMISSION, NAMED, _quick),
    _check("GetExecutionHistory", Need.SPARED_PERMISSION, WAIT, _quick),
)
