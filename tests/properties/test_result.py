"""The result document of any run."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from job import result
from job.errors import Problem
from job.execution import Execution
from job.history.failures import FailedState, Failure, Item, sentence
from job.outcomes import Outcome
from job.run import Run
from job.waiting import ENDINGS
from tests.support.results import FIELDS, VALIDATOR

TEXTS = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(["x", "\ud800", '"\\']).map(
    lambda text: text * 5_000
)
DATES = st.datetimes(datetime(2016, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - of bounds
ARNS = st.builds(
    "arn:{}:states:eu-west-1:123456789012:{}:a:b".format,
    TEXTS.map(lambda text: text.replace(":", "")),
    st.just("execution"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=3)
STATES = st.builds(
    FailedState,
    name=TEXTS,
    type=st.sampled_from(["Task", "Map"]),
    error=st.none() | TEXTS,
    cause=st.none() | TEXTS,
    resource=st.none() | TEXTS,
    attempts=st.integers(1, 1000),
    items=st.lists(st.builds(Item, map=TEXTS, index=st.integers(0, 10**6)), max_size=9).map(tuple),
    map_run_arn=st.none() | TEXTS,
    item_counts=st.none() | st.dictionaries(st.sampled_from(["total", "failed"]), st.integers(0, 10**6)),
    execution_arn=st.none() | ARNS,
    started_by=st.lists(TEXTS, max_size=5).map(tuple),
)
FAILURES = st.builds(
    Failure,
    error=st.none() | TEXTS,
    cause=st.none() | TEXTS | JSON.map(json.dumps),
    state=st.none() | STATES,
    whole=st.booleans(),
    running=st.lists(st.tuples(TEXTS, TEXTS), max_size=9).map(tuple),
    missing=st.sampled_from([None, "states:GetExecutionHistory"]),
)
EXECUTIONS = st.builds(
    Execution,
    execution_arn=ARNS,
    state_machine_arn=TEXTS,
    name=TEXTS,
    status=st.sampled_from(sorted(ENDINGS)),
    start_date=DATES,
    stop_date=st.none() | DATES,
    input=st.none() | TEXTS,
    output=st.none() | TEXTS,
    output_details=st.none() | OBJECTS,
    error=st.none() | TEXTS,
    cause=st.none() | TEXTS | JSON.map(json.dumps),
    billing_details=st.none() | OBJECTS,
)
RUNS = st.builds(
    Run,
    execution=st.none() | EXECUTIONS,
    count=st.none() | st.integers(1, 10**9),
    resumed=st.booleans(),
    failure=st.none() | FAILURES,
)
PROBLEMS = st.lists(st.builds(Problem, variable=TEXTS, message=TEXTS), max_size=9)
SENTENCES = TEXTS.filter(bool).map(lambda text: text if text[0] != "\n" else f"X{text}")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "credentials_user": st.sampled_from(["****", None]),
    "credentials_password": st.sampled_from(["****", None]),
    "proxy_credentials_user": st.sampled_from(["****", None]),
    "proxy_credentials_password": st.sampled_from(["****", None]),
}
GIVEN = st.tuples(*(VALUES.get(key, st.none() | TEXTS) for key in FIELDS)).map(
    lambda values: dict(zip(FIELDS, values, strict=True))
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    outcome = draw(st.sampled_from(list(Outcome)))
    return result.document(
        outcome, draw(SENTENCES), draw(GIVEN), draw(RUNS), draw(PROBLEMS), masked=draw(st.booleans())
    )


@given(made=documents())
def test_any_document_keeps_to_the_documented_schema(made: dict[str, Any]) -> None:
    """As one line of UTF-8, whatever the texts of the execution are."""
    line = result.encoded(made)
    assert line.count(b"\n") == 1
    read = json.loads(line.decode())
    VALIDATOR.validate(read)
    assert list(read["invocation"]["fields"]) == FIELDS
    assert read["changed"] == (read["result"] is not None)


@given(made=documents())
def test_a_short_copy_is_short_and_still_json(made: dict[str, Any]) -> None:
    """The whole document where that fits, else its outcome and what else has room, with no text made longer."""
    copy = result.shortened(made)
    assert len(copy) <= 4096
    read = json.loads(copy.decode())
    assert (read["exit_code"], read["changed"]) == (made["exit_code"], made["changed"])
    whole = result.encoded(made)
    assert copy == whole if len(whole) <= 4096 else read["shortened"] is True


@given(run=RUNS, around=st.tuples(TEXTS, TEXTS))
def test_a_masked_document_has_no_output(run: Run, around: tuple[str, str]) -> None:
    """Whatever it is."""
    if run.execution:
        run.execution = replace(run.execution, output="Tr0ub4dor".join(around))
    made = result.document(Outcome.SUCCESS, "Fine.", {}, run, [], masked=True)
    assert b"Tr0ub4dor" not in result.encoded(made)


@given(execution=EXECUTIONS, failure=FAILURES)
def test_any_failure_is_told_in_one_line(execution: Execution, failure: Failure) -> None:
    """Of bounded length, which begins with how the execution ended."""
    line = sentence(execution, failure)
    assert execution.status in line[:40]
    assert "\n" not in line
    assert len(line) <= 1000 + len(failure.missing or "") + 100
