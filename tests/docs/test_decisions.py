"""docs/decisions: every record has the four parts, and the page before them lists them all."""

import re
from pathlib import Path

import pytest

from tests.support.process import ROOT

FOLDER = ROOT / "docs/decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "What else there was", "What it costs"]


@pytest.mark.parametrize("record", RECORDS, ids=[path.stem for path in RECORDS])
def test_a_record_is_short_and_whole(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(.*?)\.\*\*", text, re.MULTILINE) == PARTS
    assert len(text.splitlines()) in range(10, 26)


def test_the_list_has_every_record() -> None:
    """By number, without a gap, with its title."""
    titles = [record.read_text(encoding="utf-8").splitlines()[0] for record in RECORDS]
    rows = re.findall(
        r"^\| (\d+) \| \[(.*?)\]\((.*?)\) \|$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [f"# {number}. {title}" for number, title, _ in rows] == titles
    assert [file for _, _, file in rows] == [record.name for record in RECORDS]
    assert [int(number) for number, _, _ in rows] == list(range(1, len(RECORDS) + 1))
