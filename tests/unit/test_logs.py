"""The log: its two formats, and that no secret gets into it."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest

from job import logs
from job.execution import Execution
from job.run import Run

SECRET = 'p/q+r=s%t"u\\vé'


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def logged(event: str, format_: str = "json", run: Run | None = None, level: str = "INFO", **facts: object) -> str:
    stream = io.StringIO()
    logs.configure(level, format_, stream, logs.Redactor([SECRET]), run or Run())
    logging.getLogger("job.test").info(event, extra=facts)
    return stream.getvalue()


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps({"key": SECRET}),
        repr(SECRET),
        base64.b64encode(f"somebody:{SECRET}".encode()).decode(),
        base64.b64encode(f"{SECRET}:behind".encode()).decode(),
        base64.b64encode(f"at{SECRET}all alignments".encode()).decode(),
        f"https://user:{quote(SECRET, safe='')}@proxy:3128",
    ],
)
@pytest.mark.parametrize("format_", ["json", "text"])
def test_a_secret_is_redacted_in_every_form(form: str, format_: str) -> None:
    """Raw, and as URLs, JSON, tracebacks and Basic authentication have it."""
    line = logged("event", format_, value=form)
    assert "****" in line
    assert SECRET not in line
    assert form.strip('"') not in line


def test_a_traceback_is_redacted() -> None:
    """Exceptions repeat what they were given."""
    stream = io.StringIO()
    logs.configure("DEBUG", "json", stream, logs.Redactor([SECRET]), Run())
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("job.test").debug("stack", exc_info=True)
    line = stream.getvalue()
    assert "ValueError" in json.loads(line)["exc_info"]
    assert "****" in line
    assert SECRET[:8] not in line


def test_without_secrets_nothing_is_redacted() -> None:
    """An empty pattern would match everywhere."""
    assert logs.Redactor([])("text") == "text"


def test_a_secret_that_holds_another_is_redacted_whole() -> None:
    """The longest first."""
    assert logs.Redactor(["abc", "abcdef"])("x abcdef y abc z") == "x **** y **** z"


def test_json_is_one_document_a_line_with_the_facts_of_the_run() -> None:
    """Each fact a field of its own."""
    execution = Execution(
        execution_arn="arn", state_machine_arn="arn", name="n-1", status="RUNNING", start_date=datetime.now(UTC)
    )
    event = json.loads(logged("two\nlines", run=Run(execution=execution), seconds=3))
    assert event["message"] == "two\nlines"
    assert event["level"] == "INFO"
    assert event["seconds"] == 3
    assert event["execution_name"] == "n-1"
    assert event["execution_status"] == "RUNNING"
    assert event["execution_arn"] == "arn"
    assert datetime.fromisoformat(event["timestamp"]).tzinfo


def test_text_is_one_line_whatever_is_in_it() -> None:
    """A cause with line breaks can't forge an event."""
    line = logged("event", "text", cause="broken\n00:00:00 INFO forged", short="word")
    assert line.count("\n") == 1
    assert 'cause="broken\\n00:00:00 INFO forged"' in line
    assert "short=word" in line


def test_auto_is_json_where_there_is_no_terminal() -> None:
    """As in a pod."""
    assert json.loads(logged("event", "auto"))


def test_libraries_are_quiet_but_at_debug() -> None:
    """And those that show whole requests stay quiet even then."""
    for level, heard in (("INFO", False), ("DEBUG", True)):
        stream = io.StringIO()
        logs.configure(level, "text", stream, logs.Redactor([]), Run())
        logging.getLogger("urllib3.connectionpool").debug("connected")
        logging.getLogger("botocore.endpoint").debug("request")
        logging.getLogger("botocore.parsers").debug("answer")
        assert ("connected" in stream.getvalue()) == heard
        assert "request" not in stream.getvalue()
        assert "answer" not in stream.getvalue()


def test_a_closed_stream_does_no_harm() -> None:
    """A log that can't be written must not end the run."""
    stream = io.StringIO()
    logs.configure("INFO", "json", stream, logs.Redactor([]), Run())
    stream.close()
    logging.getLogger("job.test").info("event")
