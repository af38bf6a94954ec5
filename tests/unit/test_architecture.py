"""docs/architecture.md draws the house as it stands, and the rules of its imports hold and can be broken."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.support.process import ROOT

JOB = ROOT / "job"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONFIGURATION = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"

Layers = list[set[str]]

OUTSIDE = {
    "os.environ": {"app"},
    "print": {"app"},
    "sys.argv": {"app"},
    "sys.exit": {"__main__"},
    "sys.stderr": {"app"},
    "sys.stdout": {"app"},
    "datetime.now": {"app"},
    "time.monotonic": {"check", "claiming", "express", "running", "signals", "stopping"},
    "time.time": {"aws.api", "claiming", "live", "running", "starting"},
}
"""What lies outside of the job, and the modules that touch it: everybody else is told."""


def drawn() -> dict[str, Layers]:
    """Return the rows of the picture, by package: in each cell a module's name comes first, after one space."""
    house, packages = re.findall(
        r"^┌.*?^└", PAGE.partition("```text\n")[2].partition("```")[0], re.MULTILINE | re.DOTALL
    )
    rows = [set(re.findall(r"│ (\w+)  ", row)) for row in re.split(r"^├.*\n", house, flags=re.MULTILINE)]
    title, *lines = packages.splitlines()[:-1]
    columns = zip_longest(*(re.findall(r"│ (\w*) +", line) for line in lines))
    inside = {
        f"job.{name}": [{module} for module in column if module]
        for name, column in zip(re.findall(r"─ (\w+) ─", title), columns, strict=True)
    }
    return {"job": rows, **inside}


def contracted() -> dict[str, Layers]:
    """Return the layers of the contracts, by package."""
    layered = [contract for contract in CONTRACTS if contract["type"] == "layers"]
    return {
        package: [set(layer.split(" | ")) for layer in contract["layers"]]
        for contract in layered
        for package in contract["containers"]
    }


def test_the_picture_has_every_module_once() -> None:
    """And nothing else, so that a new module is drawn where it belongs."""
    named = [f"{package}.{name}" for package, rows in drawn().items() for row in rows for name in row]
    packages = {f"job.{path.parent.name}" for path in JOB.glob("*/__init__.py")}
    modules = {module(path) for path in JOB.rglob("*.py") if path.name != "__init__.py"}
    assert sorted(named) == sorted(packages | {f"job.{name}" for name in modules})


def test_the_picture_has_the_rows_of_the_contracts() -> None:
    assert drawn() == contracted()


def test_the_page_names_files_that_are_there() -> None:
    """Of the job, its tests and its tools."""
    named = set(re.findall(r"`((?:job|tests|tools)/[\w/.]*)`", PAGE))
    assert len(named) > 50
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_module_is_named_by_what_it_is_for() -> None:
    """In the table of what somebody may want to change: itself or its package."""
    table = PAGE.partition("## I want to change")[2].partition("\n## ")[0]
    names = {path.relative_to(ROOT).as_posix() for path in JOB.rglob("*.py") if path.name != "__init__.py"}
    assert not {name for name in names if f"`{name}`" not in table and f"`{Path(name).parent}/`" not in table}


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts on what `directory` holds."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--no-logo"], cwd=directory, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The job and its contracts, for a change."""
    shutil.copytree(JOB, tmp_path / "job", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONFIGURATION, tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    """And on a copy, so that what the next test breaks is the change that it makes."""
    checked = lint(copy)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("schedule.py", "from job import running", "The house"),
        ("result.py", "from job.report import page", "The house"),
        ("naming.py", "def late() -> None:\n    from job import settings", "The house"),
        ("novelty.py", "", "The house"),
        ("aws/errors.py", "from job.aws import api", "AWS's edge"),
        ("history/causes.py", "from job.history import events", "The history"),
        ("report/bars.py", "from job.report import page", "The report"),
        ("history/events.py", "from job.aws import api", "What asks AWS nothing"),
        ("run.py", "from job import executions", "What asks AWS nothing"),
        ("running.py", "import botocore.session", "AWS's libraries"),
        ("app.py", "from boto3 import client", "AWS's libraries"),
        ("settings.py", "import environs", "environs"),
        ("logs.py", "import rich.text", "rich"),
        ("result.py", "import pythonjsonlogger", "The format of the log"),
    ],
)
def test_a_broken_rule_is_noticed(path: str, line: str, contract: str, copy: Path) -> None:
    """The test above can fail: each contract is broken by one line, whether at the top or in a function."""
    with (copy / "job" / path).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    checked = lint(copy)
    assert checked.returncode == 1
    assert re.search(rf"^{contract}.* BROKEN$", checked.stdout, re.MULTILINE)


def test_every_contract_is_broken_above() -> None:
    """None is there that nobody has seen fail."""
    (mark,) = test_a_broken_rule_is_noticed.pytestmark  # type: ignore[attr-defined] # pytest adds it
    tried = {contract for _, _, contract in mark.args[1]}
    assert all(any(contract["name"].startswith(name) for name in tried) for contract in CONTRACTS)


def touched(tree: ast.AST) -> Iterator[str]:
    """Yield what a module's code names of what lies outside."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)) and (name := ast.unparse(node)) in OUTSIDE:
            yield name
        if isinstance(node, ast.ImportFrom):
            yield from (name for one in node.names if (name := f"{node.module}.{one.name}") in OUTSIDE)


def test_the_outside_is_touched_where_it_should_be() -> None:
    """By the modules above and by no others."""
    found: dict[str, set[str]] = {}
    for path in JOB.rglob("*.py"):
        for name in touched(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(name, set()).add(module(path))
    assert found == OUTSIDE


@pytest.mark.parametrize("code", ["os.environ['X']", "from os import environ", "print(1)", "later = time.time"])
def test_touching_the_outside_is_noticed(code: str) -> None:
    """The test above can fail."""
    assert list(touched(ast.parse(code)))


def module(path: Path) -> str:
    """Return a module's name within `job`."""
    return ".".join(path.relative_to(JOB).with_suffix("").parts)
