"""The failure explained: what the result, the last log line and its sentence say of a state that failed."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint, service_unavailable
from tests.hostile.faults import altered
from tests.support.failing import CASES, Machines
from tests.support.localstack import LocalStack
from tests.support.process import ROOT, Finished, Job
from tests.support.results import ends_with

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true", "SFN_POLLING_INTERVAL": "0.5"}


@pytest.fixture(scope="session")
def failing(localstack: LocalStack) -> Machines:
    return Machines(localstack)


@pytest.mark.parametrize("name", CASES)
def test_the_state_that_failed_is_the_one_that_a_person_would_name(
    name: str, failing: Machines, run_locally: Callable[..., Finished], tmp_path: Path
) -> None:
    """In the result, in `status_description`, in the last log line and in the report; or that it was none."""
    case = CASES[name]
    report = tmp_path / "report.html"
    finished = run_locally(failing.arn(name), SFN_INPUT=case.input, SFN_REPORT_PATH=str(report), **WAIT)
    document = finished.document
    assert finished.code == document["exit_code"] == case.code, finished.stderr
    result, sentence = document["result"], document["status_description"]
    assert finished.events[-1]["status_description"] == sentence
    state: dict[str, Any] = result.get("failedState", {})
    assert (state.get("name"), state.get("type")) == (case.state, case.type)
    assert re.fullmatch(case.error or "None", str(state.get("error"))), state
    assert {key: state.get(key) for key in case.more} == case.more
    status = {23: "FAILED", 25: "TIMED_OUT"}[case.code]
    place = f" in state {case.state} ({case.type}" if case.state else ""
    assert sentence.startswith(f"FAIL: The execution {status}{place}")
    assert case.said in sentence
    assert re.search(case.error or "", sentence)
    assert "\n" not in sentence
    page = report.read_text()
    assert named(r"<dt>State</dt><dd><b><bdi>(.*?)</bdi>", page) == case.state
    if case.state and "executionArn" not in state:  # a nested execution's states are in its own timeline
        assert named(r'<li[^>]* id="failed">.*?<b><bdi>(.*?)</bdi>', page) == case.state


def named(pattern: str, page: str) -> str | None:
    """The name that stands at a place of the report."""
    found = re.search(pattern, page)
    return unescape(found[1]) if found else None


# What LocalStack can't do


def event(type: str, previous: int | None = None, **details: Any) -> dict[str, Any]:
    """One event; the endpoint numbers it, and lets it follow from the one before it where `previous` isn't given."""
    prefix = "stateEntered" if type.endswith("StateEntered") else type[0].lower() + type[1:]
    return {
        "type": type,
        f"{prefix}EventDetails": details,
        **({} if previous is None else {"previousEventId": previous}),
    }


def call(state: str, error: str, cause: str, resource: str = "lambda:invoke") -> list[dict[str, Any]]:
    """The history of one task that fails."""
    type_, _, resource = resource.partition(":")
    task: dict[str, Any] = {"resourceType": type_, "resource": resource}
    return [
        event("ExecutionStarted"),
        event("TaskStateEntered", name=state),
        event("TaskScheduled", **task),
        event("TaskStarted", **task),
        event("TaskFailed", **task, error=error, cause=cause),
        event("ExecutionFailed", error=error, cause=cause),
    ]


def nest(aws: HostileEndpoint, levels: int) -> list[dict[str, Any]]:
    """The history of an execution that waited for one that waited for one …, of which the innermost failed."""
    history = call("Charge", "Declined", '{"errorMessage":"no money","errorType":"Declined"}')
    for level in range(levels):
        machine = aws.add_state_machine(f"level-{level}")
        nested = aws.seed(f"nested-{level}", "FAILED", error="E", history=history, state_machine_arn=machine)
        cause = {"ExecutionArn": nested.arn, "Name": nested.name, "Status": "FAILED", "Error": "Deep", "Input": "1nput"}
        history = call(f"Call {level}", "States.TaskFailed", json.dumps(cause), "states:startExecution.sync:2")
    return history


def fails(aws: HostileEndpoint, history: list[dict[str, Any]]) -> None:
    last = history[-1]["executionFailedEventDetails"]
    aws.plan(0.1, "FAILED", error=last.get("error"), cause=last.get("cause"), history=history)


def test_a_run_without_failure_reads_no_history(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Nor anything else that only explains."""
    aws.plan(duration=0.3)
    ends_with(run_job(**WAIT), Outcome.SUCCESS)
    assert {"GetExecutionHistory", "DescribeMapRun", "ListExecutions"}.isdisjoint(one.operation for one in aws.requests)


def test_a_short_history_is_one_request(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Its end is the whole of it."""
    fails(aws, call("Charge", "Declined", "no money"))
    ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)
    assert aws.count("GetExecutionHistory") == 1


def test_the_sentence_has_what_matters_of_a_json_cause(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """The result has it whole, as AWS gave it."""
    cause = '{"errorMessage":"no\\nmoney","errorType":"Declined","stackTrace":["File x"]}'
    fails(aws, call("Charge", "Declined", cause))
    finished = run_job(**WAIT)
    document = ends_with(finished, Outcome.EXECUTION_FAILED)
    place = "in state Charge (Task, arn:aws:states:::lambda:invoke)"
    assert document["status_description"] == f"FAIL: The execution FAILED {place}: Declined: no money"
    assert document["result"]["failedState"] == {
        "name": "Charge",
        "type": "Task",
        "error": "Declined",
        "cause": cause,
        "resource": "arn:aws:states:::lambda:invoke",
    }
    assert document["result"]["cause"] == cause


@pytest.mark.parametrize(("levels", "state"), [(1, "Charge"), (5, "Charge"), (6, "Call 0")])
def test_nested_executions_are_followed(
    levels: int, state: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """To the state that failed in the innermost one, five levels deep."""
    fails(aws, nest(aws, levels))
    document = ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)
    failed_state = document["result"]["failedState"]
    assert failed_state["name"] == state
    innermost = max(0, levels - 5)
    assert failed_state["startedBy"] == [f"Call {level}" for level in reversed(range(innermost, levels))]
    assert failed_state["executionArn"].endswith(f":nested-{innermost}")
    assert "1nput" not in document["status_description"]


def test_without_permission_for_a_nested_history_the_task_that_started_it_is_told(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """With the error of the nested execution, and which permission would have told more."""
    fails(aws, nest(aws, 1))
    aws.allow_only({"Statement": [{"Action": ["states:*"], "Resource": "arn:aws:states:*:*:*:hostile*"}]})
    finished = run_job(**WAIT)
    document = ends_with(finished, Outcome.EXECUTION_FAILED)
    assert document["result"]["failedState"]["name"] == "Call 0"
    sentence = document["status_description"]
    assert "in state Call 0 (Task" in sentence
    assert "the execution nested-0 FAILED: Deep" in sentence
    assert "With the permission states:GetExecutionHistory" in sentence
    assert any("nested-0" in event.get("nested_execution_arn", "") for event in finished.events)


def test_without_permission_for_the_history_the_sentence_names_it(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The rest of the result is complete."""
    fails(aws, call("Charge", "Declined", "no money"))
    aws.allow(["states:StartExecution", "states:DescribeExecution"])
    document = ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)
    assert document["status_description"] == (
        "FAIL: The execution FAILED: Declined: no money "
        "(With the permission states:GetExecutionHistory this would say in which state.)"
    )
    assert (document["result"]["error"], document["result"]["cause"]) == ("Declined", "no money")


def distributed(map_run_arn: str) -> list[dict[str, Any]]:
    error: dict[str, Any] = {"error": "States.ExceedToleratedFailureThreshold", "cause": "3 of 10 failed"}
    return [
        event("ExecutionStarted"),
        event("MapStateEntered", name="Orders"),
        event("MapStateStarted", length=10),
        event("MapRunStarted", mapRunArn=map_run_arn),
        event("MapRunFailed", **error),
        event("MapStateFailed"),
        event("ExecutionFailed", **error),
    ]


def test_a_distributed_map_tells_its_counts_and_what_failed_in_an_item(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """By the map run's ARN, its counts, and the history of an execution of its that failed."""
    child = aws.seed("item", "FAILED", error="Declined", history=call("Charge", "Declined", "no money"))
    map_run_arn = aws.add_map_run([aws.seed("fine"), child], failed=3, succeeded=7, total=10)
    fails(aws, distributed(map_run_arn))
    document = ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)
    failed_state = document["result"]["failedState"]
    assert (failed_state["name"], failed_state["mapRunArn"]) == ("Charge", map_run_arn)
    assert (failed_state["itemCounts"]["failed"], failed_state["itemCounts"]["total"]) == (3, 10)
    assert (failed_state["executionArn"], failed_state["startedBy"]) == (child.arn, ["Orders"])
    assert "3 of 10 items failed, in execution item of state Orders): Declined" in document["status_description"]


@pytest.mark.parametrize(
    ("denied", "counts"), [("states:DescribeMapRun", None), ("states:ListExecutions", 3)], ids=["counts", "items"]
)
def test_without_permission_for_the_map_run_the_map_is_told(
    denied: str, counts: int | None, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """What can't be had is left out."""
    fails(aws, distributed(aws.add_map_run([aws.seed("item", "FAILED")], failed=3, total=10)))
    actions = ["StartExecution", "DescribeExecution", "GetExecutionHistory", "DescribeMapRun", "ListExecutions"]
    aws.allow({f"states:{action}" for action in actions} - {denied})
    failed_state = ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)["result"]["failedState"]
    assert (failed_state["name"], failed_state["type"]) == ("Orders", "Map")
    assert failed_state["error"] == "States.ExceedToleratedFailureThreshold"
    assert failed_state.get("itemCounts", {}).get("failed") == counts
    assert "mapRunArn" in failed_state


def test_an_execution_that_is_stopped_names_the_states_that_ran(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """It failed in none."""
    aws.plan(duration=None)
    job = start_job(SFN_EXECUTION_NAME="nightly", **WAIT)
    aws.wait_for("DescribeExecution")
    aws.stop_execution("nightly-1", "Operator", "maintenance")
    document = ends_with(job.finish(), Outcome.EXECUTION_ABORTED)
    sentence = "FAIL: The execution was ABORTED while in state Work (Task): Operator: maintenance"
    assert document["status_description"].startswith(sentence)
    assert "failedState" not in document["result"]


def test_the_data_in_a_cause_of_step_functions_own_is_not_logged(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Which path was wrong is; the result has it all."""
    cause = (
        "An error occurred while executing the state 'Take' (entered at the event id #2). The JSONPath '$.gone' "
        """specified for the field 'a.$' could not be found in the input '{"name": "1nputc4n4ry"}'"""
    )
    error: dict[str, Any] = {"error": "States.Runtime", "cause": cause}
    fails(aws, [event("ExecutionStarted"), event("PassStateEntered", name="Take"), event("ExecutionFailed", **error)])
    finished = run_job(**WAIT)
    assert "1nputc4n4ry" not in finished.stderr
    assert "The JSONPath '$.gone' specified" in finished.events[-1]["status_description"]
    assert finished.document["result"]["cause"] == cause


# A long history


def long_history(events: int) -> list[dict[str, Any]]:
    """A loop in the last item of a Map, which fails at last: where that began is only known at the beginning."""
    begin = [
        event("ExecutionStarted"),
        event("MapStateEntered", name="Orders"),
        event("MapStateStarted", length=1),
        event("MapIterationStarted", name="Orders", index=7),
    ]
    end = [
        event("FailStateEntered", name="Give up"),
        event("MapIterationFailed", name="Orders", index=7),
        event("MapStateFailed", events - 3),
        event("ExecutionFailed", error="Boom", cause="x" * 10_000),
    ]
    turn = [
        event("TaskStateEntered", name="Ask"),
        event("TaskScheduled", resourceType="lambda", resource="invoke", parameters="x" * 500),
        event("TaskFailed", resourceType="lambda", resource="invoke", error="Busy", cause="x" * 500),
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "Ask", "output": "x" * 500}},
    ]
    return begin + turn * ((events - len(begin) - len(end)) // len(turn)) + end


def finished_and_usage(aws: HostileEndpoint) -> tuple[Finished, float, float]:
    """A job that has run, the seconds of a CPU that it took, and its peak memory in MB."""
    meter = [sys.executable, "-IBS", str(ROOT / "benchmarks" / "meter.py")]
    done = subprocess.run(
        [*meter, sys.executable, "-m", "job"],
        env=environment(aws.url, aws.state_machine_arn, **WAIT),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    *said, used = done.stderr.splitlines()
    seconds, peak = used.split()
    return Finished(done.returncode, done.stdout, "\n".join(said)), float(seconds), int(peak) / 1024


def test_the_longest_history_is_explained_in_bounded_time_and_memory(aws: HostileEndpoint) -> None:
    """25,000 events: within 12 times the CPU time of a short one (4 to 5 are usual), and 20 MB above it."""
    fails(aws, call("Charge", "Declined", "no money"))
    _, usual_seconds, usual_peak = finished_and_usage(aws)
    fails(aws, long_history(25_000))
    finished, seconds, peak = finished_and_usage(aws)
    failed_state = ends_with(finished, Outcome.EXECUTION_FAILED)["result"]["failedState"]
    assert (failed_state["name"], failed_state["items"]) == ("Give up", [{"map": "Orders", "index": 7}])
    assert aws.count("GetExecutionHistory") == 1 + 25
    assert peak < usual_peak + 20
    assert seconds < 12 * usual_seconds


def test_a_passing_fault_in_the_middle_of_a_long_history_repeats_one_page_only(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """What was read is read."""
    fails(aws, long_history(3_000))
    aws.fail("GetExecutionHistory", service_unavailable(), skip=1)
    document = ends_with(run_job(**WAIT), Outcome.EXECUTION_FAILED)
    assert document["result"]["failedState"]["name"] == "Give up"
    assert aws.count("GetExecutionHistory") == 3 + 1


@pytest.mark.parametrize("garbled", [{"previousEventId": "2"}, {"executionFailedEventDetails": {"error": 5}}], ids=str)
def test_a_garbled_history_takes_nothing_from_the_exit_status(
    garbled: dict[str, Any], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """It tells nothing, like one that can't be read."""
    aws.plan(duration=0.2, status="FAILED", error="Boom")
    event = {"id": 3, "previousEventId": 2, "type": "ExecutionFailed", "timestamp": 1.0, **garbled}
    aws.fail("GetExecutionHistory", altered(events=[event]), times=None)
    document = ends_with(run_job(**WAIT, SFN_RETRY_WINDOW="1"), Outcome.EXECUTION_FAILED)
    assert document["status_description"] == "FAIL: The execution FAILED: Boom"
