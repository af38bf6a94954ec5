"""docs/migrate.md keeps its word: the fields are the job's, its variables work, and the loop fails as it says.

All that is put in their place is what the page itself made up: the state machine, files, a proxy, and ten seconds.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from job import loading
from job.outcomes import Outcome
from job.secrets import FILE_SUFFIX
from job.settings import TABLE
from tests.hostile import Fault, HostileEndpoint, cut_after, throttling
from tests.hostile.executions import Status
from tests.support.certificates import Authority
from tests.support.localstack import ACCESS_KEY_ID, ENVIRONMENT, REGION, SECRET_ACCESS_KEY
from tests.support.process import LIMIT, ROOT, Finished
from tests.support.results import ends_with

PAGE = (ROOT / "docs/migrate.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
SCHEDULER, AIRFLOW, CLI = "From a scheduler's integration", "From Airflow", "From the AWS CLI"
VARIABLES, LOOP, COMMAND = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
KNOWN = {row.variable: row for row in TABLE}


def test_every_block_has_a_case_here() -> None:
    """A block that is added needs a test."""
    assert PAGE.count("```") == 6
    assert VARIABLES in SECTIONS[SCHEDULER]
    assert LOOP in SECTIONS[CLI]
    assert COMMAND in SECTIONS[CLI]


def test_every_variable_that_is_named_exists() -> None:
    known = {name for variable in KNOWN for name in (variable, variable + FILE_SUFFIX)}
    assert set(re.findall(r"\bSFN_[A-Z_]+\b", PAGE)) - {"SFN_"} <= known


def test_every_documented_field_has_its_row() -> None:
    """In the order of the result's `fields`, beside its variable."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", SECTIONS[SCHEDULER], re.MULTILINE)
    assert rows == [(row.key, row.variable) for row in TABLE if row.documented_field]


def test_airflows_parameters_become_variables() -> None:
    """Each names at least one that exists."""
    rows = re.findall(r"^\| (`\w+`.*?) \| (.*?) \|", SECTIONS[AIRFLOW], re.MULTILINE)
    assert len(rows) == 11
    for parameter, variables in rows:
        named = re.findall(r"`(\w+)(?:=\w+)?`", variables)
        assert {name.removesuffix(FILE_SUFFIX) for name in named} <= KNOWN.keys() | {"AWS_CA_BUNDLE"}
        assert named, parameter


@pytest.fixture
def given(tmp_path: Path, corporation: Authority) -> dict[str, str]:
    """Return the page's file of variables, with its mounted files in a directory of this machine."""
    for name, text in (
        ("access-key-id", ACCESS_KEY_ID),
        ("secret-access-key", SECRET_ACCESS_KEY),
        ("proxy-user", "jobs"),
        ("proxy-password", "s3cret"),
        ("proxy-ca.pem", corporation.bundle.read_text(encoding="utf-8")),
    ):
        (tmp_path / name).write_text(f"{text}\n", encoding="utf-8")
    lines = VARIABLES.replace("/run/secrets", str(tmp_path)).splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_a_task_that_used_every_field_is_understood(given: dict[str, str]) -> None:
    """All documented fields are given, and none is wrong or unknown."""
    loaded = loading.load(given)
    assert loaded.problems == []
    assert loading.unknown_variables(given) == []
    documented = {row.variable for row in TABLE if row.documented_field}
    assert {name if name in KNOWN else name.removesuffix(FILE_SUFFIX) for name in given} == documented


def test_a_task_that_used_every_field_runs(
    given: dict[str, str], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """But for the proxy, which has a page and tests of its own; its input arrives byte for byte."""
    variables = {name: value for name, value in given.items() if "PROXY" not in name}
    variables |= dict.fromkeys(["SFN_CREDENTIALS_USER", "SFN_CREDENTIALS_PASSWORD"], "")  # not the fixture's
    here = {"SFN_STATE_MACHINE_ARN": aws.state_machine_arn, "SFN_REGION": REGION}
    document = ends_with(run_job(**variables | here), Outcome.SUCCESS)
    assert document["result"]["name"] == "nightly-1"
    assert [call.body["input"] for call in aws.requests if call.operation == "StartExecution"] == [
        '{"date": "2026-11-22"}'
    ]
    assert aws.count("AssumeRole") == 1


Loop = Callable[..., Finished]


@pytest.fixture
def loop(aws: HostileEndpoint, tmp_path: Path) -> Loop:
    """Run the page's loop with the AWS CLI that comes with LocalStack, looking every 0.1 s."""

    def run() -> Finished:
        environ = {
            "PATH": f"{ENVIRONMENT / 'bin'}:{os.defpath}",
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": REGION,  # version 1 looks for no other
            "AWS_MAX_ATTEMPTS": "2",  # less than the CLI's five, to be done sooner
            "SFN_STATE_MACHINE_ARN": aws.state_machine_arn,
        }
        done = subprocess.run(
            ["/bin/sh", "-c", LOOP.replace("sleep 10", "sleep 0.1")],
            env=environ,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_the_loop_exits_with_0_however_the_execution_ended(status: Status, aws: HostileEndpoint, loop: Loop) -> None:
    aws.plan(status=status)
    finished = loop()
    assert (finished.code, finished.stdout) == (0, f"{status}\n"), finished.stderr


def test_the_loop_starts_another_execution_where_an_answer_is_lost(aws: HostileEndpoint, loop: Loop) -> None:
    aws.fail("StartExecution", cut_after())
    loop()
    assert aws.started == 2


def test_the_loop_starts_another_execution_when_it_is_restarted(aws: HostileEndpoint, loop: Loop) -> None:
    for _ in range(2):
        loop()
    assert aws.started == 2


def test_the_loop_exits_with_0_when_it_is_throttled(aws: HostileEndpoint, loop: Loop) -> None:
    """While the execution goes on."""
    aws.plan(duration=3600.0)
    aws.fail("DescribeExecution", throttling(), times=None)
    finished = loop()
    assert (finished.code, finished.stdout) == (0, "\n"), finished.stderr
    assert "ThrottlingException" in finished.stderr


@pytest.mark.parametrize("fault", [None, cut_after()], ids=["repeated", "answer lost"])
def test_the_command_in_its_place_starts_one(
    fault: Fault | None, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """With the command's variables, and what the shell has: run twice, one execution, and its end each time."""
    words = shlex.split(COMMAND.replace("\\\n", " "))
    assert words[:3] == ["docker", "run", "--rm"]
    assert words[-1] == "sfn-job"
    options = [value for option, value in pairwise(words) if option == "-e"]
    assert len(words) == 4 + 2 * len(options)
    variables = dict(option.split("=", 1) for option in options if "=" in option)
    if fault:
        aws.fail("StartExecution", fault)
    aws.plan(status="FAILED", error="Boom")
    ends_with(run_job(**variables), Outcome.EXECUTION_FAILED)
    assert aws.started == 1
    aws.plan(status="SUCCEEDED")
    for _ in range(2):
        ends_with(run_job(**variables), Outcome.SUCCESS)
    assert aws.started == 2
