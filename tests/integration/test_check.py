"""`--check` and `--iam-policy` (contract 7): what a run would need, without starting anything."""

import json
import os
import pty
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from job.outcomes import Outcome
from tests.hostile import ACCOUNT_ID, HostileEndpoint, error, expired_token, hang_before, unrecognized_client
from tests.hostile.faults import altered
from tests.support.localstack import free_port
from tests.support.process import LIMIT, Finished, Job
from tests.support.proxies import HOST, Squid
from tests.support.results import ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
ROLE = {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": f"arn:aws:iam::{ACCOUNT_ID}:role/runner"}
HARMLESS = {
    *["DescribeStateMachine", "DescribeStateMachineAlias", "GetCallerIdentity", "AssumeRole", "ListExecutions"],
    *["DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution"],
}


def steps(document: dict[str, Any]) -> dict[str, bool | None]:
    return {step["name"]: step["holds"] for step in document["checks"]}


def checked(aws: HostileEndpoint, finished: Finished, outcome: Outcome) -> dict[str, Any]:
    """The document of a check that ended so, and of which no execution came: none is started, stopped or redriven."""
    document = ends_with(finished, outcome)
    assert reached_nothing(document)
    assert {request.operation for request in aws.requests} <= HARMLESS
    assert aws.started == 0
    return document


def test_all_is_well(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Every step in the order in which a run needs it; what only a start can tell is said to be unknown."""
    document = checked(
        aws,
        run_job("--check", **WAIT, **ROLE, SFN_RUN_ID="a", SFN_RERUN="redrive", SFN_ON_TERMINATE="stop"),
        Outcome.SUCCESS,
    )
    assert steps(document) == {
        "variables": True,
        "endpoint": True,
        "credentials": True,
        "role": True,
        "state machine": True,
        "permission states:StartExecution": None,
        "permission states:DescribeStateMachine": True,
        "permission states:ListExecutions": True,
        "permission states:DescribeExecution": True,
        "permission states:GetExecutionHistory": True,
        "permission states:StopExecution": True,
        "permission states:RedriveExecution": True,
    }
    (who,) = (step["message"] for step in document["checks"] if step["name"] == "credentials")
    assert "assumed-role/runner/" in who
    assert "renew themselves" in who


def test_all_wrong_variables_are_named_and_nothing_is_sent(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Exit 20, as the run would."""
    finished = run_job("--check", SFN_INPUT="{", SFN_RERUN="never")
    document = checked(aws, finished, Outcome.DATA_VALIDATION_ERROR)
    assert [step["holds"] for step in document["checks"]] == [False, False]
    assert [error["variable"] for error in document["errors"]] == ["SFN_INPUT", "SFN_RERUN"]
    assert not aws.requests


@pytest.mark.parametrize(
    ("variables", "step", "outcome"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:{port}"}, "endpoint", Outcome.CONNECTION_ERROR),
        ({"SFN_USE_PROXY": "true", "SFN_PROXY": "http://127.0.0.1:{port}"}, "proxy", Outcome.PROXY_ERROR),
        ({"SFN_CREDENTIALS_USER": "", "SFN_CREDENTIALS_PASSWORD": ""}, "credentials", Outcome.AUTHENTICATION_ERROR),
        (
            {"SFN_STATE_MACHINE_ARN": f"arn:aws:states:eu-west-1:{ACCOUNT_ID}:stateMachine:absent"},
            "state machine",
            Outcome.DATA_VALIDATION_ERROR,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_step_that_does_not_hold_ends_it_as_it_would_end_the_run(
    aws: HostileEndpoint, run_job: Callable[..., Finished], variables: dict[str, str], step: str, outcome: Outcome
) -> None:
    """With a sentence and its mend."""
    port = str(free_port())
    given = {name: value.replace("{port}", port) for name, value in variables.items()}
    document = checked(aws, run_job("--check", **WAIT, SFN_RETRY_WINDOW="0", **given), outcome)
    last = document["checks"][-1]
    assert (last["name"], last["holds"]) == (step, False)
    assert last["mend"]
    assert run_job(**WAIT, SFN_RETRY_WINDOW="0", **given).code == outcome


@pytest.mark.parametrize("fault", [unrecognized_client(), expired_token()], ids=lambda fault: fault.name)
def test_wrong_credentials_are_told_from_a_wrong_endpoint(
    aws: HostileEndpoint, run_job: Callable[..., Finished], fault: Any
) -> None:
    """AWS answered, so the way to it is right."""
    aws.fail("*", fault, times=None)
    document = checked(aws, run_job("--check", SFN_RETRY_WINDOW="0"), Outcome.AUTHENTICATION_ERROR)
    assert steps(document)["credentials"] is False


def test_a_refused_role_is_its_own_step(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """And AWS's sentence says who asked."""
    aws.allow(["states:*"])
    document = checked(aws, run_job("--check", **ROLE), Outcome.AUTHORIZATION_ERROR)
    assert steps(document)["role"] is False
    assert "user/hostile" in document["checks"][-1]["message"]


def test_a_missing_permission_is_named_with_its_mend(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Exit 3, where a run would end so."""
    aws.allow(["states:StartExecution", "states:DescribeStateMachine", "states:GetExecutionHistory"])
    document = checked(aws, run_job("--check", **WAIT), Outcome.AUTHORIZATION_ERROR)
    assert [name for name, holds in steps(document).items() if holds is False] == [
        "permission states:DescribeExecution"
    ]
    assert "states:DescribeExecution" in document["checks"][-2]["mend"]


def test_a_permission_that_a_run_can_do_without_is_named_and_no_failure(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The run would tell less."""
    aws.allow(["states:StartExecution", "states:DescribeStateMachine", "states:DescribeExecution"])
    document = checked(aws, run_job("--check", **WAIT), Outcome.SUCCESS)
    assert steps(document)["permission states:GetExecutionHistory"] is False


def test_a_state_machine_that_may_not_be_described_may_be_right_all_the_same(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """A start alone doesn't need that."""
    aws.allow(["states:StartExecution"])
    document = checked(aws, run_job("--check"), Outcome.SUCCESS)
    (machine,) = (step for step in document["checks"] if step["name"] == "state machine")
    assert machine["holds"] is None
    assert "states:DescribeStateMachine" in machine["mend"]


def test_a_state_machine_that_is_not_there_leaves_the_steps_before_it(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """AWS has answered, and knows the credentials."""
    arn = aws.state_machine_arn + "-absent"
    document = checked(aws, run_job("--check", SFN_STATE_MACHINE_ARN=arn, **ROLE), Outcome.DATA_VALIDATION_ERROR)
    assert steps(document) == {
        "variables": True,
        "endpoint": True,
        "credentials": True,
        "role": True,
        "state machine": False,
    }


def test_where_nobody_knows_of_describing_a_state_machine_it_goes_on_as_the_run_does(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """As with some stand-ins for AWS."""
    aws.fail("DescribeStateMachine", error("UnknownOperationException"), times=None)
    document = checked(aws, run_job("--check", **WAIT), Outcome.SUCCESS)
    assert steps(document)["state machine"] is None
    ends_with(run_job(**WAIT), Outcome.SUCCESS)


@pytest.mark.parametrize(
    ("variables", "action"), [(WAIT, "StartSyncExecution"), ({}, "StartExecution")], ids=["waiting", "not waiting"]
)
def test_an_express_state_machine_needs_its_own_permissions_only(
    variables: dict[str, str], action: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Also where AWS had to say that it is one."""
    arn = aws.add_state_machine("quick", type="EXPRESS")
    document = checked(aws, run_job("--check", SFN_STATE_MACHINE_ARN=arn, **variables), Outcome.SUCCESS)
    assert [name for name in steps(document) if name.startswith("permission")] == [f"permission states:{action}"]


def test_a_run_id_with_an_express_state_machine_is_told_as_what_it_is(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """It is no matter of the ARN."""
    arn = aws.add_state_machine("quick", type="EXPRESS")
    finished = run_job("--check", SFN_STATE_MACHINE_ARN=arn, SFN_RUN_ID="a")
    last = checked(aws, finished, Outcome.DATA_VALIDATION_ERROR)["checks"][-1]
    assert last["message"].startswith("SFN_RUN_ID")
    assert last["mend"] is None


def test_a_state_machine_that_is_being_deleted_is_refused(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """AWS would start nothing on it."""
    aws.fail("DescribeStateMachine", altered(status="DELETING"))
    document = checked(aws, run_job("--check"), Outcome.DATA_VALIDATION_ERROR)
    assert steps(document)["state machine"] is False
    assert "being deleted" in document["status_description"]


def test_a_proxy_that_lets_it_through_is_a_step_that_holds(
    aws: HostileEndpoint, squid: Squid, start_job: Callable[..., Job]
) -> None:
    """With its address."""
    url = f"http://{HOST}:{aws.url.rpartition(':')[2]}"
    job = start_job("--check", AWS_ENDPOINT_URL=url, SFN_USE_PROXY="true", SFN_PROXY=squid.url)
    document = checked(aws, job.finish(), Outcome.SUCCESS)
    (proxy,) = (step for step in document["checks"] if step["name"] == "proxy")
    assert proxy["holds"] is True
    assert squid.url in proxy["message"]


def test_a_signal_ends_it_with_the_steps_that_were_done(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """As it ends a run."""
    aws.fail("GetCallerIdentity", hang_before())
    job = start_job("--check")
    aws.wait_for("GetCallerIdentity")
    job.send(signal.SIGTERM)
    document = checked(aws, job.finish(), Outcome.TERMINATED)
    assert steps(document) == {"variables": True, "endpoint": True}


def test_temporary_keys_that_nobody_renews_are_pointed_out(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """A wait may outlast them."""
    document = checked(
        aws,
        run_job(
            "--check",
            **WAIT,
            SFN_CREDENTIALS_USER="",
            SFN_CREDENTIALS_PASSWORD="",
            AWS_ACCESS_KEY_ID="ASIAEXAMPLE",
            AWS_SECRET_ACCESS_KEY="secret",
            AWS_SESSION_TOKEN="token",
        ),
        Outcome.SUCCESS,
    )
    (credentials,) = (step for step in document["checks"] if step["name"] == "credentials")
    assert "they expire" in credentials["message"]
    assert "exit 2" in credentials["mend"]


@pytest.mark.parametrize(("qualifier", "said"), [("7", "version 7"), ("PROD", "alias PROD")])
def test_a_version_or_an_alias_is_looked_up(
    aws: HostileEndpoint, run_job: Callable[..., Finished], qualifier: str, said: str
) -> None:
    """Each by the request that knows it."""
    finished = run_job("--check", SFN_STATE_MACHINE_ARN=f"{aws.state_machine_arn}:{qualifier}")
    document = checked(aws, finished, Outcome.SUCCESS)
    assert any(said in step["message"] for step in document["checks"])


@pytest.mark.parametrize(
    ("variables", "said"),
    [({"SFN_STATE_MACHINE_TYPE": "standard"}, "SFN_STATE_MACHINE_TYPE"), ({"SFN_RUN_ID": "a"}, "SFN_RUN_ID")],
)
def test_what_does_not_fit_an_express_state_machine_is_found(
    aws: HostileEndpoint, run_job: Callable[..., Finished], variables: dict[str, str], said: str
) -> None:
    """The type, and what would find an execution again."""
    arn = aws.add_state_machine("quick", type="EXPRESS")
    finished = run_job("--check", **WAIT, SFN_STATE_MACHINE_ARN=arn, **variables)
    assert said in checked(aws, finished, Outcome.DATA_VALIDATION_ERROR)["status_description"]


def test_people_get_a_list(run_job: Callable[..., Finished]) -> None:
    """One line a step, nothing else on standard output."""
    finished = run_job("--check", SFN_LOG_FORMAT="text")
    assert finished.code == 0
    assert finished.stdout.splitlines()[0] == "ok       variables: all understood"


def test_what_does_not_hold_has_its_mend_on_the_next_line(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Indented, so that the steps stand out."""
    aws.allow(["states:StartExecution"])
    lines = run_job("--check", SFN_LOG_FORMAT="text").stdout.splitlines()
    (place,) = (place for place, line in enumerate(lines) if line.startswith("unknown  state machine: "))
    assert lines[place + 1].startswith("         Allow states:DescribeStateMachine")


def test_on_a_terminal_it_is_a_list_by_itself(start_job: Callable[..., Job]) -> None:
    """Without asking for it."""
    person, process = pty.openpty()
    job = start_job("--check", options={"stdout": process})
    os.close(process)
    job.process.wait(LIMIT)
    assert os.read(person, 100).startswith(b"ok       variables")
    os.close(person)


def test_two_modes_at_once_start_nothing(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """What isn't understood is never taken for a run."""
    for arguments in (["--check", "--iam-policy"], ["--iam-policy", "x"], ["--Check"]):
        ends_with(run_job(*arguments), Outcome.DATA_VALIDATION_ERROR)
    assert not aws.requests


# The policy

NIGHTLY = {"SFN_EXECUTION_NAME": "nightly"}
EXPRESS = {"SFN_STATE_MACHINE_TYPE": "express", "SFN_STATE_MACHINE_ARN": "express"}
FAILS: dict[str, Any] = {"duration": 0.0, "status": "FAILED", "error": "Boom"}
LASTS: dict[str, Any] = {"duration": 60}

CONFIGURATIONS: dict[str, dict[str, str]] = {
    "start only": {},
    "wait": WAIT,
    "standard": {**WAIT, "SFN_STATE_MACHINE_TYPE": "standard"},
    "role": {**WAIT, **ROLE},
    "run id": {**WAIT, "SFN_RUN_ID": "2026-11-22"},
    "resume": {**WAIT, **NIGHTLY, "SFN_RERUN": "resume"},
    "once, start only": {**NIGHTLY, "SFN_RERUN": "once"},
    "redrive": {**WAIT, **NIGHTLY, "SFN_RERUN": "redrive"},
    "new name": NIGHTLY,
    "fail": {**NIGHTLY, "SFN_RERUN": "fail"},
    "stop": {**WAIT, "SFN_WAIT_TIMEOUT": "1", "SFN_ON_WAIT_TIMEOUT": "stop"},
    "express": {**WAIT, **EXPRESS},
    "express, start only": EXPRESS,
}

SITUATIONS = {"it fails": (FAILS, False), "it lasts": (LASTS, False), "it failed before": (FAILS, True)}
"""How the execution goes, and whether one of its name is there already."""


def situations_of(name: str) -> list[str]:
    """Those in which the configuration needs something."""
    lasts = ["it lasts"] if name == "stop" else []
    return ["it fails", *lasts, *(["it failed before"] if "SFN_EXECUTION_NAME" in CONFIGURATIONS[name] else [])]


def variables_in(aws: HostileEndpoint, name: str, situation: str) -> dict[str, str]:
    """Bring the account into the situation, and return what the run is told."""
    plan, failed_before = SITUATIONS[situation]
    aws.plan(**plan)
    if failed_before:
        aws.seed("nightly-1", status="FAILED")
    own = {"SFN_STATE_MACHINE_ARN": aws.add_state_machine("quick", type="EXPRESS")} if "express" in name else {}
    return {**CONFIGURATIONS[name], **own}


def told(finished: Finished) -> tuple[int, list[str], bool]:
    """What a run came to: its exit status, what it warned of, and whether it explained a failure."""
    warnings = [event["message"] for event in finished.events if event["level"] == "WARNING"]
    return finished.code, warnings, "failedState" in (finished.document["result"] or {})


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_policy_is_enough_and_nothing_in_it_is_too_much(run_job: Callable[..., Finished], name: str) -> None:
    """Every run is the same as with all permissions; without any single action one fails, warns, or tells less."""

    def runs(policy: dict[str, Any] | None) -> Iterator[tuple[int, list[str], bool]]:
        for situation in situations_of(name):
            with HostileEndpoint() as aws:
                variables = variables_in(aws, name, situation)
                if policy:
                    aws.allow_only(policy)
                yield told(run_job(**variables, AWS_ENDPOINT_URL=aws.url))

    with HostileEndpoint() as aws:
        finished = run_job("--iam-policy", **variables_in(aws, name, "it fails"))
        assert not aws.requests
    assert finished.code == 0
    policy = json.loads(finished.stdout)
    unlimited = list(runs(None))
    assert not any(warnings for _, warnings, _ in unlimited)
    assert list(runs(policy)) == unlimited
    for statement in policy["Statement"]:
        for action in statement["Action"]:
            others = [one for one in statement["Action"] if one != action]
            rest = [one for one in policy["Statement"] if one is not statement]
            lacking = {"Statement": [*rest, {**statement, "Action": others}]}
            changed = any(one != other for one, other in zip(runs(lacking), unlimited, strict=False))
            assert changed, f"{action} is too much"


@pytest.mark.parametrize(
    ("variables", "actions"),
    [
        ({}, ["states:StartExecution"]),
        (
            {**WAIT, "SFN_STATE_MACHINE_TYPE": "standard"},
            ["states:StartExecution", "states:DescribeExecution", "states:GetExecutionHistory"],
        ),
        (
            {"SFN_ON_TERMINATE": "stop", **ROLE},
            ["sts:AssumeRole", "states:StartExecution", "states:StopExecution"],
        ),
    ],
    ids=str,
)
def test_the_policy_has_what_the_configuration_needs(
    run_job: Callable[..., Finished], variables: dict[str, str], actions: list[str]
) -> None:
    """Describe and history only with waiting, stop only with `stop`, the role only with a role."""
    policy = json.loads(run_job("--iam-policy", **variables).stdout)
    assert [action for statement in policy["Statement"] for action in statement["Action"]] == actions


def test_the_policy_of_an_alias_is_about_its_state_machine(run_job: Callable[..., Finished]) -> None:
    """IAM knows a version or an alias by a condition only."""
    arn = f"arn:aws-cn:states:cn-north-1:{ACCOUNT_ID}:stateMachine:nightly"
    policy = json.loads(run_job("--iam-policy", **WAIT, SFN_STATE_MACHINE_ARN=f"{arn}:PROD").stdout)
    assert [statement["Resource"] for statement in policy["Statement"]] == [
        arn,
        f"arn:aws-cn:states:cn-north-1:{ACCOUNT_ID}:execution:nightly:sfn-job-*",
    ]


def test_no_policy_for_wrong_variables(run_job: Callable[..., Finished]) -> None:
    """The result document says what is wrong."""
    document = ends_with(run_job("--iam-policy", SFN_STATE_MACHINE_ARN="nightly"), Outcome.DATA_VALIDATION_ERROR)
    assert document["errors"][0]["variable"] == "SFN_STATE_MACHINE_ARN"
