"""Writes what the documentation takes from the code: the tables of settings and of exit codes (`make docs`).

A page says where, between ``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

import re
from collections.abc import Callable
from pathlib import Path

from job import usage
from job.outcomes import Outcome
from job.settings import TABLE, Setting
from tools import result_schema

ROOT = Path(__file__).resolve().parent.parent
RESULT_SCHEMA = ROOT / "docs" / "result.schema.json"
PAGES = (RESULT_SCHEMA, ROOT / "README.md", ROOT / "docs" / "settings.md")


def rendered(page: Path) -> str:
    """Return the page with its generated parts made anew."""
    if page == RESULT_SCHEMA:
        return result_schema.text()
    return re.sub(
        r"(<!-- generated: (.*?) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}",
        page.read_text(),
        flags=re.DOTALL,
    )


def _exit_codes() -> str:
    rows = [f"| {outcome} | {outcome.status} | {outcome.when} |" for outcome in Outcome]
    return "\n".join(["| exit | status | when |", "| ---: | --- | --- |", *rows, ""])


def _settings(*, documented: bool) -> str:
    rows = [_row(row) for row in TABLE if row.documented_field is documented]
    return "\n".join(["| variable | value | what it does |", "| --- | --- | --- |", *rows, ""])


def _row(row: Setting) -> str:
    facts = "; ".join(filter(None, [row.kind.label, usage.default(row), row.applies.label]))
    return f"| `{row.variable}` | {facts} | {row.help} |"


TABLES: dict[str, Callable[[], str]] = {
    "exit codes": _exit_codes,
    "documented fields": lambda: _settings(documented=True),
    "other settings": lambda: _settings(documented=False),
}

if __name__ == "__main__":
    for path in PAGES:
        path.write_text(rendered(path))
        print(path.relative_to(ROOT))
