"""The wait (contract 4): few requests, passing faults ridden out, the others not."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest

from job.outcomes import Outcome
from job.schedule import JITTER, STRETCH, STRETCHED_LEAST
from tests.hostile import (
    Fault,
    HostileEndpoint,
    cut_after,
    cut_before,
    cut_midway,
    drip,
    empty,
    error,
    garbage,
    hang_after,
    hang_before,
    huge,
    internal_failure,
    json_without_fields,
    page,
    reset,
    service_unavailable,
    throttling,
    wrong_length,
)
from tests.support.process import Finished, Job, eventually
from tests.support.results import ends_with

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
HANGING = {"hang_before", "hang_after", "drip"}
"""The faults that a read timeout ends."""


def without_states(finished: Finished) -> list[dict[str, Any]]:
    """The log but for the states entered, of which it tells where a run takes three seconds."""
    return [event for event in finished.events if event["message"] != "state entered"]


def operations(aws: HostileEndpoint) -> list[str]:
    return [request.operation for request in aws.requests]


# How many requests


@pytest.mark.parametrize("name", ["", "nightly"])
def test_without_waiting_one_request_is_all(name: str, aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """A start is a single StartExecution, with a name of the user's too."""
    ends_with(run_job(SFN_EXECUTION_NAME=name), Outcome.SUCCESS)
    assert operations(aws) == ["StartExecution"]


@pytest.mark.parametrize("name", ["", "nightly"])
def test_a_quick_success_takes_three_requests_at_most(
    name: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The start and one or two checks; where the type isn't given, asking for it comes before that."""
    aws.plan(duration=0.2)
    ends_with(run_job(SFN_EXECUTION_NAME=name, SFN_STATE_MACHINE_TYPE="standard", **WAIT), Outcome.SUCCESS)
    assert operations(aws)[0] == "StartExecution"
    assert operations(aws)[1:] in (["DescribeExecution"], ["DescribeExecution"] * 2)


def test_the_end_is_seen_soon_although_checks_are_few(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """The gaps grow with the time the execution has run: about ten checks in the first three seconds, not thirty.

    The end is seen before an hour has passed, or the job would count as hanging.
    """
    aws.plan(duration=3)
    document = ends_with(run_job(SFN_POLLING_INTERVAL="3600", **WAIT), Outcome.SUCCESS)
    assert document["result"]["status"] == "SUCCEEDED"
    assert 1 < aws.count("DescribeExecution") <= 15


def test_all_requests_share_one_connection(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """A wait doesn't pay for a connection at each check."""
    aws.plan(duration=1)
    ends_with(run_job(**WAIT), Outcome.SUCCESS)
    assert len(aws.requests) > 2
    assert len({request.connection for request in aws.requests}) == 1


def test_the_polling_interval_caps_the_gaps(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """However long the execution has run, no gap is longer than SFN_POLLING_INTERVAL.

    On a busy machine one may seem so; but not all of the later ones, which without a cap would be the longest.
    """
    aws.plan(duration=None)
    start_job(SFN_POLLING_INTERVAL="0.1", **WAIT)
    aws.wait_for("DescribeExecution", 25)
    times = [request.at for request in aws.requests if request.operation == "DescribeExecution"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= 0.05  # a cap is no reason to hurry
    assert min(gaps[-12:]) < 0.2


def test_without_a_cap_the_gaps_grow(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """Later checks are further apart than the first ones."""
    aws.plan(duration=None)
    start_job(SFN_POLLING_INTERVAL="3600", **WAIT)
    aws.wait_for("DescribeExecution", 7)
    checks = {"DescribeExecution", "GetExecutionHistory"}  # which takes the place of a check
    times = [request.at for request in aws.requests if request.operation in checks]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert sum(gaps[-3:]) > 1.5 * sum(gaps[:3])


def test_throttled_checks_come_less_often(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Each throttled check stretches the gap to the next, jitter takes half of it at most, and the run ends well."""
    aws.plan(duration=1)
    aws.fail("DescribeExecution", throttling(), times=2)
    ends_with(run_job(SFN_POLLING_INTERVAL="0.25", **WAIT), Outcome.SUCCESS)
    times = [request.at for request in aws.requests if request.operation == "DescribeExecution"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    least = (1 - JITTER) * STRETCHED_LEAST
    assert gaps[0] > least > 0.25, "longer than SFN_POLLING_INTERVAL, because AWS says so"
    assert gaps[1] > STRETCH * least


def test_other_faults_do_not_stretch_the_gaps(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """A server's failure is no throttling: checks go on at the interval that the user asked for."""
    aws.plan(duration=0.1)
    aws.fail("DescribeExecution", internal_failure(), times=8)
    ends_with(run_job(SFN_POLLING_INTERVAL="0.2", **WAIT), Outcome.SUCCESS)
    times = [request.at for request in aws.requests if request.operation == "DescribeExecution"]
    assert len(times) == 9
    assert min(later - earlier for earlier, later in itertools.pairwise(times[-5:])) < 0.5


# Faults that pass


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (throttling(), 1),
        (error("TooManyRequestsException", 429), 1),
        (error("KmsThrottlingException"), 1),
        (internal_failure(), 3),
        (service_unavailable(), 3),
        (page(502), 2),
        (page(504, ""), 2),
        (page(200), 2),
        (empty(), 2),
        (empty(500), 2),
        (garbage(), 2),
        (json_without_fields(), 2),
        (json_without_fields(done=True), 2),
        (cut_before(), 2),
        (cut_after(), 2),
        (cut_midway(), 2),
        (reset(), 2),
        (reset(done=True), 2),
        (hang_before(), 1),
        (hang_before(0.2), 2),
        (hang_after(), 1),
        (drip(1), 1),
        (wrong_length(), 2),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_a_passing_fault_is_ridden_out_and_told_once(
    fault: Fault, times: int, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The wait goes on to the right end, with one warning when the trouble begins and one note when it is over."""
    aws.plan(duration=0.1)
    aws.fail("DescribeExecution", fault, times=times)
    finished = run_job(**WAIT, **({"SFN_READ_TIMEOUT": "3"} if fault.name in HANGING else {}))
    document = ends_with(finished, Outcome.SUCCESS)
    assert document["result"]["output"] == '{"ok":true}'
    trouble = "throttled" if re.search("Throttl|TooMany", fault.name) else "checks fail"
    assert [(event["level"], event["message"]) for event in without_states(finished)] == [
        ("INFO", "started"),
        ("INFO", "waiting"),
        ("WARNING", f"{trouble}, waiting goes on"),
        ("INFO", "checks succeed again"),
        ("INFO", "finished"),
    ]


@pytest.mark.parametrize(
    "fault", [huge(2_000_000), drip(50_000), hang_after(0.3)], ids=["huge", "dripping", "late but in time"]
)
def test_a_strange_but_right_answer_is_taken(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """An answer that comes whole and in time is an answer, however it looks on the wire."""
    aws.plan(duration=0.1)
    aws.fail("DescribeExecution", fault)
    finished = run_job(SFN_READ_TIMEOUT="5", **WAIT)
    ends_with(finished, Outcome.SUCCESS)
    assert [event["message"] for event in finished.events] == ["started", "waiting", "finished"]


def test_each_trouble_is_told_anew(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """After an answer the next fault is a new one, with its own warning and its own end."""
    aws.plan(duration=None)
    aws.fail("DescribeExecution", service_unavailable())
    aws.fail("DescribeExecution", service_unavailable(), skip=1)
    job = start_job(SFN_POLLING_INTERVAL="0.2", **WAIT)
    aws.wait_for("DescribeExecution", 4)
    aws.end_executions()
    finished = job.finish()
    ends_with(finished, Outcome.SUCCESS)
    told = [event["message"] for event in without_states(finished)]
    assert told[2:-1] == ["checks fail, waiting goes on", "checks succeed again"] * 2


def test_an_endpoint_that_goes_away_and_comes_back_is_waited_for(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """Refused connections in the wait pass like any other fault; the execution itself never noticed."""
    aws.plan(duration=None)
    job = start_job(SFN_POLLING_INTERVAL="0.2", **WAIT)
    aws.wait_for("StartExecution")
    assert job.process.stderr
    started, _ = job.process.stderr.readline(), job.process.stderr.readline()
    aws.stop()
    trouble = job.process.stderr.readline()
    aws.end_executions()
    aws.start()
    finished = job.finish()
    assert b'"started"' in started
    assert b"checks fail, waiting goes on" in trouble
    document = ends_with(finished, Outcome.SUCCESS)
    assert document["result"]["status"] == "SUCCEEDED"
    assert aws.started == 1


def test_a_success_without_its_output_is_asked_again(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """AWS may say SUCCEEDED a moment before it has the output; the result has it all the same."""
    aws.plan(duration=0.1)
    aws.output_lag = 1.0
    document = ends_with(run_job(**WAIT), Outcome.SUCCESS)
    assert document["result"]["output"] == '{"ok":true}'


def test_an_execution_that_is_not_shown_yet_is_waited_for(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """DescribeExecution is eventually consistent: ExecutionDoesNotExist right after the start isn't the end."""
    aws.plan(duration=0.1)
    aws.describe_lag = 1.5
    ends_with(run_job(**WAIT), Outcome.SUCCESS)
    assert aws.started == 1


# Faults that don't


@pytest.mark.parametrize(
    "fault",
    [throttling(), service_unavailable(), cut_before(), garbage(), page(502)],
    ids=lambda fault: fault.name,
)
def test_a_fault_that_outlasts_its_window_ends_the_wait(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Ten times SFN_RETRY_WINDOW after the last answer the wait is over: exit 10, the result as last known."""
    aws.plan(duration=None)
    aws.fail("DescribeExecution", fault, skip=1, times=None)
    document = ends_with(run_job(SFN_RETRY_WINDOW="0.05", SFN_POLLING_INTERVAL="0.2", **WAIT), Outcome.CONNECTION_ERROR)
    assert re.search(
        r"\. There was no answer for \d s; a greater SFN_RETRY_WINDOW rides out more\. The execution \S+ goes on\.$",
        document["status_description"],
    )
    assert document["changed"] is True
    assert document["result"]["status"] == "RUNNING"


def test_the_window_begins_anew_with_each_answer(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """What counts is the time since the last answer: troubles that add up to more than the window are ridden out."""
    aws.plan(duration=None)
    for _ in range(100):
        aws.fail("DescribeExecution", service_unavailable())
        aws.fail("DescribeExecution", service_unavailable(), skip=1)
    job = start_job(SFN_RETRY_WINDOW="0.4", SFN_POLLING_INTERVAL="0.1", **WAIT)
    aws.wait_for("StartExecution")
    began = aws.requests[-1].at
    eventually(lambda: aws.requests[-1].at > began + 5, "more than ten times SFN_RETRY_WINDOW has passed")
    aws.end_executions()
    document = ends_with(job.finish(), Outcome.SUCCESS)
    assert document["result"]["status"] == "SUCCEEDED"


def test_the_wait_timeout_holds_through_an_outage(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """SFN_WAIT_TIMEOUT ends a wait whose checks fail too."""
    aws.plan(duration=None)
    aws.fail("DescribeExecution", service_unavailable(), times=None)
    document = ends_with(run_job(SFN_WAIT_TIMEOUT="1", **WAIT), Outcome.WAIT_TIMEOUT)
    assert document["result"]["status"] == "RUNNING"


@pytest.mark.parametrize(
    ("variables", "outcome"),
    [({"SFN_WAIT_TIMEOUT": "1"}, Outcome.WAIT_TIMEOUT), ({"SFN_RETRY_WINDOW": "0.2"}, Outcome.CONNECTION_ERROR)],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_a_check_that_hangs_does_not_hold_up_the_end_of_the_wait(
    variables: dict[str, str], outcome: Outcome, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """It is given up seconds after that, long before a request's own time is over."""
    aws.plan(duration=None)
    aws.fail("DescribeExecution", hang_before(), times=None)
    ends_with(run_job(SFN_READ_TIMEOUT="300", **variables, **WAIT), outcome)
    assert aws.count("DescribeExecution") <= 2


# Faults at the start


@pytest.mark.parametrize(
    "fault",
    [throttling(), service_unavailable(), page(503), cut_before(), reset(), empty(), hang_before(0.2)],
    ids=lambda fault: fault.name,
)
def test_a_start_is_tried_again_within_its_window(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """A start that failed for passing reasons succeeds a moment later, once, with a warning."""
    aws.fail("StartExecution", fault, times=2)
    finished = run_job()
    document = ends_with(finished, Outcome.SUCCESS)
    assert aws.started == 1
    assert document["changed"] is True
    assert [event["level"] for event in finished.events] == ["WARNING", "INFO", "INFO"]


def test_the_history_too_is_asked_again(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """A passing fault doesn't cost the user the reason of the failure."""
    aws.plan(duration=0.1, status="FAILED", error="Boom", cause="it went off")
    aws.fail("GetExecutionHistory", service_unavailable(), times=2)
    document = ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)
    assert document["result"]["failedState"]["name"] == "Work"
