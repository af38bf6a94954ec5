"""docs/faults.md: the matrix as the rules have it, which `make faults` holds every run of the job to."""

from __future__ import annotations

from collections.abc import Iterator

from job.outcomes import Outcome
from tests.faults.columns import COLUMNS, Column
from tests.faults.rows import ROWS, Row
from tests.faults.rules import Need, expected
from tests.support.process import ROOT

PAGE = ROOT / "docs" / "faults.md"

INTRODUCTION = """# What goes wrong, and how the job ends

Every request that the job can make, and every fault that can strike it. A cell is the exit status
([the table](../README.md#exit-status)) of a run whose request is struck **once**, and of one where it is struck **each
time from then on**; a single number is both. So `0 / 10` is a fault that is ridden out while it passes, and ends the
run with exit 10 once it has lasted for the retry window. In all cells

- the exit status is the one that the table says, and the result document is there and whole;
- at most one execution is started, as AWS's side counts;
- an execution that was started is in the result, or `status_description` names it as one that may have been started;
- exit 0 is only said of an execution that AWS's side has as SUCCEEDED;
- the job ends within seconds of the windows that it was given.

`make faults` writes this page: it tries each cell with a real process in front of an endpoint that plays AWS and the
fault, with windows of seconds, and fails where one isn't as it stands here. What stands here comes from rules, not from
what the job did.
"""


def rendered(figures: str) -> str:
    """Return the page; ``figures`` is what the last whole try came to."""
    return f"""{INTRODUCTION}
## The matrix

{table()}

## The faults

{faults()}

## What a run needs each request for

That, and what a fault leaves to hope for, decide the cell.

{needs()}

The runs wait for the execution, except for those with `--check`. In the runs that stop, `SFN_WAIT_TIMEOUT` has passed;
in those with a failure, the execution FAILED; StartSyncExecution has a `SFN_WAIT_TIMEOUT` of its own, within which its
answer, the execution's end, has to come.

## The last try

<!-- generated: figures -->
{figures}
<!-- end -->
"""


def table() -> str:
    """Return the matrix: a row for each request, a column for each fault."""
    return _table(["request", *(column.name for column in COLUMNS)], (_row(row) for row in ROWS))


def _row(row: Row) -> list[str]:
    return [row.name, *(_cell(row, column) for column in COLUMNS)]


def _cell(row: Row, column: Column) -> str:
    once, for_ever = (_expected(row, column, for_ever=for_ever) for for_ever in (False, True))
    return f"{once}" if once == for_ever else f"{once} / {for_ever}"


def _expected(row: Row, column: Column, *, for_ever: bool) -> Outcome:
    return expected(row.need, column.kind, row.undisturbed, for_ever=for_ever)


def faults() -> str:
    """Return what each column stands for."""
    return _table(["fault", "what happens", "to the job"], ([one.name, one.said, one.kind.value] for one in COLUMNS))


def needs() -> str:
    """Return what each row's request is needed for."""

    def listed() -> Iterator[list[str]]:
        for need in Need:
            yield ["; ".join(row.name for row in ROWS if row.need is need), need.value]

    return _table(["request", "needed for"], listed())


def _table(head: list[str], rows: Iterator[list[str]] | list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figures_of(page: str) -> str:
    """Return what the page says of the last try."""
    return page.partition("<!-- generated: figures -->\n")[2].partition("\n<!-- end -->")[0]
