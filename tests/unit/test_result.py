"""The result document and its way out."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from job import result
from job.errors import Problem
from job.executions import Execution
from job.history.failures import FailedState, Failure
from job.outcomes import Outcome
from job.run import Run

STARTED = datetime(2023, 8, 15, 13, 27, 58, 977000, tzinfo=UTC)
ARN = "arn:aws:states:eu-west-1:123456789012:execution:nightly:run-1"


@pytest.fixture
def istanbul() -> Iterator[None]:
    """A container's time zone."""
    old = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Istanbul"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if old is not None:
        os.environ["TZ"] = old
    time.tzset()


def run(**options: Any) -> Run:
    facts = {
        "execution_arn": ARN,
        "state_machine_arn": "machine",
        "name": "run-1",
        "status": "SUCCEEDED",
        "start_date": STARTED,
        **options,
    }
    return Run(execution=Execution(**facts))


def made(of: Run, *, masked: bool = False, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    return result.document(Outcome.SUCCESS, "Fine.", {"action": "x"}, of, problems, masked=masked)


@pytest.mark.usefixtures("istanbul")
def test_dates_are_the_contracts() -> None:
    """Six digits of fraction, in the container's time zone."""
    assert result.date(STARTED) == "2023-08-15 16:27:58.977000+03:00"
    assert result.date(STARTED.replace(microsecond=0)) == "2023-08-15 16:27:58.000000+03:00"


def test_without_an_execution_the_result_is_null_and_nothing_changed() -> None:
    """Nothing was reached."""
    document = made(Run())
    assert document["result"] is None
    assert document["changed"] is False


def test_the_keys_come_in_the_contracts_order() -> None:
    """First AWS's, then ours; what doesn't apply is left out."""
    failed = run(status="FAILED", stop_date=STARTED, error="E", cause="C", output_details={"included": True})
    failed.failure = Failure("E", "C", FailedState("Charge", "Task", "E", "C", "arn:lambda"))
    keys = "executionArn stateMachineArn name status startDate stopDate outputDetails resumed runCount consoleUrl error"
    assert list(made(failed)["result"]) == [*keys.split(), "cause", "failedState"]
    assert list(made(failed)["result"]["failedState"]) == ["name", "type", "error", "cause", "resource"]
    keys = "executionArn stateMachineArn name status startDate stopDate output resumed runCount consoleUrl"
    assert list(made(run(stop_date=STARTED, output="{}"))["result"]) == keys.split()


def test_a_timeouts_error_comes_from_the_history() -> None:
    """DescribeExecution doesn't have it."""
    timed_out = run(status="TIMED_OUT")
    timed_out.failure = Failure("States.Timeout", None)
    assert made(timed_out)["result"]["error"] == "States.Timeout"
    assert "failedState" not in made(timed_out)["result"]


def test_the_output_is_masked_when_asked_and_only_where_there_is_one() -> None:
    """A mask says that there was something."""
    assert made(run(output="{}"), masked=True)["result"]["output"] == "****"
    assert "output" not in made(run(), masked=True)["result"]


def test_problems_are_listed() -> None:
    """Only where there are any."""
    document = result.document(Outcome.DATA_VALIDATION_ERROR, "x", {}, Run(), [Problem("SFN_A", "bad")], masked=False)
    assert document["errors"] == [{"variable": "SFN_A", "message": "bad"}]
    assert "errors" not in made(Run())


def test_the_document_is_one_line_of_json_whatever_is_in_it() -> None:
    """Line breaks, other alphabets and halves of surrogate pairs included."""
    content = result.encoded(made(run(output='"\n\u2028 ç \ud800"')))
    assert content.count(b"\n") == 1
    assert json.loads(content)["result"]["output"] == '"\n\u2028 ç \ud800"'


def test_the_short_copy_of_a_small_document_is_the_document() -> None:
    """Nothing is left out without need."""
    assert result.shortened(made(run())) == result.encoded(made(run()))


@pytest.mark.parametrize("size", [4_000, 100_000, 262_144])
@pytest.mark.parametrize("text", ["x", '"', "\u2028", "\ud800"])
def test_the_short_copy_is_json_of_at_most_4096_bytes(size: int, text: str) -> None:
    """Whatever the output, the cause and the list of problems; the exit code and the execution are always there."""
    long = text * size
    problems = [Problem("SFN_INPUT", long)] * 100
    content = result.shortened(made(run(output=long, cause=long, error=long), problems=problems))
    assert len(content) <= 4096
    short = json.loads(content)
    assert short["exit_code"] == 0
    assert short["result"]["executionArn"] == run().known().execution_arn
