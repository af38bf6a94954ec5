"""A part of the fault matrix, which touches each request and each fault; `make faults` tries all of it."""

import ast
import inspect
from dataclasses import replace
from typing import get_type_hints

import botocore.session
import pytest
from botocore import xform_name

from job.outcomes import Outcome
from tests import hostile
from tests.faults.cells import Cell, side_by_side, told, try_out
from tests.faults.columns import COLUMNS
from tests.faults.page import PAGE, figures_of, rendered
from tests.faults.rows import CHECK, ROWS, Row
from tests.faults.rules import RULES, Need
from tests.hostile.aws import Account
from tests.support.process import ROOT

EACH = 2
"""Faults that each request is struck by here; the next request has the next ones."""

BY_BOTOCORE = {"assume_role", "assume_role_with_web_identity"}
"""Sent by what renews the credentials, not by the job's own code."""


def sample(number: int) -> list[Cell]:
    """Return some cells of a row: one struck for ever, and one once."""
    columns = [COLUMNS[(number * EACH + i) % len(COLUMNS)] for i in range(EACH)]
    return [Cell(ROWS[number], column, for_ever=i == 0) for i, column in enumerate(columns)]


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row.name for row in ROWS])
def test_a_struck_run_ends_as_documented(number: int) -> None:
    """With its exit status, its document, and what it started neither twice nor lost."""
    problems = [
        f"{judged.cell}: {problem}" for judged in side_by_side(try_out, sample(number)) for problem in judged.problems
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("RedriveExecution", "no fields"),
        ("DescribeStateMachine", "garbage"),
        ("`--check`: DescribeStateMachine", "garbage"),
        ("`--check`: DescribeStateMachineAlias", "empty"),
        ("`--check`: DescribeExecution", "unknown"),
    ],
)
def test_what_the_matrix_has_found_stays_mended(row: str, column: str) -> None:
    """Answers taken for a success that lack all that AWS promises, and an account refused late."""
    (request,) = [one for one in ROWS if one.name == row]
    assert judged(request, column, for_ever=True) == []


def test_the_sample_has_every_fault() -> None:
    """And so can't miss one for long."""
    assert {cell.column.name for i in range(len(ROWS)) for cell in sample(i)} == {column.name for column in COLUMNS}


def test_every_request_of_the_job_has_a_row() -> None:
    """Whatever operation of AWS's the job's code names."""
    session = botocore.session.get_session()
    known = {
        xform_name(operation)
        for service in ("stepfunctions", "sts")
        for operation in session.get_service_model(service).operation_names
    }
    named = {
        node.value
        for path in (ROOT / "job").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    requests = (known & named) | BY_BOTOCORE
    assert requests == {xform_name(row.operation) for row in ROWS}
    tried = {xform_name(row.operation) for row in ROWS if row.arguments == CHECK}
    check = ast.parse((ROOT / "job" / "check.py").read_text())
    assert tried == {node.value for node in ast.walk(check) if isinstance(node, ast.Constant)} & known


def test_every_fault_of_the_endpoint_has_a_column() -> None:
    """Each of its constructors; `error` makes any error, and some have columns by other names."""
    constructors = {
        made
        for name in hostile.__all__
        if inspect.isfunction(made := getattr(hostile, name)) and get_type_hints(made)["return"] is hostile.Fault
    }
    assert constructors == {column.constructor for column in COLUMNS} - {None}


def test_every_cell_has_a_rule() -> None:
    """None is left to what the code happens to do."""
    assert set(RULES) == set(Need) == {row.need for row in ROWS}
    for rule in RULES.values():
        assert {column.kind for column in COLUMNS} <= set(rule)


def test_the_page_is_current() -> None:
    """docs/faults.md has the requests, the faults and the rules that there are now; `make faults` writes it."""
    page = PAGE.read_text()
    assert page == rendered(figures_of(page))


# The judge


def judged(row: Row, column: str, *, for_ever: bool = False) -> list[str]:
    (fault,) = [one for one in COLUMNS if one.name == column]
    return try_out(Cell(row, fault, for_ever)).problems


def test_a_run_that_ends_otherwise_is_noticed() -> None:
    """By exit status and document."""
    (problem,) = judged(replace(ROWS[0], undisturbed=Outcome.EXECUTION_FAILED), "huge")
    assert problem.startswith("not exit 23")


def test_a_fault_that_never_strikes_is_noticed() -> None:
    """A cell that tests nothing is none."""
    assert judged(replace(ROWS[0], skip=5), "cut after") == ["the fault never struck"]


def test_a_second_execution_is_noticed() -> None:
    """As AWS's side counts them."""

    def prepare(aws: hostile.HostileEndpoint) -> None:
        ROWS[0].prepare(aws)
        machine, _ = aws.resolve(aws.state_machine_arn)
        aws.begin(machine, None, "another", "{}", None)

    assert judged(replace(ROWS[0], prepare=prepare), "huge") == ["2 executions started"]


def test_what_the_result_does_not_tell_as_it_is_is_noticed() -> None:
    """An execution lost, one made up, and a success that is none."""
    account = Account()
    running = account.seed("nightly-1", "RUNNING")
    lost = {"exit_code": 10, "status_description": "CONNECTION_ERROR: lost.", "result": None}
    assert list(told(lost, [running], account.executions)) == ["nightly-1 was started, and the result doesn't tell"]
    named = {**lost, "status_description": "CONNECTION_ERROR: nightly-1 may have been started."}
    assert list(told(named, [running], account.executions)) == []
    reached = {"name": "nightly-1", "executionArn": running.arn}
    ended = {"exit_code": 0, "status_description": "SUCCESS: it did.", "result": reached}
    assert list(told(ended, [running], account.executions)) == ["success is said of one that is RUNNING"]
    assert list(told(ended, [], {})) == ["the result tells of nightly-1, which isn't there"]
