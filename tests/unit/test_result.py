"""The result document and its way out."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from job import result
from job.errors import Problem
from job.executions import Execution
from job.history import Failure
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


def made(of: Run, *, masked: bool = False) -> dict[str, Any]:
    return result.document(Outcome.SUCCESS, "Fine.", {"action": "x"}, of, [], masked=masked)


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
    failed.failure = Failure("E", "C", "Charge", "Task", "arn:lambda")
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


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing else is left beside it."""
    path = tmp_path / "result.json"
    path.write_text("old " * 1000)
    destination = result.Destination(str(path), None)
    assert destination.problems() == []
    destination.write({"a": 1})
    assert path.read_text() == '{"a": 1}\n'
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]


def test_checking_leaves_no_trace(tmp_path: Path) -> None:
    """Neither an empty file nor a changed one."""
    (tmp_path / "old").write_text("old")
    assert result.Destination(str(tmp_path / "new"), None).problems() == []
    assert result.Destination(str(tmp_path / "old"), None).problems() == []
    assert [one.name for one in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"


@pytest.mark.parametrize("path", ["/nowhere/result.json", "/", "/proc/result.json"])
def test_a_path_that_cannot_be_written_is_a_problem(path: str) -> None:
    """Before anything is started."""
    assert [problem.variable for problem in result.Destination(path, 1).problems()] == ["SFN_RESULT_PATH"]


def test_a_pipe_keeps_its_place(tmp_path: Path) -> None:
    """What isn't a regular file is written to, not replaced."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    result.Destination(str(pipe), None).write({"a": 1})
    assert os.read(reader, 100) == b'{"a": 1}\n'
    assert pipe.is_fifo()
    os.close(reader)


def test_closed_standard_output_is_a_problem_only_without_a_path(tmp_path: Path) -> None:
    """The document needs one place."""
    assert result.Destination(None, None).problems()
    assert not result.Destination(str(tmp_path / "x"), None).problems()


def test_a_pipe_without_reader_is_an_error() -> None:
    """The caller must learn of it."""
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        result.Destination(None, writer).write({})
    os.close(writer)
