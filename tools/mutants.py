"""Mutation testing: change the job's code in one place at a time, and see whether its tests notice (`make mutants`).

Usage: python -m tools.mutants [MODULE …]. A mutant is killed where a test of its module fails. Each module must kill
LEAST percent of its mutants, and tests/mutants.md must say why the others survive: one that isn't there fails the run,
and so does a line there whose mutant is killed or gone.

The changes are mutmut's. Its own runner is not used, because it tries those in undecorated functions only: not those
in the settings table, the table of statuses, the attributes of the errors and the properties, which is most of what
these modules are. Here each mutant is the source of a whole module, which a process of its own imports in place of the
file. Nothing is written, so nothing can be left behind.
"""

import ast
import difflib
import gc
import importlib.util
import multiprocessing
import os
import re
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
from mutmut.mutation.mutators import OPERATORS_TYPE, mutation_operators

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "tests" / "mutants.md"
LEAST = 90.0

TESTS = {
    "settings": ["unit/test_settings.py", "unit/test_loading.py", "properties/test_loading.py"],
    "naming": ["unit/test_naming.py", "unit/test_loading.py", "properties/test_naming.py"],
    "execution": ["integration/test_executions.py"],
    "executions": ["integration/test_executions.py"],
    "waiting": ["unit/test_waiting.py", "properties/test_waiting.py"],
    "errors": ["unit/test_errors.py"],
    "result": ["unit/test_result.py", "properties/test_result.py"],
}
"""Each module's tests, the quickest first."""

PRELOADED = ["boto3", "botocore.session", "environs", "hypothesis", "jsonschema", "mutmut.mutation.mutators", "pytest"]
"""Imported once for all mutants: nothing of the job."""

TIMEOUT = 30
"""Seconds for one test: an endless loop is noticed too."""

MEMORY = 4 << 30
"""Bytes for one process: so is an endless list."""

CONTEXT = 40
"""Characters of a line that are shown before and behind a change."""


class Mutant(NamedTuple):
    """A module's source with one change."""

    module: str
    source: str
    row: str
    """How tests/mutants.md names it: the cells of the module, of what is changed, and of the change."""


def _outcomes(node: cst.Attribute) -> Iterator[cst.Attribute]:
    """Yield a lie of the exit code: mutmut knows nothing of enumerations."""
    match node:
        case cst.Attribute(value=cst.Name("Outcome"), attr=cst.Name(name)):
            yield node.with_changes(attr=cst.Name("FAIL" if name == "SUCCESS" else "SUCCESS"))


def _values(node: cst.DictElement) -> Iterator[cst.DictElement]:
    """Yield another value of a dict's key."""
    match node.value:
        case cst.Name("None"):
            yield node.with_changes(value=cst.Integer("0"))
        case _:
            yield node.with_changes(value=cst.Name("None"))


class _Changes(cst.CSTVisitor):
    """All changes of a module, as pairs of a node and what takes its place."""

    OPERATORS: OPERATORS_TYPE = (*mutation_operators, (cst.Attribute, _outcomes), (cst.DictElement, _values))

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Decorator):  # what they say is for mypy to check
            return False
        for kind, operator in self.OPERATORS:
            if isinstance(node, kind):
                self.found += [(node, changed) for changed in operator(node)]
        return True


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Yield all mutants of a module's source."""
    tree, changes = cst.parse_module(source), _Changes()
    tree.visit(changes)
    for node, changed in changes.found:
        mutated = cst.ensure_type(tree.deep_replace(node, changed), cst.Module).code
        yield Mutant(module, mutated, _row(module, source, mutated))


def _row(module: str, source: str, mutated: str) -> str:
    old, new = source.splitlines(), mutated.splitlines()
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changes = [block for block in blocks if block[0] != "equal"]
    (_, begin, _, new_begin, _), (_, _, end, _, new_end) = changes[0], changes[-1]
    before, after = (" ".join(map(str.strip, lines)) for lines in (old[begin:end], new[new_begin:new_end]))
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    cells = (_code(text, head - CONTEXT, len(text) - tail + CONTEXT) for text in (before, after))
    return f"| {module} | {_place(source, begin + 1)} | {' → '.join(cells)} |"


def _shared(one: str, other: str) -> int:
    return len(os.path.commonprefix([one, other]))  # noqa: RUF071 - these are texts, character by character


def _code(text: str, begin: int, end: int) -> str:
    """Return a part of a line of code, for a cell of a table."""
    part = "…" * (begin > 0) + text[max(begin, 0) : end] + "…" * (end < len(text))
    fence = "``" if "`" in part else "`"
    return f"{fence}{part}{fence}".replace("|", "\\|")


def _place(source: str, line: int) -> str:
    """Return the name of the function, attribute or constant around a line, with its class's before it."""
    names: list[str] = []
    inside: list[ast.stmt] = ast.parse(source).body
    while True:
        match [node for node in inside if node.lineno <= line <= (node.end_lineno or line)]:
            case [ast.ClassDef(name=name, body=body)]:
                names.append(name)
                inside = body
            case [
                ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name))
            ]:
                return ".".join([*names, name])
            case _:
                return ".".join(names)


class _Import(MetaPathFinder, InspectLoader):
    """Imports a mutant where its module is asked for."""

    def __init__(self, module: str, source: str) -> None:
        self._module = f"job.{module}"
        self._source = source

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._module else None

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - the interface's
        return self._source


def survives(module: str, source: str, tests: Sequence[str]) -> bool:
    """Return whether all tests pass with ``source`` in the module's place. For a process of its own."""
    import pytest  # noqa: PLC0415 - in the processes of the mutants only

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.freeze()  # pytest collects garbage several times, and none of it is in what was preloaded
    sys.meta_path.insert(0, _Import(module, source))
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    ended = pytest.main(["-qx", "--assert=plain", "-p", "no:cacheprovider", f"--timeout={TIMEOUT}", *tests])
    passed = ended is pytest.ExitCode.OK
    if passed and f"job.{module}" not in sys.modules:
        raise RuntimeError(f"{' '.join(tests)}: none of them imports job.{module}")
    return passed


def verdict(survivors: Iterable[str], page: str, modules: Iterable[str]) -> list[str]:
    """Return what is wrong between the rows of the survivors and those of tests/mutants.md for ``modules``."""
    listed = dict(re.findall(rf"^(\| (?:{'|'.join(modules)}) \| .*? → .*?` \|) *(.*?) *\|$", page, re.MULTILINE))
    survived = dict.fromkeys(survivors)
    return [
        *(f"survives without an explanation: {row}" for row in survived if not listed.get(row)),
        *(f"doesn't survive any more: {row}" for row in listed if row not in survived),
    ]


def main(modules: Sequence[str]) -> int:
    """Try all mutants of the modules; return the exit status."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    problems, survivors = [], []
    print(f"{'module':12}{'mutants':>9}{'killed':>9}{'survived':>10}{'score':>9}{'seconds':>9}")
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as pool:
        for module in modules:
            began = time.monotonic()
            source = (ROOT / "job" / f"{module}.py").read_text()
            tests = [str(ROOT / "tests" / test) for test in TESTS[module]]
            if not pool.submit(survives, module, source, tests).result():
                raise RuntimeError(f"the tests of job.{module} fail without any change: {' '.join(tests)}")
            tried = list(mutants(module, source))
            alive = pool.map(survives, [module] * len(tried), [one.source for one in tried], [tests] * len(tried))
            rows = [mutant.row for mutant, survived in zip(tried, alive, strict=True) if survived]
            survivors += rows
            score = 100 * (1 - len(rows) / len(tried))
            seconds = time.monotonic() - began
            figures = f"{len(tried):9}{len(tried) - len(rows):9}{len(rows):10}{score:8.1f}%{seconds:9.0f}"
            print(f"{module:12}{figures}", flush=True)
            if score < LEAST:
                problems.append(f"{module} kills less than {LEAST:g}% of its mutants")
    problems += verdict(survivors, PAGE.read_text(), modules)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(TESTS)))
