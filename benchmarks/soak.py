# ruff: noqa: T201 - print is how a benchmark speaks
"""`make soak`: many jobs at once, and one that waits for long; writes docs/soak.md."""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import endurance, load
from benchmarks.fleet import replaced

PAGE = Path(__file__).resolve().parent.parent / "docs" / "soak.md"


def main() -> int:
    """Do what the module's docstring says; return 1, and write nothing, where something isn't as it must be."""
    page = PAGE.read_text()
    problems: list[str] = []
    for name, tried in (("load", load), ("endurance", endurance)):
        found = tried.carry_out()
        problems += found.problems
        table = "".join(f"| {what} | {value} |\n" for what, value in found.rows)
        print(f"{name}\n{table}", flush=True)
        page = replaced(page, name, f"| {_here()} | |\n| --- | --- |\n{table}")
    print(*problems, sep="\n")
    if problems:
        return 1
    PAGE.write_text(page)
    return 0


def _here() -> str:
    """Return when and where."""
    return f"{datetime.now(UTC).date()}, {os.cpu_count()} CPUs, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
