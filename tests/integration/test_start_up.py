"""What a run does before it does anything, by names and numbers: docs/performance.md has what each costs in time."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.support.process import LIMIT, ROOT, Finished

PROBE = """
import os, sys
opened, listed = [], []
events = {"open": opened, "os.listdir": listed, "os.scandir": listed}
sys.addaudithook(lambda event, arguments: events[event].append(str(arguments[0])) if event in events else None)
from job.__main__ import run
code = run()
modules = dict(sys.modules)
import json
sources = {}
for module in modules.values():
    spaces = [vars(module), *(vars(one) for one in vars(module).values() if isinstance(one, type))]
    names = [name for space in spaces for name, value in space.items() if type(value).__name__ == "_Postponed"]
    if names and getattr(module, "__file__", None):
        sources[module.__file__] = names
with open(os.environ["ACCOUNT"], "w") as file:
    json.dump({"modules": list(modules), "opened": opened, "listed": listed, "patterns": sources}, file)
sys.exit(code)
"""

UNUSED = {
    "OpenSSL": "urllib3 would take it for TLS",
    "asyncio": "nobody here",
    "dotenv": ".env files",
    "difflib": "a misspelled variable",
    "job.check": "--check",
    "job.live": "a terminal",
    "job.report.page": "the report",
    "multiprocessing": "S3's transfers",
    "rich": "a terminal",
    "s3transfer": "S3's transfers",
    "unittest": "nobody here",
}
"""Modules that a plain run must not import, and who needs them."""

UNUSED_WITHOUT_REQUESTS = {"boto3", "botocore", "dateutil", "http.client", "jmespath", "ssl", "urllib3", *UNUSED}

MOST_FILES = 430
"""Opened by a plain run; 371 with Python 3.13 and today's libraries, nearly all of them modules."""


class Seen(NamedTuple):
    """What a run did."""

    code: int
    modules: set[str]
    opened: list[str]
    listed: list[str]
    patterns: dict[str, list[str]]
    """By file, the patterns that its module has, postponed."""


@pytest.fixture
def watch(aws: HostileEndpoint, tmp_path: Path) -> Callable[..., Seen]:
    """Run the job in a Python that keeps account of what it imports and opens."""

    def run(**variables: str) -> Seen:
        account = tmp_path / "account.json"
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            env=environment(aws.url, aws.state_machine_arn, ACCOUNT=str(account), **variables),
            cwd=ROOT,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        assert account.exists(), done.stderr.decode()
        found: dict[str, Any] = json.loads(account.read_text())
        return Seen(done.returncode, set(found["modules"]), found["opened"], found["listed"], found["patterns"])

    return run


@pytest.fixture
def plain(watch: Callable[..., Seen]) -> Seen:
    """A run that waits and succeeds."""
    seen = watch(SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true")
    assert seen.code == Outcome.SUCCESS
    return seen


def test_a_plain_run_imports_nothing_that_it_does_not_use(plain: Seen) -> None:
    assert "boto3" in plain.modules
    assert not plain.modules & set(UNUSED)


def test_a_run_that_fails_validation_imports_nothing_to_reach_aws_with(watch: Callable[..., Seen]) -> None:
    seen = watch(SFN_INPUT="{")
    assert seen.code == Outcome.DATA_VALIDATION_ERROR
    assert "environs" in seen.modules
    assert not seen.modules & UNUSED_WITHOUT_REQUESTS


@pytest.mark.usefixtures("plain")
def test_a_plain_run_opens_few_files(watch: Callable[..., Seen]) -> None:
    """Another one has run before, because the first in a fresh tree compiles what it imports, into further files."""
    seen = watch(SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true")
    assert seen.code == Outcome.SUCCESS
    assert len(seen.opened) <= MOST_FILES


def test_a_plain_run_reads_the_models_of_step_functions_alone(plain: Seen) -> None:
    """And doesn't look what other services there are."""
    data = re.compile(r"/data/([a-z-]+)/\d{4}-")
    assert {found[1] for path in plain.opened if (found := data.search(path))} == {"stepfunctions"}
    assert not [path for path in plain.listed if path.endswith("botocore/data")]


def test_libraries_use_their_patterns_by_methods(plain: Seen) -> None:
    """As a postponed pattern has to be: Python's `re.sub(pattern, …)` and its like take it for no pattern."""
    by_function = r"\bre\.(?:match|fullmatch|search|sub|subn|split|findall|finditer)\(\s*(?:\w+\.)*(?:{})\b"
    found = {
        Path(file).parts[-2:]
        for file, names in plain.patterns.items()
        if re.search(by_function.format("|".join(names)), Path(file).read_text(encoding="utf-8"))
    }
    assert len(plain.patterns) > 20
    assert not found


@pytest.mark.parametrize(
    ("variables", "operations"),
    [
        ({}, ["StartExecution"]),
        (
            {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"},
            ["DescribeStateMachine", "StartExecution", "DescribeExecution"],
        ),
        (
            {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true", "SFN_STATE_MACHINE_TYPE": "standard"},
            ["StartExecution", "DescribeExecution"],
        ),
        (
            {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": "arn:aws:iam::123456789012:role/runs"},
            ["AssumeRole", "StartExecution"],
        ),
    ],
    ids=["start", "wait", "wait, type given", "role"],
)
def test_a_run_sends_no_request_too_many(
    variables: dict[str, str], operations: list[str], run_job: Callable[..., Finished], aws: HostileEndpoint
) -> None:
    """And all to one service over one connection."""
    aws.plan(duration=0.0)
    assert run_job(**variables).code == Outcome.SUCCESS
    assert [request.operation for request in aws.requests] == operations
    assert len({request.connection for request in aws.requests if request.service == "states"}) == 1
