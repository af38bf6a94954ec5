"""What people see while the job waits (contract 6): states entered, and a live line on a terminal."""

import fcntl
import itertools
import json
import os
import pty
import re
import select
import signal
import struct
import termios
from collections.abc import Callable
from typing import Any

import pytest

from job.outcomes import Outcome
from job.progress import FIRST_LOOK, MOST_TOLD
from tests.hostile import Fault, HostileEndpoint, garbage, hang_before, internal_failure, throttling
from tests.integration.conftest import ROLE
from tests.support.localstack import LocalStack
from tests.support.process import LIMIT, Finished, Job
from tests.support.results import ends_with

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}


def entered(finished: Finished) -> list[str]:
    return [event["state"] for event in finished.events if event["message"] == "state entered"]


def test_the_states_are_told_and_the_log_knows_which_one_runs(
    localstack: LocalStack, run_locally: Callable[..., Finished]
) -> None:
    """As log events, and as a field of those that come after."""
    steps = ["Extract", "Transform", "Load"]
    states: dict[str, Any] = {
        name: {"Type": "Wait", "Seconds": 3, "Next": following} for name, following in itertools.pairwise(steps)
    }
    states["Load"] = {"Type": "Wait", "Seconds": 3, "End": True}
    arn = localstack.client("stepfunctions").create_state_machine(
        name="three-steps", definition=json.dumps({"StartAt": "Extract", "States": states}), roleArn=ROLE
    )["stateMachineArn"]
    finished = run_locally(arn, **WAIT)
    ends_with(finished, Outcome.SUCCESS)
    told = entered(finished)
    assert told
    assert told == steps[: len(told)]


def test_a_look_at_the_history_takes_the_place_of_a_check(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """After 3, 6, 12 … seconds; together they are no more than the checks alone would be."""
    aws.plan(duration=None)
    start_job(**WAIT)
    aws.wait_for("GetExecutionHistory", 2)
    first, second = looks(aws)
    assert first >= FIRST_LOOK
    assert second >= 2 * FIRST_LOOK
    assert aws.count("GetExecutionHistory") + aws.count("DescribeExecution") <= 17


def looks(aws: HostileEndpoint) -> list[float]:
    """When the history was asked for, in seconds since the start."""
    (began,) = (request.at for request in aws.requests if request.operation == "StartExecution")
    return [request.at - began for request in aws.requests if request.operation == "GetExecutionHistory"]


def test_a_short_run_costs_no_look(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """It is over before anybody would read its states; unless the machine is so busy that it isn't."""
    aws.plan(duration=1.5)
    ends_with(run_job(**WAIT), Outcome.SUCCESS)
    assert not [seconds for seconds in looks(aws) if seconds < FIRST_LOOK]


def test_without_the_permission_it_is_said_once_and_asked_once(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The wait goes on by its checks."""
    aws.allow(["states:StartExecution", "states:DescribeExecution", "states:DescribeStateMachine"])
    aws.plan(duration=9)
    finished = run_job(**WAIT)
    ends_with(finished, Outcome.SUCCESS)
    assert aws.count("GetExecutionHistory") == 1
    assert sum("states that run" in event["message"] for event in finished.events) == 1


@pytest.mark.parametrize("fault", [garbage(), internal_failure(), hang_before()], ids=lambda fault: fault.name)
def test_a_history_that_cannot_be_read_is_no_reason_to_end(
    aws: HostileEndpoint, run_job: Callable[..., Finished], fault: Fault
) -> None:
    """The status is asked for instead, at once."""
    aws.plan(duration=5)
    aws.fail("GetExecutionHistory", fault, times=None)
    ends_with(run_job(**WAIT, SFN_READ_TIMEOUT="0.5"), Outcome.SUCCESS)


def test_of_very_many_states_the_newest_are_told_by_name(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """And how many others there were: a Map enters thousands."""
    history = [
        {"type": "PassStateEntered", "stateEnteredEventDetails": {"name": f"Step {n}"}, "timestamp": 1.0}
        for n in range(100)
    ]
    aws.plan(duration=5, history=history)
    finished = run_job(**WAIT)
    ends_with(finished, Outcome.SUCCESS)
    told = [int(name.removeprefix("Step ")) for name in entered(finished)]
    (others,) = (event["states"] for event in finished.events if event["message"] == "more states entered")
    assert others == 100 - MOST_TOLD
    assert told == list(range(others, 100))


def test_a_signal_ends_a_look_that_hangs(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """As it ends a check."""
    aws.plan(duration=None)
    aws.fail("GetExecutionHistory", hang_before())
    job = start_job(**WAIT)
    aws.wait_for("GetExecutionHistory")
    job.send(signal.SIGTERM)
    finished = job.finish()
    ends_with(finished, Outcome.TERMINATED)
    assert not any("can't be shown" in event["message"] for event in finished.events)


def test_under_throttling_the_history_is_left_alone(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """A stretched gap has room for what is needed only."""
    aws.plan(duration=20)
    aws.fail("DescribeExecution", throttling(), times=1, skip=1)
    finished = run_job(**WAIT)
    ends_with(finished, Outcome.SUCCESS)
    assert aws.count("GetExecutionHistory") == 0
    assert any(event["message"].startswith("throttled") for event in finished.events)


@pytest.fixture
def terminal() -> tuple[int, int]:
    """A terminal of 100 columns: the side that a person has, and the side that a process has."""
    person, process = pty.openpty()
    fcntl.ioctl(process, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    return person, process


def shown(job: Job, person: int) -> str:
    """All that the terminal was sent until the job's end."""
    parts = []
    while select.select([person], [], [], LIMIT)[0]:
        try:
            parts.append(os.read(person, 65536))
        except OSError:  # the job was the last who had the terminal open
            job.process.wait(LIMIT)
            return b"".join(parts).decode()
    raise AssertionError("the job hangs")


def test_a_person_on_a_terminal_sees_what_runs(
    aws: HostileEndpoint, start_job: Callable[..., Job], terminal: tuple[int, int]
) -> None:
    """One live line below the log, with elapsed time, state and states of states known; it is gone at the end."""
    person, process = terminal
    aws.plan(duration=9)
    job = start_job(**WAIT, TERM="xterm", SFN_EXECUTION_NAME="nightly", options={"stderr": process})
    os.close(process)
    text = shown(job, person)
    assert job.process.returncode == 0
    assert re.search(r"nightly-1  0:00:0[3-9]  Work  1 of 1 states", text)
    lines = [line for line in text.split("\r\n") if "INFO" in line]
    assert any("started" in line for line in lines)
    assert "finished" in lines[-1]
    assert text.rindex("nightly-1  0:00") < text.rindex("finished")


def test_the_items_of_a_map_are_counted(
    aws: HostileEndpoint, start_job: Callable[..., Job], terminal: tuple[int, int]
) -> None:
    """Those that are done, of all."""
    person, process = terminal
    item = {"name": "Each", "index": 0}
    history: list[dict[str, Any]] = [
        {"type": "MapStateEntered", "stateEnteredEventDetails": {"name": "Each"}},
        {"type": "MapStateStarted", "mapStateStartedEventDetails": {"length": 40}},
        {"type": "MapIterationStarted", "mapIterationStartedEventDetails": item},
        {"type": "MapIterationSucceeded", "mapIterationSucceededEventDetails": item},
        {"type": "WaitStateEntered", "stateEnteredEventDetails": {"name": "Linger"}},
    ]
    aws.plan(duration=9, history=[{**event, "timestamp": 1.0} for event in history])
    job = start_job(**WAIT, TERM="xterm", SFN_EXECUTION_NAME="nightly", options={"stderr": process})
    os.close(process)
    assert re.search(r"nightly-1  0:00:0\d  Linger  .*1 of 40 items", shown(job, person))
    assert job.process.returncode == 0


def test_secrets_stay_out_of_the_live_line(
    aws: HostileEndpoint, start_job: Callable[..., Job], terminal: tuple[int, int]
) -> None:
    """A name that holds one shows masked, as in the log."""
    person, process = terminal
    aws.plan(duration=1)
    job = start_job(
        **WAIT,
        TERM="xterm",
        SFN_CREDENTIALS_USER="canary-in-a-name",
        SFN_EXECUTION_NAME="canary-in-a-name",
        options={"stderr": process},
    )
    os.close(process)
    text = shown(job, person)
    assert "canary" not in text
    assert "****" in text


@pytest.mark.parametrize("variables", [{"SFN_LOG_FORMAT": "json"}, {"TERM": "dumb"}], ids=str)
def test_no_live_line_for_machines(
    aws: HostileEndpoint, start_job: Callable[..., Job], terminal: tuple[int, int], variables: dict[str, str]
) -> None:
    """Neither with JSON nor on a terminal that can't move its cursor."""
    person, process = terminal
    aws.plan(duration=0.5)
    job = start_job(**WAIT, **variables, options={"stderr": process})
    os.close(process)
    assert "\x1b" not in shown(job, person)
