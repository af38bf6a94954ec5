"""Fan-out: each process of it has its line of SFN_INPUTS_FILE (contract 1)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.hostile import HostileEndpoint
from tests.support.process import Finished
from tests.support.results import ends_with


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    path = tmp_path / "inputs.jsonl"
    path.write_bytes(b'{"n": 0}\n{"n":  1.50, "\xc3\xbc": "\xc3\xbc"}\r\n[2]')
    return path


@pytest.mark.parametrize("variable", ["JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"])
@pytest.mark.parametrize(("index", "sent"), [("0", '{"n": 0}'), ("1", '{"n":  1.50, "ü": "ü"}'), ("2", "[2]")])
def test_the_line_of_the_index_is_the_input_byte_for_byte(
    aws: HostileEndpoint, run_job: Callable[..., Finished], inputs: Path, variable: str, index: str, sent: str
) -> None:
    """From 0; a line break of Windows is one too, and the last line needs none."""
    document = ends_with(run_job(SFN_INPUTS_FILE=str(inputs), **{variable: index}), Outcome.SUCCESS)
    assert aws.requests[-1].body["input"] == sent
    assert document["invocation"]["fields"]["input"] == sent


def test_the_index_is_part_of_the_runs_identity(
    aws: HostileEndpoint, run_job: Callable[..., Finished], inputs: Path
) -> None:
    """Of one fan-out each index has an execution of its own, and only one."""
    names = []
    for index in ("0", "1", "1"):
        finished = run_job(SFN_INPUTS_FILE=str(inputs), JOB_COMPLETION_INDEX=index, SFN_RUN_ID="fan", SFN_RERUN="once")
        names.append(ends_with(finished, Outcome.SUCCESS)["result"]["name"])
    assert names[0] != names[1] == names[2]
    assert aws.started == 2


@pytest.mark.parametrize(
    ("content", "variables", "said"),
    [
        (b'{"n": 0}\n', {"JOB_COMPLETION_INDEX": "1"}, "has 1 lines, and so none for index 1"),
        (b'{"n": 0}\n{"n": 1}', {"JOB_COMPLETION_INDEX": "1000000"}, "has 2 lines"),
        (b"", {"JOB_COMPLETION_INDEX": "0"}, "has 0 lines"),
        (b"{}\n{'n': 1}\n", {"JOB_COMPLETION_INDEX": "1"}, "line 2 (index 1) must be JSON"),
        (b"{}\n\n{}\n", {"JOB_COMPLETION_INDEX": "1"}, "line 2 (index 1) must be JSON"),
        (b"{}\n\xff\n", {"JOB_COMPLETION_INDEX": "1"}, "line 2 (index 1) is not valid UTF-8"),
        (b'"' + b"x" * 262_143 + b'"\n', {"JOB_COMPLETION_INDEX": "0"}, "line 1 (index 0) is longer than 262,144"),
        (b"{}\n", {}, "needs JOB_COMPLETION_INDEX or AWS_BATCH_JOB_ARRAY_INDEX"),
        (b"{}\n", {"JOB_COMPLETION_INDEX": "first"}, "needs a whole number"),
        (b"{}\n", {"JOB_COMPLETION_INDEX": "-1"}, "needs a whole number"),
        (b"{}\n", {"JOB_COMPLETION_INDEX": "0", "SFN_INPUT": "{}"}, "is given, and SFN_INPUT too"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_nothing_is_sent(
    aws: HostileEndpoint,
    run_job: Callable[..., Finished],
    tmp_path: Path,
    content: bytes,
    variables: dict[str, str],
    said: str,
) -> None:
    """The line's number from 1, as editors count, and the index from 0, as platforms do."""
    path = tmp_path / "inputs.jsonl"
    path.write_bytes(content)
    document = ends_with(run_job(SFN_INPUTS_FILE=str(path), **variables), Outcome.DATA_VALIDATION_ERROR)
    (problem,) = document["errors"]
    assert problem["variable"] == "SFN_INPUTS_FILE"
    assert said in problem["message"]
    assert not aws.requests


def test_a_file_that_is_not_there_is_a_problem(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """With the system's reason."""
    document = ends_with(run_job(SFN_INPUTS_FILE="/nowhere", JOB_COMPLETION_INDEX="0"), Outcome.DATA_VALIDATION_ERROR)
    assert "No such file" in document["errors"][0]["message"]
    assert not aws.requests


def test_the_line_is_masked_when_asked(run_job: Callable[..., Finished], inputs: Path) -> None:
    """Like an input given directly."""
    finished = run_job(SFN_INPUTS_FILE=str(inputs), JOB_COMPLETION_INDEX="0", SFN_MASK_DATA="true")
    assert ends_with(finished, Outcome.SUCCESS)["invocation"]["fields"]["input"] == "****"
