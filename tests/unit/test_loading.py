"""From the environment to settings, in one step and with every problem."""

from pathlib import Path
from typing import Any

import pytest

from job.loading import Loaded, load, unknown_variables

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"


def loaded(**variables: str) -> Loaded:
    return load({"SFN_STATE_MACHINE_ARN": ARN, **variables})


def problems(**variables: str) -> dict[str, str]:
    return dict(loaded(**variables).problems)


def test_the_least_environment_is_enough() -> None:
    """Only the state machine is required."""
    found = loaded()
    assert not found.problems
    assert found.settings.state_machine_arn == ARN
    assert found.settings.polling_interval == 10


def test_what_is_missing_is_said_to_be_required() -> None:
    """Always, or with what it belongs to."""
    assert load({}).problems == [("SFN_STATE_MACHINE_ARN", "is required")]
    assert problems(SFN_USE_PROXY="yes") == {"SFN_PROXY": "is required with `SFN_USE_PROXY`"}


def test_all_problems_come_at_once_in_the_tables_order() -> None:
    """Whatever kind they are of."""
    found = load(
        {
            "SFN_READ_TIMEOUT": "soon",
            "SFN_CREDENTIALS_USER": "somebody",
            "SFN_INPUT": "{",
            "SFN_ROLE_BASED_ACCESS": "yes",
            "SFN_REGION_FILE": "/nowhere",
        }
    )
    assert [problem.variable for problem in found.problems] == [
        "SFN_CREDENTIALS_PASSWORD",
        "SFN_REGION_FILE",
        "SFN_ROLE_ARN",
        "SFN_STATE_MACHINE_ARN",
        "SFN_INPUT",
        "SFN_READ_TIMEOUT",
    ]


@pytest.mark.parametrize(
    "variables",
    [
        {"SFN_PROXY": "nonsense", "SFN_PROXY_TYPE": "SOCKS", "SFN_PROXY_CA_BUNDLE_FILE": "/nowhere"},
        {"SFN_ROLE_ARN": "nonsense", "SFN_ROLE_DURATION": "long"},
        {"SFN_USE_PROXY": "true", "SFN_PROXY": "http://h:1", "SFN_PROXY_CA_BUNDLE_FILE": "/nowhere"},
    ],
)
def test_what_does_not_apply_is_neither_required_nor_used_nor_shown(variables: dict[str, str]) -> None:
    """Proxy fields without a proxy, the role without role-based access."""
    found = loaded(**variables)
    assert not found.problems
    unused = {key.removeprefix("SFN_").lower() for key in variables} - {"use_proxy", "proxy"}
    if "SFN_USE_PROXY" not in variables:
        unused |= {"proxy"} & set(found.fields)
    assert all(found.fields.get(key) is None for key in unused)
    assert all(getattr(found.settings, key) is None for key in unused)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"SFN_CREDENTIALS_PASSWORD": "x"}, "SFN_CREDENTIALS_USER"),
        ({"SFN_CREDENTIALS_USER": "x"}, "SFN_CREDENTIALS_PASSWORD"),
        ({"SFN_USE_PROXY": "on"}, "SFN_PROXY"),
        ({"SFN_ROLE_BASED_ACCESS": "on"}, "SFN_ROLE_ARN"),
        (
            {
                "SFN_USE_PROXY": "on",
                "SFN_PROXY": "http://h:1",
                "SFN_PROXY_TYPE": "HTTPS With Credentials",
                "SFN_PROXY_CREDENTIALS_USER": "x",
            },
            "SFN_PROXY_CREDENTIALS_PASSWORD",
        ),
    ],
)
def test_what_is_required_with_something_is_missed(variables: dict[str, str], missing: str) -> None:
    """And nothing else is wrong."""
    assert list(problems(**variables)) == [missing]


def test_a_region_that_contradicts_the_arn_says_which_is_which() -> None:
    """Both names are in the message."""
    message = problems(SFN_REGION="us-east-1")["SFN_REGION"]
    assert "us-east-1" in message
    assert "eu-central-1" in message


def test_an_unreadable_file_is_not_reported_as_missing_too() -> None:
    """One mistake, one problem."""
    assert list(dict(load({"SFN_STATE_MACHINE_ARN_FILE": "/nowhere"}).problems)) == ["SFN_STATE_MACHINE_ARN_FILE"]


@pytest.mark.parametrize(
    ("variables", "key", "shown"),
    [
        ({}, "execution_name", ""),
        ({"SFN_EXECUTION_NAME": "a b"}, "execution_name", "a b"),
        ({}, "region", None),
        ({}, "polling_interval", 10),
        ({"SFN_POLLING_INTERVAL": "2.50"}, "polling_interval", 2.5),
        ({"SFN_POLLING_INTERVAL": "30.0"}, "polling_interval", 30),
        ({"SFN_POLLING_INTERVAL": "soon"}, "polling_interval", "soon"),
        ({"SFN_USE_PROXY": "No"}, "use_proxy", False),
        ({"SFN_CREDENTIALS_USER": "u", "SFN_CREDENTIALS_PASSWORD": "p"}, "credentials_password", "****"),
        ({"SFN_CREDENTIALS_USER": "u"}, "credentials_user", "****"),
        ({"SFN_CREDENTIALS_USER": "not \udcff UTF-8"}, "credentials_user", "****"),
        ({"SFN_CREDENTIALS_USER": "u", "SFN_CREDENTIALS_USER_FILE": "/twice"}, "credentials_user", "****"),
        ({}, "credentials_user", None),
        ({"SFN_INPUT": "[1.50]"}, "input", "[1.50]"),
        ({"SFN_INPUT": "[1.50]", "SFN_MASK_DATA": "1"}, "input", "****"),
        ({"SFN_INPUT": "[1.50]", "SFN_MASK_DATA": "perhaps"}, "input", "****"),
        ({"SFN_USE_PROXY": "1", "SFN_PROXY": "http://me:secret@h:1"}, "proxy", "http://****@h:1"),
        ({"SFN_USE_PROXY": "1", "SFN_PROXY": "http://h:1,https://h:2"}, "proxy", "http://h:1,https://h:2"),
        ({"SFN_USE_PROXY": "1", "SFN_PROXY": "http://h:1"}, "proxy_type", "HTTP"),
    ],
)
def test_the_fields_show_what_was_given(variables: dict[str, str], key: str, shown: Any) -> None:
    """With the type that it has, and masked where it must be."""
    value = loaded(**variables).fields[key]
    assert value == shown
    assert type(value) is type(shown)


def test_every_secret_is_known_for_redaction() -> None:
    """Also the ones that don't apply, are given twice, or are AWS's own."""
    found = loaded(
        SFN_CREDENTIALS_USER="given",
        SFN_CREDENTIALS_USER_FILE="/twice",
        SFN_PROXY_CREDENTIALS_PASSWORD="unused",
        AWS_SESSION_TOKEN="theirs",
    )
    assert found.secrets == {"given", "unused", "theirs"}


@pytest.mark.parametrize("other", ["SFN_REPORT_PATH", "SFN_TERMINATION_LOG"])
def test_a_path_is_for_one_thing_only(other: str) -> None:
    """Else one would overwrite the other; a device takes both."""
    result = {"SFN_RESULT_PATH": "/results/one", "SFN_STATE_MACHINE_ARN": ARN}
    (problem,) = load({**result, other: "/results/one"}).problems
    assert (problem.variable, "SFN_RESULT_PATH" in problem.message) == (other, True)
    assert not load({**result, other: "/results/two"}).problems
    assert not load({"SFN_RESULT_PATH": "/dev/null", "SFN_STATE_MACHINE_ARN": ARN, other: "/dev/null"}).problems


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SFN_STATEMACHINE_ARN", "SFN_STATE_MACHINE_ARN"),
        ("SFN_INPT", "SFN_INPUT"),
        ("SFN_INPUT_FIL", "SFN_INPUT_FILE"),
        ("SFN_input", "SFN_INPUT"),
        ("SFN_WAIT", "SFN_WAIT_FOR_SUCCESS_OR_FAILURE"),
        ("SFN_XYZZY_QUUX", None),
    ],
)
def test_an_unknown_variable_is_named_with_its_nearest_match(name: str, nearest: str | None) -> None:
    """Ours only: other prefixes are other people's."""
    assert unknown_variables({name: "1", "SFN_INPUT": "{}", "SFX_INPUT": "1", "SFN_EMPTY": ""}) == [(name, nearest)]


@pytest.mark.parametrize(
    ("variables", "rerun"),
    [
        ({}, "new"),
        ({"SFN_EXECUTION_NAME": "nightly"}, "new"),
        ({"SFN_RUN_ID": "a-run"}, "resume"),
        ({"AWS_BATCH_JOB_ID": "a-run"}, "resume"),
        ({"SFN_RUN_ID": "a-run", "SFN_RERUN": "once"}, "once"),
        ({"SFN_RERUN": "redrive"}, "redrive"),
        ({"SFN_RUN_ID": ""}, "new"),
        ({"SFN_RUN_ID": "a-run", "SFN_RERUN": ""}, "resume"),
        ({"AWS_BATCH_JOB_ID": ""}, "new"),
    ],
)
def test_a_run_with_an_identity_is_resumed_unless_told_otherwise(variables: dict[str, str], rerun: str) -> None:
    """Without one every run is new."""
    found = loaded(**variables)
    assert not found.problems
    assert found.settings.rerun == rerun


@pytest.mark.parametrize(
    ("variables", "run_id"),
    [
        ({}, None),
        ({"SFN_RUN_ID": "mine"}, "mine"),
        ({"AWS_BATCH_JOB_ID": "batch"}, "batch"),
        ({"SFN_RUN_ID": "mine", "AWS_BATCH_JOB_ID": "batch"}, "mine"),
        ({"SFN_RUN_ID": "", "AWS_BATCH_JOB_ID": "batch"}, "batch"),
    ],
)
def test_the_run_id_is_the_given_one_or_aws_batchs(variables: dict[str, str], run_id: str | None) -> None:
    """Given beats found."""
    assert loaded(**variables).settings.run_id == run_id


def test_a_run_id_from_a_file_beats_aws_batchs(tmp_path: Path) -> None:
    """The `_FILE` form is a given value like any other."""
    path = tmp_path / "id"
    path.write_text("mine\n")
    found = loaded(SFN_RUN_ID_FILE=str(path), AWS_BATCH_JOB_ID="batch")
    assert (found.settings.run_id, found.problems) == ("mine", [])


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SFN_RERUN", "retry"), ("SFN_RERUN", "NEWEST"), ("SFN_ON_TERMINATE", "kill"), ("SFN_ON_WAIT_TIMEOUT", "abort")],
)
def test_a_choice_that_is_none_is_refused(variable: str, value: str) -> None:
    """By the variable's name."""
    assert list(problems(**{variable: value})) == [variable]


def test_a_name_that_the_index_makes_too_long_is_refused() -> None:
    """Before anything is sent."""
    name = "n" * 77
    assert not problems(SFN_EXECUTION_NAME=name, JOB_COMPLETION_INDEX="")
    found = problems(SFN_EXECUTION_NAME=name, JOB_COMPLETION_INDEX="12")
    assert list(found) == ["SFN_EXECUTION_NAME"]
    assert "index" in found["SFN_EXECUTION_NAME"]


def test_executions_are_left_alone_by_default() -> None:
    """At a signal and at the wait timeout."""
    settings = loaded().settings
    assert (settings.on_terminate, settings.on_wait_timeout) == ("leave", "leave")


@pytest.mark.parametrize("variables", [{"SFN_RUN_ID": "a-run"}, {"SFN_RERUN": "once"}])
def test_an_express_state_machine_has_no_executions_to_find_again(variables: dict[str, str]) -> None:
    """The variable that asks for that is refused, with what to do instead."""
    found = problems(SFN_STATE_MACHINE_TYPE="express", **variables)
    assert list(found) == list(variables)
    assert found.popitem()[1].endswith(": set SFN_RERUN=new")
    assert not problems(SFN_STATE_MACHINE_TYPE="express", SFN_RUN_ID="a-run", SFN_RERUN="new")


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({}, None),
        ({"_X_AMZN_TRACE_ID": "Root=theirs"}, "Root=theirs"),
        ({"_X_AMZN_TRACE_ID": "Root=theirs", "SFN_TRACE_HEADER": "Root=mine"}, "Root=mine"),
    ],
)
def test_the_trace_header_is_the_given_one_or_the_platforms(variables: dict[str, str], header: str | None) -> None:
    """Given beats found."""
    assert loaded(**variables).settings.trace_header == header


def test_a_request_may_last_as_long_as_connecting_and_answering_together() -> None:
    """Each has a limit of its own."""
    assert loaded(SFN_CONNECT_TIMEOUT="2", SFN_READ_TIMEOUT="7").settings.request_limit == 9
