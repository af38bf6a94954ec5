"""The log (contract 1, 6): one event a line on standard error, and no secret in it nor anywhere else."""

import os
import pty
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import pytest

from job.outcomes import Outcome
from tests.hostile import (
    HostileEndpoint,
    service_unavailable,
)
from tests.support.process import Finished, Job
from tests.support.results import ends_with

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
DEBUG = {"SFN_LOG_LEVEL": "DEBUG"}
IMPATIENT = {"SFN_RETRY_WINDOW": "0.2", "SFN_READ_TIMEOUT": "0.5"}
NO_CREDENTIALS = {
    "SFN_CREDENTIALS_USER": "",
    "SFN_CREDENTIALS_PASSWORD": "",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


# What a line is


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_every_line_is_a_json_document_with_what_every_event_has(
    level: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Level, message and a timestamp with its zone, and at DEBUG also for the libraries' own lines."""
    aws.fail("DescribeExecution", service_unavailable())
    finished = run_job(SFN_LOG_LEVEL=level, **WAIT)
    ends_with(finished, Outcome.SUCCESS)
    for event in finished.events:
        assert event["level"] in {"DEBUG", "INFO", "WARNING", "ERROR"}
        assert event["message"]
        assert datetime.fromisoformat(event["timestamp"]).tzinfo is not None


def test_events_know_the_execution(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """From the start on ARN, name and status are fields of their own, so that a log search finds them."""
    aws.fail("StartExecution", service_unavailable())
    before, *after = run_job(SFN_EXECUTION_NAME="nightly", **WAIT).events
    assert before["level"] == "WARNING"
    assert "execution_arn" not in before
    (execution,) = aws.executions.values()
    assert [(event["execution_arn"], event["execution_name"]) for event in after] == [(execution.arn, "nightly-1")] * 3
    assert [event["execution_status"] for event in after] == ["RUNNING", "RUNNING", "SUCCEEDED"]


def test_the_last_event_says_how_it_ended(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """The exit status and the result's sentence; an ERROR where it was no success."""
    aws.plan(status="FAILED", error="Boom", cause="it went off")
    finished = run_job(**WAIT)
    document = ends_with(finished, Outcome.EXECUTION_FAILED)
    last = finished.events[-1]
    assert (last["level"], last["message"], last["exit_code"]) == ("ERROR", "finished", 23)
    assert last["status_description"] == document["status_description"]


def test_a_cause_of_many_lines_is_one_line_of_log(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Whatever AWS says, an event stays on its line, in JSON and in text."""
    aws.plan(status="FAILED", error="Boom", cause='line 1\nline 2\r\n{"json":"\x1b[31mred"}')
    assert all(event["message"] for event in run_job(**WAIT).events)
    lines = run_job(SFN_LOG_FORMAT="text", **WAIT).stderr.split("\n")
    assert [re.match(r"\d\d:\d\d:\d\d (INFO|ERROR) ", line) is not None for line in lines] == [True, True, True, False]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    ("level", "messages"),
    [
        ("INFO", ["started", "waiting", "checks fail, waiting goes on", "checks succeed again", "finished"]),
        ("WARNING", ["checks fail, waiting goes on"]),
        ("ERROR", []),
    ],
)
def test_the_level_is_the_least_severe_that_is_logged(
    level: str, messages: list[str], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """SFN_LOG_LEVEL leaves out what is below it."""
    aws.fail("DescribeExecution", service_unavailable())
    finished = run_job(SFN_LOG_LEVEL=level, **WAIT)
    assert finished.code == Outcome.SUCCESS
    assert [event["message"] for event in finished.events] == messages


def test_an_unexpected_end_has_its_stack_at_debug_only(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """A user gets a sentence, support gets the stack."""
    aws.plan(status=cast("Any", "HIBERNATED"))
    assert "Traceback" not in run_job(**WAIT).stderr
    aws.plan(status=cast("Any", "HIBERNATED"))
    assert "Traceback" in run_job(**WAIT, **DEBUG).stderr


# Formats


def test_text_is_for_people(run_job: Callable[..., Finished]) -> None:
    """Time, level, event and its facts on a line."""
    finished = run_job(SFN_LOG_FORMAT="text", SFN_EXECUTION_NAME="nightly", **WAIT)
    assert finished.document["exit_code"] == 0
    first, _, last = finished.stderr.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO started .*execution:hostile:nightly-1\b.*", first)
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO finished .*exit_code=0\b.*", last)


@pytest.mark.parametrize(("given", "is_json"), [("", False), ("auto", False), ("text", False), ("json", True)])
def test_on_a_terminal_auto_is_text(given: str, is_json: bool, start_job: Callable[..., Job]) -> None:
    """With a pseudo-terminal as standard error, and the format as given."""
    terminal, theirs = pty.openpty()
    job = start_job(options={"stderr": theirs}, SFN_LOG_FORMAT=given, **WAIT)
    os.close(theirs)
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:  # Linux's way to say that nobody has the terminal open any more
        pass
    os.close(terminal)
    assert job.finish().document["exit_code"] == 0
    assert b"started" in shown
    assert shown.startswith(b"{") is is_json


def test_off_a_terminal_auto_is_json(run_job: Callable[..., Finished]) -> None:
    """A pipe's reader is a machine."""
    assert [event["message"] for event in run_job(SFN_LOG_FORMAT="auto").events] == ["started", "finished"]


# Standard output


@pytest.mark.parametrize(
    "variables",
    [
        {**WAIT},
        {**DEBUG, **WAIT},
        {"SFN_LOG_FORMAT": "text"},
        {"SFN_STATEMACHINE": "unknown"},
        {"SFN_INPUT": "{"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "SFN_RETRY_WINDOW": "0"},
        {"AWS_ENDPOINT_URL": "no url at all", "SFN_RETRY_WINDOW": "0"},
        {"AWS_CA_BUNDLE": "/nowhere", "AWS_ENDPOINT_URL": "https://127.0.0.1:1", "SFN_RETRY_WINDOW": "0"},
        {**NO_CREDENTIALS},
    ],
    ids=[
        "waiting",
        "DEBUG",
        "text",
        "unknown variable",
        "validation",
        "refused",
        "no URL",
        "no CA file",
        "no credentials",
    ],
)
def test_nothing_but_the_document_is_on_standard_output(
    variables: dict[str, str], run_job: Callable[..., Finished]
) -> None:
    """Standard output is the product: exactly one line, and that is the document."""
    finished = run_job(**variables)
    assert len(finished.stdout.splitlines()) == 1
    assert finished.document["exit_code"] == finished.code
