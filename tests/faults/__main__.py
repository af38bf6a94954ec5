"""`python -m tests.faults`: tries every cell and writes docs/faults.md; exit status 1 where one isn't as documented."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import UTC, datetime

from tests.faults.cells import side_by_side, try_both
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
        (row, column) for row in ROWS if given.row in row.name for column in COLUMNS if given.column in column.name
    ]
    began, runs, wrong, longest = time.monotonic(), 0, 0, 0.0
    for number, tried in enumerate(side_by_side(lambda cell: try_both(*cell), cells), 1):
        for judged in tried:
            runs += 1
            wrong += bool(judged.problems)
            longest = max(longest, judged.seconds)
            for problem in judged.problems:
                print(f"{judged.cell}: {problem}", flush=True)
        if number % 25 == 0 or number == len(cells):
            elapsed = time.monotonic() - began
            print(f"{number}/{len(cells)} cells, {runs} runs, {wrong} wrong, {elapsed:.0f} s", flush=True)
    if wrong:
        return 1
    if len(cells) == len(ROWS) * len(COLUMNS):
        PAGE.write_text(rendered(figures(len(cells), runs, time.monotonic() - began, longest)))
    return 0


def figures(cells: int, runs: int, seconds: float, longest: float) -> str:
    """Return what there is to say of a whole try without a wrong cell."""
    date = datetime.now(UTC).date()
    return (
        f"{date}, {platform.system()} on {os.cpu_count()} CPUs, Python {platform.python_version()}: "
        f"{cells} cells, tried in {runs:,} runs within {seconds / 60:.0f} minutes, all as above; the longest run took "
        f"{longest:.0f} s. Where a run that was struck once didn't ask again, for ever would be the same run."
    )


if __name__ == "__main__":
    sys.exit(main())
