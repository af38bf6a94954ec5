"""`python -m tests.faults`: tries every cell and writes docs/faults.md; exit status 1 where one isn't as documented."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import UTC, datetime

from tests.faults.cells import Cell, carry_out
from tests.faults.columns import COLUMNS
from tests.faults.page import PAGE, rendered
from tests.faults.rows import ROWS


def main() -> int:
    """Try the matrix; or a part of it, and write nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--row", default="", help="only rows with this in their name")
    parser.add_argument("--column", default="", help="only columns with this in their name")
    given = parser.parse_args()
    cells = [
        Cell(row, column, for_ever)
        for row in ROWS
        if given.row in row.name
        for column in COLUMNS
        if given.column in column.name
        for for_ever in (False, True)
    ]
    began, wrong, longest = time.monotonic(), 0, 0.0
    for number, judged in enumerate(carry_out(cells), 1):
        wrong += bool(judged.problems)
        longest = max(longest, judged.seconds)
        for problem in judged.problems:
            print(f"{judged.cell}: {problem}", flush=True)
        if number % 50 == 0 or number == len(cells):
            print(f"{number}/{len(cells)} cells, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
    if wrong:
        return 1
    if len(cells) == len(ROWS) * len(COLUMNS) * 2:
        PAGE.write_text(rendered(figures(len(cells), time.monotonic() - began, longest)))
    return 0


def figures(cells: int, seconds: float, longest: float) -> str:
    """Return what there is to say of a whole try without a wrong cell."""
    date = datetime.now(UTC).date()
    return (
        f"{date}, {platform.system()} on {os.cpu_count()} CPUs, Python {platform.python_version()}: "
        f"{cells:,} runs in {seconds / 60:.0f} minutes, all as above; the longest took {longest:.0f} s."
    )


if __name__ == "__main__":
    sys.exit(main())
