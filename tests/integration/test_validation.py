"""Validation (contract 1): every rule, all problems at once, and nothing sent."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from job.outcomes import Outcome
from job.settings import TABLE
from tests.hostile import HostileEndpoint
from tests.support.examples import examples
from tests.support.process import Finished
from tests.support.results import FIELDS, ends_with, reached_nothing

ROLE = {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": "arn:aws:iam::123456789012:role/path/runner"}
PROXY = {"SFN_USE_PROXY": "true", "SFN_PROXY": "http://proxy:3128"}
PROXY_WITH_CREDENTIALS = {
    **PROXY,
    "SFN_PROXY_TYPE": "HTTPS With Credentials",
    "SFN_PROXY_CREDENTIALS_USER": "user",
    "SFN_PROXY_CREDENTIALS_PASSWORD": "password",
}
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:"

# What is given → the variable that is wrong, and a part of what is said of it.
RULES = [
    ({"SFN_ACTION": "Stop"}, "SFN_ACTION", "Start Asynchronous Execution"),
    ({"SFN_ACTION": "start asynchronous execution"}, "SFN_ACTION", "must be one of"),
    ({"SFN_CREDENTIALS_PASSWORD": ""}, "SFN_CREDENTIALS_PASSWORD", "required with SFN_CREDENTIALS_USER"),
    ({"SFN_CREDENTIALS_USER": ""}, "SFN_CREDENTIALS_USER", "required with SFN_CREDENTIALS_PASSWORD"),
    ({"SFN_REGION": "Europe"}, "SFN_REGION", "name of a region"),
    ({"SFN_REGION": "eu-west-1.evil.example"}, "SFN_REGION", "name of a region"),
    ({"SFN_REGION": "us-east-1"}, "SFN_REGION", "eu-west-1"),
    ({"SFN_ROLE_BASED_ACCESS": "maybe"}, "SFN_ROLE_BASED_ACCESS", "true or false"),
    ({"SFN_ROLE_BASED_ACCESS": "yes"}, "SFN_ROLE_ARN", "required"),
    ({**ROLE, "SFN_ROLE_ARN": "runner"}, "SFN_ROLE_ARN", "arn:aws:iam::"),
    ({**ROLE, "SFN_ROLE_ARN": "arn:aws:iam::12345:role/runner"}, "SFN_ROLE_ARN", "arn:aws:iam::"),
    ({**ROLE, "SFN_ROLE_ARN": "arn:aws:iam::123456789012:user/runner"}, "SFN_ROLE_ARN", "arn:aws:iam::"),
    ({**ROLE, "SFN_ROLE_ARN": "arn:aws:iam::123456789012:role/"}, "SFN_ROLE_ARN", "arn:aws:iam::"),
    ({**ROLE, "SFN_EXTERNAL_ID": "x"}, "SFN_EXTERNAL_ID", "2 to 1,224"),
    ({**ROLE, "SFN_EXTERNAL_ID": "not this one"}, "SFN_EXTERNAL_ID", "letters, digits"),
    ({**ROLE, "SFN_ROLE_SESSION_NAME": "n" * 65}, "SFN_ROLE_SESSION_NAME", "2 to 64"),
    ({**ROLE, "SFN_ROLE_SESSION_NAME": "a/b"}, "SFN_ROLE_SESSION_NAME", "letters, digits"),
    ({**ROLE, "SFN_ROLE_DURATION": "899"}, "SFN_ROLE_DURATION", "900 to 43,200"),
    ({**ROLE, "SFN_ROLE_DURATION": "43201"}, "SFN_ROLE_DURATION", "900 to 43,200"),
    ({**ROLE, "SFN_ROLE_DURATION": "1h"}, "SFN_ROLE_DURATION", "whole number"),
    ({"SFN_STATE_MACHINE_ARN": ""}, "SFN_STATE_MACHINE_ARN", "required"),
    ({"SFN_STATE_MACHINE_ARN": "nightly"}, "SFN_STATE_MACHINE_ARN", "arn:aws:states:"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE}, "SFN_STATE_MACHINE_ARN", "arn:aws:states:"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE + "a:b:c"}, "SFN_STATE_MACHINE_ARN", ":version or :alias"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE + "with space"}, "SFN_STATE_MACHINE_ARN", "arn:aws:states:"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE + "a\n"}, "SFN_STATE_MACHINE_ARN", "arn:aws:states:"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE.replace("stateMachine", "execution") + "a:b"}, "SFN_STATE_MACHINE_ARN", "arn"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE.replace("states", "lambda") + "a"}, "SFN_STATE_MACHINE_ARN", "arn"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE.replace("123456789012", "1234") + "a"}, "SFN_STATE_MACHINE_ARN", "arn"),
    ({"SFN_STATE_MACHINE_ARN": MACHINE.replace("arn:aws:", "arn:azure:") + "a"}, "SFN_STATE_MACHINE_ARN", "arn"),
    ({"SFN_EXECUTION_NAME": "n" * 79}, "SFN_EXECUTION_NAME", "78"),
    *[
        ({"SFN_EXECUTION_NAME": f"a{character}b"}, "SFN_EXECUTION_NAME", "must not hold")
        for character in [*' \n<}?"\\$:/', "\x01", "\x85", "\uffff"]
    ],
    ({"SFN_STATE_MACHINE_TYPE": "EXPRESS"}, "SFN_STATE_MACHINE_TYPE", "auto, standard, express"),
    ({"SFN_STATE_MACHINE_TYPE": "express", "SFN_RUN_ID": "a"}, "SFN_RUN_ID", "SFN_RERUN=new"),
    ({"SFN_STATE_MACHINE_TYPE": "express", "SFN_RERUN": "once"}, "SFN_RERUN", "SFN_RERUN=new"),
    ({"SFN_INPUTS_FILE": "/nowhere", "JOB_COMPLETION_INDEX": "0"}, "SFN_INPUTS_FILE", "No such file"),
    ({"SFN_INPUTS_FILE": "/dev/null", "JOB_COMPLETION_INDEX": "0"}, "SFN_INPUTS_FILE", "has 0 lines"),
    ({"SFN_INPUTS_FILE": "/dev/null"}, "SFN_INPUTS_FILE", "needs JOB_COMPLETION_INDEX"),
    ({"SFN_TRACE_HEADER": "Root=ü"}, "SFN_TRACE_HEADER", "ASCII"),
    ({"SFN_TRACE_HEADER": "x" * 257}, "SFN_TRACE_HEADER", "256"),
    ({"SFN_TERMINATION_LOG": "/nowhere/log"}, "SFN_TERMINATION_LOG", "can't be written"),
    ({"SFN_REPORT_PATH": "/nowhere/report.html"}, "SFN_REPORT_PATH", "can't be written"),
    ({"SFN_REPORT_PATH": "/dev/null", "SFN_REPORT_DATA": "some"}, "SFN_REPORT_DATA", "true or false"),
    ({"SFN_INPUT": "hello"}, "SFN_INPUT", "must be JSON"),
    ({"SFN_INPUT": "{'a': 1}"}, "SFN_INPUT", "column 2"),
    ({"SFN_INPUT": '{"a": 1,}'}, "SFN_INPUT", "must be JSON"),
    ({"SFN_INPUT": '{"a": NaN}'}, "SFN_INPUT", "NaN"),
    ({"SFN_INPUT": "[1, -Infinity]"}, "SFN_INPUT", "-Infinity"),
    ({"SFN_INPUT": "{} {}"}, "SFN_INPUT", "must be JSON"),
    ({"SFN_INPUT": '"line\nbreak"'}, "SFN_INPUT", "must be JSON"),
    ({"SFN_INPUT": "01"}, "SFN_INPUT", "must be JSON"),
    ({"SFN_INPUT": " "}, "SFN_INPUT", "must be JSON"),
    ({"SFN_INPUT": "\ufeff{}"}, "SFN_INPUT", "must be JSON"),
    ({"SFN_USE_PROXY": "2"}, "SFN_USE_PROXY", "true or false"),
    ({"SFN_USE_PROXY": "true"}, "SFN_PROXY", "required"),
    ({**PROXY, "SFN_PROXY_TYPE": "SOCKS"}, "SFN_PROXY_TYPE", "HTTPS With Credentials"),
    ({**PROXY, "SFN_PROXY": "proxy:3128"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://proxy"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://:3128"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://proxy:99999"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "socks5://proxy:1080"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://fe80::1:3128"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://[fe80::1:3128"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://proxy:1/path"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://a:1,"}, "SFN_PROXY", "http://host:port"),
    ({**PROXY, "SFN_PROXY": "http://a:1,http://b:2"}, "SFN_PROXY", "two proxies"),
    ({**PROXY, "SFN_PROXY": "http://user:password@proxy:3128"}, "SFN_PROXY", "SFN_PROXY_CREDENTIALS_USER"),
    ({**PROXY_WITH_CREDENTIALS, "SFN_PROXY_CREDENTIALS_USER": ""}, "SFN_PROXY_CREDENTIALS_USER", "required"),
    ({**PROXY_WITH_CREDENTIALS, "SFN_PROXY_CREDENTIALS_PASSWORD": ""}, "SFN_PROXY_CREDENTIALS_PASSWORD", "required"),
    (
        {**PROXY, "SFN_PROXY_TYPE": "HTTPS", "SFN_PROXY_CA_BUNDLE_FILE": "/nowhere/ca.pem"},
        "SFN_PROXY_CA_BUNDLE_FILE",
        "No such file",
    ),
    ({"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "y"}, "SFN_WAIT_FOR_SUCCESS_OR_FAILURE", "true or false"),
    *[
        ({"SFN_POLLING_INTERVAL": value}, "SFN_POLLING_INTERVAL", "number of seconds")
        for value in ("0", "0.0", "-1", "ten", "10s", "nan", "inf", "1e999", "1e10", "1_0", "\u0663")
    ],
    ({"SFN_CREDENTIALS_USER": "AKIA\n"}, "SFN_CREDENTIALS_USER", "line breaks"),
    ({"SFN_CREDENTIALS_PASSWORD": "secret\r"}, "SFN_CREDENTIALS_PASSWORD", "line breaks"),
    ({**PROXY_WITH_CREDENTIALS, "SFN_PROXY_CREDENTIALS_USER": "a\nb"}, "SFN_PROXY_CREDENTIALS_USER", "line breaks"),
    ({"SFN_CONNECT_TIMEOUT": "0"}, "SFN_CONNECT_TIMEOUT", "above 0"),
    ({"SFN_READ_TIMEOUT": "0"}, "SFN_READ_TIMEOUT", "above 0"),
    ({"SFN_WAIT_TIMEOUT": "-1"}, "SFN_WAIT_TIMEOUT", "0 or more"),
    ({"SFN_WAIT_TIMEOUT": "infinity"}, "SFN_WAIT_TIMEOUT", "0 or more"),
    ({"SFN_RETRY_WINDOW": "-1"}, "SFN_RETRY_WINDOW", "0 or more"),
    ({"SFN_RETRY_WINDOW": "an hour"}, "SFN_RETRY_WINDOW", "number of seconds"),
    ({"SFN_RESULT_PATH": "/nowhere/result.json"}, "SFN_RESULT_PATH", "No such file"),
    ({"SFN_RESULT_PATH": "/tmp"}, "SFN_RESULT_PATH", "directory"),  # noqa: S108 - nothing is written there
    ({"SFN_MASK_DATA": "perhaps"}, "SFN_MASK_DATA", "true or false"),
    ({"SFN_RERUN": "again"}, "SFN_RERUN", "must be one of"),
    ({"SFN_ON_WAIT_TIMEOUT": "kill"}, "SFN_ON_WAIT_TIMEOUT", "must be one of"),
    ({"SFN_ON_TERMINATE": "kill"}, "SFN_ON_TERMINATE", "must be one of"),
    ({"SFN_LOG_LEVEL": "LOUD"}, "SFN_LOG_LEVEL", "WARNING"),
    ({"SFN_LOG_FORMAT": "xml"}, "SFN_LOG_FORMAT", "json"),
]
RULES += [
    ({row.variable: wrong}, row.variable, "must be")
    for row in TABLE
    if row.variable not in {variable for _, variable, _ in RULES}
    for wrong in examples(row)[1]
]


def refused(aws: HostileEndpoint, finished: Finished) -> list[tuple[str, str]]:
    """The problems of a run that validation ended: variable and message."""
    document = ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert reached_nothing(document)
    assert aws.requests == []
    problems = [(problem["variable"], problem["message"]) for problem in document["errors"]]
    assert all(variable in document["status_description"] for variable, _ in problems)
    return problems


# The rules


@pytest.mark.parametrize(
    ("variables", "variable", "message"),
    RULES,
    ids=[f"{variable}={(given.get(variable) or 'none')[:40]!a}" for given, variable, _ in RULES],
)
def test_a_wrong_value_is_named_and_nothing_is_sent(
    variables: dict[str, str], variable: str, message: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """One rule broken is one problem: the variable, and what it must be."""
    ((named, said),) = refused(aws, run_job(**variables))
    assert named == variable
    assert message in said


def test_every_rule_of_the_settings_table_has_a_case() -> None:
    """A variable whose values can be wrong stands in the table above, or its kind tells a wrong one."""
    can_be_wrong = {row.variable for row in TABLE if row.kind.label not in {"text", "secret"} or row.required}
    assert can_be_wrong <= {variable for _, variable, _ in RULES}


def test_all_problems_are_told_at_once_in_the_order_of_the_fields(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Nobody has to fix one to learn of the next."""
    problems = refused(
        aws,
        run_job(
            SFN_LOG_LEVEL="LOUD",
            SFN_RETRY_WINDOW="soon",
            SFN_PROXY="here",
            SFN_USE_PROXY="true",
            SFN_INPUT="{",
            SFN_EXECUTION_NAME="a b",
            SFN_STATE_MACHINE_ARN="",
            SFN_ROLE_BASED_ACCESS="perhaps",
            SFN_CREDENTIALS_PASSWORD="",
            SFN_REGION_FILE="/nowhere/region",
        ),
    )
    assert [variable for variable, _ in problems] == [
        "SFN_CREDENTIALS_PASSWORD",
        "SFN_REGION_FILE",
        "SFN_ROLE_BASED_ACCESS",
        "SFN_STATE_MACHINE_ARN",
        "SFN_EXECUTION_NAME",
        "SFN_INPUT",
        "SFN_PROXY",
        "SFN_RETRY_WINDOW",
        "SFN_LOG_LEVEL",
    ]


def test_an_environment_with_nothing_in_it_is_told_what_is_needed(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The first run of somebody who knows nothing yet: one problem, and a whole document."""
    nothing = {"SFN_STATE_MACHINE_ARN": "", "SFN_CREDENTIALS_USER": "", "SFN_CREDENTIALS_PASSWORD": ""}
    problems = refused(aws, run_job(AWS_ENDPOINT_URL="", **nothing))
    assert [variable for variable, _ in problems] == ["SFN_STATE_MACHINE_ARN"]


@pytest.mark.parametrize(
    "variables",
    [
        {"SFN_ROLE_ARN": "nonsense", "SFN_ROLE_DURATION": "nonsense", "SFN_EXTERNAL_ID": " "},
        {"SFN_PROXY": "nonsense", "SFN_PROXY_TYPE": "nonsense", "SFN_PROXY_CA_BUNDLE_FILE": "/nowhere"},
        {"SFN_PROXY_CREDENTIALS_USER": "only one of the two"},
    ],
    ids=["role", "proxy", "proxy credentials"],
)
def test_what_does_not_apply_is_neither_required_nor_used(
    variables: dict[str, str], run_job: Callable[..., Finished]
) -> None:
    """Without role-based access or a proxy their fields may hold anything, and show as null."""
    fields = ends_with(run_job(**variables), Outcome.SUCCESS)["invocation"]["fields"]
    shown = {fields.get(variable.removeprefix("SFN_").lower()) for variable in variables}
    assert shown == {None}


# Values that are right


@pytest.mark.parametrize(
    ("spelling", "waits"),
    [
        *[(spelling, True) for spelling in ("true", "tRuE", "YES", "on", "1")],
        *[(spelling, False) for spelling in ("False", "no", "OFF", "0", "")],
    ],
)
def test_a_boolean_has_many_spellings(
    spelling: str, waits: bool, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Any case of true, yes, on, 1 and of their opposites; empty is the default."""
    aws.plan(duration=0.0)
    document = ends_with(run_job(SFN_WAIT_FOR_SUCCESS_OR_FAILURE=spelling), Outcome.SUCCESS)
    assert document["invocation"]["fields"]["wait_for_success_or_failure"] is waits
    assert (aws.count("DescribeExecution") > 0) is waits


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-eusc"])
def test_all_partitions_are_taken(partition: str, aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """An ARN of an isolated partition passes validation too; what AWS says of it is AWS's business."""
    region = {"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}.get(partition, "us-iso-east-1")
    run_job(SFN_STATE_MACHINE_ARN=f"arn:{partition}:states:{region}:123456789012:stateMachine:m", SFN_RETRY_WINDOW="0")
    assert aws.count("StartExecution") == 1
    assert f"/{region}/states/" in aws.requests[0].headers["Authorization"]


@pytest.mark.parametrize("name", ["a", "A_b-c.d", "n" * 78, "ключ", "日本", "(a)=b+c@d!'"])
def test_names_that_aws_takes_are_taken(name: str, aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """The rules are AWS's, not narrower."""
    ends_with(run_job(SFN_EXECUTION_NAME=name), Outcome.SUCCESS)
    assert list(aws.executions) == [f"{name}-1"]


@pytest.mark.parametrize(
    ("given", "signed"),
    [
        ({}, "eu-west-1"),
        ({"SFN_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-2"}, "eu-west-1"),
        ({"SFN_REGION": "eu-west-1", "AWS_REGION": "us-east-2"}, "eu-west-1"),
        ({"AWS_REGION": "us-east-2"}, "us-east-2"),
        ({"AWS_DEFAULT_REGION": "us-east-2"}, "us-east-2"),
    ],
    ids=["ARN", "SFN_REGION", "AWS_REGION first", "SFN_REGION first", "AWS_REGION", "AWS_DEFAULT_REGION"],
)
def test_the_region_comes_from_the_first_place_that_has_one(
    given: dict[str, str], signed: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """SFN_REGION, then the environment's, then the state machine's: seen in the request's signature."""
    ends_with(run_job(**given), Outcome.SUCCESS)
    assert f"/{signed}/states/aws4_request" in aws.requests[0].headers["Authorization"]


def test_an_empty_value_is_an_unset_one(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Every variable that the run doesn't need may be there and empty; the defaults hold, and nothing is warned of."""
    needed = {"SFN_STATE_MACHINE_ARN", "SFN_CREDENTIALS_USER", "SFN_CREDENTIALS_PASSWORD"}
    empty = {row.variable + suffix: "" for row in TABLE for suffix in ("", "_FILE") if row.variable not in needed}
    finished = run_job(**empty)
    fields = ends_with(finished, Outcome.SUCCESS)["invocation"]["fields"]
    assert (fields["action"], fields["polling_interval"]) == ("Start Asynchronous Execution", 10)
    assert {event["level"] for event in finished.events} == {"INFO"}
    assert aws.started == 1


# Values in files


@pytest.mark.parametrize(
    ("variable", "content", "shown"),
    [
        ("SFN_EXECUTION_NAME", "nightly", "nightly"),
        ("SFN_EXECUTION_NAME", "nightly\n", "nightly"),
        ("SFN_EXECUTION_NAME", "nightly\r\n", "nightly"),
        ("SFN_INPUT", '{"a":1}\n', '{"a":1}'),
        ("SFN_INPUT", '{"a":1}\n\n', '{"a":1}\n'),
        ("SFN_POLLING_INTERVAL", "2.5\n", 2.5),
        ("SFN_WAIT_FOR_SUCCESS_OR_FAILURE", "yes\n", True),
        ("SFN_REGION", "eu-west-1\n", "eu-west-1"),
        ("SFN_ACTION", "Start Asynchronous Execution\n", "Start Asynchronous Execution"),
        ("SFN_EXECUTION_NAME", "\n", ""),
        ("SFN_INPUT", "", None),
    ],
)
def test_a_value_from_a_file_is_as_good_as_the_value(
    variable: str, content: str, shown: object, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """`<NAME>_FILE`: one trailing newline is dropped, no more; the result shows the value like one given directly."""
    path = tmp_path / "value"
    path.write_bytes(content.encode())
    fields = ends_with(run_job(**{f"{variable}_FILE": str(path)}), Outcome.SUCCESS)["invocation"]["fields"]
    assert fields[variable.removeprefix("SFN_").lower()] == shown


def test_secrets_from_files_sign_the_request(
    tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The way in which Kubernetes mounts secrets: a file each, with or without a newline."""
    (tmp_path / "user").write_text("AKIAFROMAFILE")
    (tmp_path / "password").write_text("secret from a file\n")
    finished = run_job(
        SFN_CREDENTIALS_USER="",
        SFN_CREDENTIALS_USER_FILE=str(tmp_path / "user"),
        SFN_CREDENTIALS_PASSWORD="",
        SFN_CREDENTIALS_PASSWORD_FILE=str(tmp_path / "password"),
    )
    fields = ends_with(finished, Outcome.SUCCESS)["invocation"]["fields"]
    assert aws.requests[0].access_key == "AKIAFROMAFILE"
    assert (fields["credentials_user"], fields["credentials_password"]) == ("****", "****")


def test_a_state_machine_arn_from_a_file_is_run(
    tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """A required variable is given when its file is."""
    (tmp_path / "arn").write_text(aws.state_machine_arn + "\n")
    ends_with(run_job(SFN_STATE_MACHINE_ARN="", SFN_STATE_MACHINE_ARN_FILE=str(tmp_path / "arn")), Outcome.SUCCESS)


@pytest.mark.parametrize("variable", ["SFN_INPUT", "SFN_CREDENTIALS_PASSWORD", "SFN_STATE_MACHINE_ARN"])
def test_a_value_and_its_file_are_ambiguous(
    variable: str, tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Both given is never a silent choice, even if they are the same."""
    path = tmp_path / "value"
    path.write_text("1")
    given = {"SFN_INPUT": "1"} if variable == "SFN_INPUT" else {}
    ((named, said),) = refused(aws, run_job(**given, **{f"{variable}_FILE": str(path)}))
    assert named == variable
    assert f"{variable}_FILE" in said


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/nowhere/value", "No such file"), ("/etc", "directory"), ("/etc/passwd/value", "Not a directory")],
)
@pytest.mark.parametrize("variable", ["SFN_INPUT", "SFN_CREDENTIALS_PASSWORD", "SFN_STATE_MACHINE_ARN"])
def test_a_file_that_can_not_be_read_is_a_problem(
    variable: str, path: str, reason: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The problem is the `_FILE` variable's, with the system's reason, and it is the only one."""
    variables = {variable: "", f"{variable}_FILE": path}
    ((named, said),) = refused(aws, run_job(**variables))
    assert named == f"{variable}_FILE"
    assert reason in said


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00}\x00", b'"\xe9"', b"\xed\xa0\x80"])
def test_a_file_that_is_no_utf_8_is_a_problem(
    content: bytes, tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Bytes in another encoding are neither guessed at nor replaced."""
    path = tmp_path / "input"
    path.write_bytes(content)
    ((named, said),) = refused(aws, run_job(SFN_INPUT_FILE=str(path)))
    assert named in {"SFN_INPUT", "SFN_INPUT_FILE"}
    assert "UTF-8" in said


def test_bytes_that_are_no_utf_8_in_a_variable_are_a_problem(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """An environment holds bytes; those that are no text get a message and no stack."""
    ((named, said),) = refused(aws, run_job(SFN_INPUT=b'"\xe9"'.decode(errors="surrogateescape")))
    assert (named, said) == ("SFN_INPUT", "is not valid UTF-8")


def test_a_path_that_holds_a_secret_by_mistake_is_not_repeated(run_job: Callable[..., Finished]) -> None:
    """Somebody who puts the secret itself into `…_FILE` doesn't find it in the log."""
    finished = run_job(SFN_CREDENTIALS_PASSWORD="", SFN_CREDENTIALS_PASSWORD_FILE="s3cr3t-by-mistake")
    ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert "s3cr3t-by-mistake" not in finished.stdout + finished.stderr


# Unknown variables and arguments


@pytest.mark.parametrize(
    ("unknown", "nearest"),
    [
        ("SFN_STATEMACHINE_ARN", "SFN_STATE_MACHINE_ARN"),
        ("SFN_EXECUTION_NAMES", "SFN_EXECUTION_NAME"),
        ("SFN_INPUT_FIEL", "SFN_INPUT_FILE"),
        ("SFN_WAIT_FOR_SUCCESS_AND_FAILURE", "SFN_WAIT_FOR_SUCCESS_OR_FAILURE"),
    ],
)
def test_an_unknown_variable_is_warned_of_with_its_nearest_match(
    unknown: str, nearest: str, run_job: Callable[..., Finished]
) -> None:
    """A misspelled variable doesn't end the run, and isn't silent either."""
    finished = run_job(**{unknown: "value that nobody shows"})
    ends_with(finished, Outcome.SUCCESS)
    (warning,) = [event for event in finished.events if event["level"] == "WARNING"]
    assert (warning["variable"], warning["nearest"]) == (unknown, nearest)
    assert "value that nobody shows" not in finished.stderr + finished.stdout


@pytest.mark.parametrize("arguments", [["--run"], ["input.json"], ["--help", "--version"], ["--Check"], [""]])
def test_an_unknown_argument_is_a_problem(
    arguments: list[str], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Everything comes from the environment; whoever gives arguments is told so, and nothing is started."""
    problems = refused(aws, run_job(*arguments))
    assert [variable for variable, _ in problems] == arguments


# --help, --version


def test_help_names_every_variable_and_every_exit_status(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """`--help` is made from the tables; it exits 0 and starts nothing."""
    finished = run_job("--help")
    assert finished.code == 0
    assert all(re.search(rf"^{row.variable}\b", finished.stdout, re.MULTILINE) for row in TABLE)
    assert all(re.search(rf"^SFN_{field.upper()}\b", finished.stdout, re.MULTILINE) for field in FIELDS)
    assert all(re.search(rf"^ *{outcome.value} ", finished.stdout, re.MULTILINE) for outcome in Outcome)
    assert finished.stderr == ""
    assert aws.requests == []


def test_version_is_the_result_s_version(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """`--version` says what `invocation.version` says."""
    finished = run_job("--version")
    assert finished.code == 0
    assert aws.requests == []
    assert finished.stdout.split()[-1] == run_job().document["invocation"]["version"]
