"""Inputs that bite arrive byte for byte as they were given (contract 1), at the endpoint and through LocalStack."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.hostile import HostileEndpoint, error
from tests.support.process import Finished, Job
from tests.support.results import ends_with, reached_nothing

LIMIT = 262_144
"""Bytes of UTF-8, Step Functions' limit."""

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}

INPUTS = {
    "empty object": "{}",
    "nothing but a value": "null",
    "a text": '"text"',
    "escapes": r'{"a":"\" \\ \/ \b \f \n \r \t"}',
    "escaped slash": r'"<\/script>"',
    "unicode": '{"schlüssel":"Ünïcödé Ω ключ 日本語"}',
    "astral": '"𝄞 😀 🏳️‍🌈"',
    "escaped unicode": r'"\u00e9 \u00E9 \u0000"',
    "escaped pair": r'"\ud834\udd1e"',
    "lone surrogate": r'"\ud800"',
    "separators": '"\u2028\u2029\u0085\u00a0"',
    "combining": '"e\u0301 is not \u00e9"',
    "right to left": '"\u202eabc \u200b"',
    "trailing zero": '{"price":1.50}',
    "exponents": "[1E5,1e+5,1e-05,0e0]",
    "beyond a double": "[1e400,-1e400,1e-400]",
    "more digits than a double": "[0.1000000000000000055511151231257827,12345678901234567890123]",
    "negative zero": "[-0,-0.0]",
    "key order": '{"b":1,"a":2,"":3}',
    "duplicate keys": '{"a":1,"a":2}',
    "white space": ' {\t"a" :\n [ 1 , 2 ] }\r\n ',
    "shell": '"$HOME `id` $(id) ${x} %PATH% !! ; | &"',
    "formats": '"{} %s {0} %(message)s \\\\n"',
    "markup": '"<b>&amp;</b> \' -- "',
    "deep": "[" * 500 + "]" * 500,
    "deep objects": '{"a":' * 300 + "1" + "}" * 300,
    "long text": json.dumps("x" * 100_000),
}

ABSURD = {
    "very deep": "[" * 50_000 + "]" * 50_000,
    "very deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "5,000 digits": "9" * 5_000,
    "an exponent of 5,000 digits": "1e" + "9" * 5_000,
}
"""JSON all the same, but more than Python's parser takes by itself."""


@pytest.mark.parametrize("text", INPUTS.values(), ids=INPUTS)
def test_an_input_arrives_as_it_was_given(text: str, aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """No re-encoding: the text that AWS gets is the text of the variable."""
    document = ends_with(run_job(SFN_INPUT=text), Outcome.SUCCESS)
    assert [execution.input for execution in aws.executions.values()] == [text]
    assert document["invocation"]["fields"]["input"] == text


@pytest.mark.parametrize("text", ABSURD.values(), ids=ABSURD)
def test_an_absurd_input_is_left_to_aws(text: str, aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """What Python can't follow may be JSON for AWS: it is sent as it was given, and AWS's verdict is the job's."""
    aws.fail("StartExecution", error("InvalidExecutionInput", message="too much"))
    document = ends_with(run_job(SFN_INPUT=text), Outcome.DATA_VALIDATION_ERROR)
    assert [request.body["input"] for request in aws.requests] == [text]
    assert "SFN_INPUT" in document["status_description"]
    assert document["invocation"]["fields"]["input"] == text


def test_no_input_is_not_sent(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Without SFN_INPUT the request has none, and AWS's own default holds."""
    ends_with(run_job(), Outcome.SUCCESS)
    assert "input" not in aws.requests[0].body
    assert [execution.input for execution in aws.executions.values()] == ["{}"]


# Files and sizes


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ('{"a": "é"}', '{"a": "é"}'),
        ('{"a": 1}\n', '{"a": 1}'),
        ('{"a": 1}\r\n', '{"a": 1}'),
        ('{\n  "a": 1\n}\n\n', '{\n  "a": 1\n}\n'),
        ('\n{"a": 1}', '\n{"a": 1}'),
        ("[1,\r\n2]", "[1,\r\n2]"),
    ],
)
def test_an_input_from_a_file_arrives_without_its_last_newline(
    content: str, sent: str, tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """One newline at the end is the file's; all others are the input's."""
    path = tmp_path / "input.json"
    path.write_bytes(content.encode())
    ends_with(run_job(SFN_INPUT_FILE=str(path)), Outcome.SUCCESS)
    assert [execution.input for execution in aws.executions.values()] == [sent]


def of_size(size: int, character: str) -> str:
    """A JSON text of exactly so many bytes, filled with `character`."""
    width = len(character.encode())
    count, rest = divmod(size - len('""'), width)
    return f'"{character * count}{"x" * rest}"'


@pytest.mark.parametrize("newline", ["", "\n", "\r\n"], ids=["no newline", "LF", "CRLF"])
@pytest.mark.parametrize("character", ["x", "é", "日", "𝄞"])
def test_the_largest_input_is_sent(
    character: str, newline: str, tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Exactly 262,144 bytes of UTF-8, however many characters; the file's last newline doesn't count."""
    text = of_size(LIMIT, character)
    assert len(text.encode()) == LIMIT
    path = tmp_path / "input.json"
    path.write_bytes((text + newline).encode())
    ends_with(run_job(SFN_INPUT_FILE=str(path)), Outcome.SUCCESS)
    assert [execution.input for execution in aws.executions.values()] == [text]


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + 2, 10 * LIMIT])
@pytest.mark.parametrize("character", ["x", "é", "𝄞"])
def test_a_larger_input_is_a_wrong_variable(
    character: str, size: int, tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """One byte more is refused before anything is sent, with the limit in the message."""
    path = tmp_path / "input.json"
    path.write_bytes(of_size(size, character).encode())
    document = ends_with(run_job(SFN_INPUT_FILE=str(path)), Outcome.DATA_VALIDATION_ERROR)
    assert reached_nothing(document)
    ((variable, message),) = [problem.values() for problem in document["errors"]]
    assert variable in {"SFN_INPUT", "SFN_INPUT_FILE"}
    assert "262,144" in message
    assert aws.requests == []


def test_a_file_without_an_end_is_a_wrong_variable(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """What can't be an input isn't read to its end."""
    document = ends_with(run_job(SFN_INPUT_FILE="/dev/zero"), Outcome.DATA_VALIDATION_ERROR)
    assert reached_nothing(document)
    assert aws.requests == []


def test_an_input_may_come_through_a_pipe(aws: HostileEndpoint, start_job: Callable[..., Job], tmp_path: Path) -> None:
    """`SFN_INPUT_FILE=/dev/fd/3 3< <(generate)`: a path needn't be a plain file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    job = start_job(SFN_INPUT_FILE=str(pipe))
    pipe.write_text('{"from":"a pipe"}\n')
    finished = job.finish()
    ends_with(finished, Outcome.SUCCESS)
    assert [execution.input for execution in aws.executions.values()] == ['{"from":"a pipe"}']


# LocalStack


@pytest.mark.parametrize(
    "name",
    [
        "escapes",
        "unicode",
        "astral",
        "escaped pair",
        "trailing zero",
        "duplicate keys",
        "beyond a double",
        "white space",
        "shell",
    ],
)
def test_an_echoed_input_comes_back_as_the_output(name: str, run_locally: Callable[..., Finished]) -> None:
    """Through a whole execution of LocalStack's, which keeps an input's meaning and writes it in its own way."""
    document = ends_with(run_locally("echo", SFN_INPUT=INPUTS[name], **WAIT), Outcome.SUCCESS)
    assert json.loads(document["result"]["output"]) == json.loads(INPUTS[name])


def test_the_largest_input_goes_through_a_real_implementation(
    tmp_path: Path, run_locally: Callable[..., Finished]
) -> None:
    """262,144 bytes in, and as many out."""
    path = tmp_path / "input.json"
    path.write_text(of_size(LIMIT, "é"))
    document = ends_with(run_locally("echo", SFN_INPUT_FILE=str(path), **WAIT), Outcome.SUCCESS)
    assert json.loads(document["result"]["output"]) == json.loads(path.read_text())
