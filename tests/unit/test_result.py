"""The result document and its way out."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

import job
from job import naming, result
from job.errors import Problem
from job.execution import Execution
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


def test_a_document_says_how_the_run_ended_and_who_says_so() -> None:
    """The code as a number, the status before the sentence, the job's name and version, and the fields as given."""
    assert made(Run()) == {
        "exit_code": 0,
        "status_description": "SUCCESS: Fine.",
        "changed": False,
        "invocation": {"extension": "sfn-job", "version": job.__version__, "fields": {"action": "x"}},
        "result": None,
    }
    assert type(made(Run())["exit_code"]) is int


def test_a_result_has_what_aws_told_of_the_execution() -> None:
    """And what only the job knows."""
    ended = run(
        status="SUCCEEDED",
        stop_date=STARTED,
        output="{}",
        output_details={"included": True},
        billing_details={"billedMemoryUsedInMB": 64},
    )
    ended.resumed, ended.count = True, 3
    assert made(ended)["result"] == {
        "executionArn": ARN,
        "stateMachineArn": "machine",
        "name": "run-1",
        "status": "SUCCEEDED",
        "startDate": result.date(STARTED),
        "stopDate": result.date(STARTED),
        "output": "{}",
        "outputDetails": {"included": True},
        "billingDetails": {"billedMemoryUsedInMB": 64},
        "resumed": True,
        "runCount": 3,
        "consoleUrl": naming.console_url(ARN),
    }
    assert made(ended)["changed"] is True


def test_an_executions_own_error_is_told_rather_than_its_historys() -> None:
    """The history's is that of a state, perhaps deep inside; it serves where AWS says nothing of the whole."""
    failed = run(status="FAILED", error="Whole", cause="It broke.")
    failed.failure = Failure("Inner", "Deep inside.")
    assert (made(failed)["result"]["error"], made(failed)["result"]["cause"]) == ("Whole", "It broke.")
    silent = run(status="FAILED")
    silent.failure = Failure("Inner", "Deep inside.")
    assert (made(silent)["result"]["error"], made(silent)["result"]["cause"]) == ("Inner", "Deep inside.")


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


def test_other_alphabets_are_written_as_they_are() -> None:
    """Who reads the document reads them; what isn't JSON never gets out."""
    assert "ç".encode() in result.encoded({"output": "ç"})
    with pytest.raises(ValueError, match="JSON"):
        result.encoded({"output": float("nan")})


def test_the_short_copy_of_a_document_that_fits_is_the_document() -> None:
    """Nothing is left out without need: 4,096 bytes fit, and one more doesn't."""
    room = 4096 - len(result.encoded(made(run(output=""))))
    fits, too_long = (made(run(output="x" * length)) for length in (room, room + 1))
    assert result.shortened(fits) == result.encoded(fits)
    short = json.loads(result.shortened(too_long))
    assert short["shortened"] is True
    assert "invocation" not in short


def test_the_short_copy_keeps_as_much_of_each_text_as_fits() -> None:
    """Its beginning, marked as cut."""
    long = run(cause="c" * 9_000)
    long.failure = Failure("E", "c", FailedState("Charge", "Task", "E" * 40, "d" * 9_000))
    short = json.loads(result.shortened(made(long)))["result"]
    assert short["cause"] == "c" * 1000 + "…"
    assert short["failedState"] == {"name": "Charge", "type": "Task", "error": "E" * 40, "cause": "d" * 1000 + "…"}


def test_the_short_copy_never_cuts_what_is_of_no_use_without_its_end() -> None:
    """However little of the other texts fits; short ones stay as they are too."""
    arn, machine, name = ARN + "x" * 60, "arn:machine" + "y" * 60, "n" * 80
    details = {f"key {number}": "z" * 9_000 for number in range(40)}
    crowded = run(execution_arn=arn, state_machine_arn=machine, name=name, error="E" * 40, output_details=details)
    short = json.loads(result.shortened(made(crowded)))["result"]
    assert (short["executionArn"], short["stateMachineArn"], short["name"]) == (arn, machine, name)
    assert short["consoleUrl"] == naming.console_url(arn)
    assert short["error"] == "E" * 40
    assert short["outputDetails"]["key 0"] == "z" * 40 + "…"


@pytest.mark.parametrize("texts", [1, 3, 5, 10, 20, 50])
def test_the_short_copys_room_is_used_well(texts: int) -> None:
    """However many long texts share it: a little less cut from each wouldn't fit."""
    many = run(output_details={f"key {number}": "x" * 9_000 for number in range(texts)})
    short = result.shortened(made(many))
    assert 1500 < len(short) <= 4096
    cut = json.loads(short)["result"]["outputDetails"]
    assert len(cut) == texts
    assert {text[-1] for text in cut.values()} == {"…"}


def test_of_a_long_list_the_short_copy_has_the_first_five() -> None:
    """Five wrong variables say enough."""
    problems = [Problem(f"SFN_{number}", "x" * 1_000) for number in range(9)]
    short = json.loads(result.shortened(made(Run(), problems=problems)))
    assert [problem["variable"] for problem in short["errors"]] == ["SFN_0", "SFN_1", "SFN_2", "SFN_3", "SFN_4"]


def test_a_document_that_can_not_be_cut_is_told_by_its_code() -> None:
    """What a platform needs most, and nothing else."""
    hopeless = run(output_details={f"key {number}": number for number in range(1_000)})
    assert json.loads(result.shortened(made(hopeless))) == {"exit_code": 0, "changed": True, "shortened": True}


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
