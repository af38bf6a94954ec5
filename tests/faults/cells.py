"""One cell of the matrix: a real job, struck, and what can be said against how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from job.outcomes import Outcome
from tests.conftest import environment
from tests.faults.columns import Column, Kind
from tests.faults.rows import Row
from tests.faults.rules import expected
from tests.hostile import Execution, HostileEndpoint
from tests.support.process import Finished, Job
from tests.support.results import ends_with

T = TypeVar("T")
U = TypeVar("U")

SIDE_BY_SIDE = 8
"""Jobs at once; most of them wait most of the time."""

TIMEOUTS = {"SFN_CONNECT_TIMEOUT": "2.5", "SFN_READ_TIMEOUT": "1"}  # on a busy machine the first hold for imports too
"""Where no answer comes in time. Where one does, a busy machine may take longer for it."""

ONCE = {"SFN_RETRY_WINDOW": "20"}
FOR_EVER = {"SFN_RETRY_WINDOW": "0.3"}

LONGEST = 60.0
"""Seconds. The longest is a renewal that drips, for 35 s; stopping gives AWS 20 s. The rest is for a busy machine."""


@dataclass(frozen=True)
class Cell:
    """A request, a fault, and whether that strikes once or for ever."""

    row: Row
    column: Column
    for_ever: bool

    @property
    def expected(self) -> Outcome:
        return expected(self.row.need, self.column.kind, self.row.undisturbed, for_ever=self.for_ever)

    def __str__(self) -> str:
        return f"{self.row.name}, struck by {self.column.name} {'for ever' if self.for_ever else 'once'}"


@dataclass(frozen=True)
class Judged:
    """A cell that was tried: in so many seconds, and with so many things wrong."""

    cell: Cell
    seconds: float
    problems: list[str]
    asked: int = 0
    """Requests of the row's that came."""

    @property
    def same_for_ever(self) -> bool:
        """Whether the run would be the same if the fault struck for ever: it asked for nothing that it struck again."""
        again = self.asked > self.cell.row.skip + 1 or self.cell.column.kind is Kind.GONE
        return not again and self.cell.expected == replace(self.cell, for_ever=True).expected


def try_both(row: Row, column: Column) -> list[Judged]:
    """Try a row's request with the fault once and, where that would be another run, for ever."""
    once = try_out(Cell(row, column, for_ever=False))
    return [once] if once.same_for_ever else [once, try_out(Cell(row, column, for_ever=True))]


def side_by_side(try_one: Callable[[T], U], given: Iterable[T]) -> Iterator[U]:
    """Try some at once, each with an endpoint of its own; in their order."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield from pool.map(try_one, given)


def try_out(cell: Cell) -> Judged:
    """Run the job, struck as the cell says, and judge it by what the account knows."""
    with HostileEndpoint() as aws:
        cell.row.prepare(aws)
        earlier = set(aws.executions)
        fault = cell.column.make(aws, for_ever=cell.for_ever)
        aws.fail(cell.row.operation, fault, skip=cell.row.skip, times=None if cell.for_ever else 1)
        timeouts = TIMEOUTS if cell.column.kind in {Kind.LATE, Kind.UNHEARD_LATE} else {}
        variables = {**timeouts, **(FOR_EVER if cell.for_ever else ONCE), **cell.row.variables}
        began = time.monotonic()
        job = Job(environment(aws.url, aws.state_machine_arn, **variables), *cell.row.arguments)
        try:
            finished = job.finish()
        except AssertionError as hangs:
            return Judged(cell, time.monotonic() - began, [str(hangs)])
        seconds = time.monotonic() - began
        problems = list(_problems(cell, finished, aws, earlier))
        asked = aws.count(cell.row.operation)
    if seconds > LONGEST:
        problems.append(f"took {seconds:.0f} s")
    return Judged(cell, seconds, problems, asked)


def _problems(cell: Cell, finished: Finished, aws: HostileEndpoint, earlier: set[str]) -> Iterator[str]:
    """Yield what the cell's outcome lacks of the contract's promises."""
    struck = [request for request in aws.requests if isinstance(request.answered, str)]
    if not any(request.operation == cell.row.operation for request in struck):
        yield "the fault never struck"
    try:
        document = ends_with(finished, cell.expected)
    except (AssertionError, ValueError, LookupError) as error:
        yield f"not exit {cell.expected}, with its document: {error}"
        return
    begun = [one for one in aws.executions.values() if one.name not in earlier]
    if aws.started > 1 or any(one.redrive_count > 1 for one in aws.executions.values()):
        yield f"{aws.started} executions started"
    yield from told(document, begun, aws.executions)


def told(document: Mapping[str, Any], begun: Iterable[Execution], known: Mapping[str, Execution]) -> Iterator[str]:
    """Yield where the document and the account differ about what was started."""
    result = document["result"] or {}
    for execution in begun:
        if execution.name not in (result.get("name"), *document["status_description"].split()):
            yield f"{execution.name} was started, and the result doesn't tell"
    if result and (result["name"] not in known or known[result["name"]].arn != result["executionArn"]):
        yield f"the result tells of {result['name']}, which isn't there"
    elif result and document["exit_code"] == Outcome.SUCCESS and known[result["name"]].status != "SUCCEEDED":
        yield f"success is said of one that is {known[result['name']].status}"
