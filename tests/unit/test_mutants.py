"""The mutation testing notices what it is for, tried on a module of three lines."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from tools import mutants

SOURCE = "LIMITS = {'a': 1}\n\n\ndef late(now):\n    return now > 5\n"
ROW = "| errors | late | `return now > 5` → `return now >= 5` |"


def test_the_table_of_a_module_is_changed_like_its_functions() -> None:
    """Each change is named by where and what it is; bars that would end a cell are escaped."""
    rows = [mutant.row for mutant in mutants.mutants("errors", SOURCE)]
    assert ROW in rows
    assert "| errors | LIMITS | `LIMITS = {'a': 1}` → `LIMITS = {'a': 2}` |" in rows
    (row,) = [one.row for one in mutants.mutants("errors", "X = y | z\n") if "&" in one.row]
    assert row == "| errors | X | `X = y \\| z` → `X = y & z` |"


def test_an_outcome_is_turned_into_its_opposite() -> None:
    """An exit code that lies must never survive."""
    rows = [mutant.row for mutant in mutants.mutants("errors", "class A:\n    outcome = Outcome.FAIL\n")]
    assert "| errors | A.outcome | `outcome = Outcome.FAIL` → `outcome = Outcome.SUCCESS` |" in rows


@pytest.mark.parametrize(
    ("survivors", "page", "wrong"),
    [
        ([ROW], f"{ROW} None is asked for at 5. |\n", []),
        ([ROW], "", ["survives without an explanation"]),
        ([ROW], f"{ROW} |\n", ["survives without an explanation"]),
        ([], f"{ROW} None is asked for at 5. |\n", ["doesn't survive any more"]),
        ([], f"{ROW.replace('errors', 'naming')} Of a module that wasn't tried. |\n", []),
    ],
)
def test_survivors_and_explanations_must_agree(survivors: list[str], page: str, wrong: list[str]) -> None:
    """Neither more nor fewer, and of the modules that were tried only."""
    found = mutants.verdict(survivors, page, ["errors"])
    assert [problem.split(":")[0] for problem in found] == wrong


@pytest.mark.parametrize(("old", "new", "survives"), [("", "", True), ("AUTHORIZATION", "PROXY", False)])
def test_the_tests_meet_the_mutant_and_not_the_file(old: str, new: str, *, survives: bool) -> None:
    """In a process of its own; the file as it is passes, and what it's changed to doesn't."""
    source = (mutants.ROOT / "job" / "errors.py").read_text().replace(old, new)
    tests = [str(mutants.ROOT / "tests" / test) for test in mutants.TESTS["errors"]]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(mutants.survives, "errors", source, tests).result() is survives
