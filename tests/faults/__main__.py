"""`python -m tests.faults`: tries every cell, and writes docs/faults.md; exit status 1 where one isn't as documented."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faults.cells import Cell, carry_out
from tests.faults.columns import COLUMNS
from tests.faults.rows import ROWS


def main() -> int:
    """Try the matrix, or a part of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--rows", default="", help="only those of which this is a part of the name")
    parser.add_argument("--columns", default="", help="likewise")
    given = parser.parse_args()
    cells = [
        Cell(row, column, for_ever)
        for row in ROWS
        if given.rows in row.name
        for column in COLUMNS
        if given.columns in column.name
        for for_ever in (False, True)
    ]
    began, wrong, slowest = time.monotonic(), 0, []
    for number, judged in enumerate(carry_out(cells), 1):
        wrong += bool(judged.problems)
        slowest.append((judged.seconds, str(judged.cell)))
        for problem in judged.problems:
            print(f"{judged.cell}: {problem}", flush=True)
        if number % 50 == 0:
            print(f"{number}/{len(cells)} cells, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{len(cells)} cells, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
    print(*sorted(slowest)[-5:], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
