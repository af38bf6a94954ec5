"""The settings table, and what is made from it."""

from dataclasses import fields
from pathlib import Path

import pytest

from job import usage
from job.secrets import FILE_SUFFIX
from job.settings import PREFIX, TABLE, Settings
from tests.support.results import FIELDS
from tools import generate_docs


def test_the_documented_fields_are_the_contracts() -> None:
    """All 17, in its order."""
    assert [row.key for row in TABLE if row.documented_field] == FIELDS


def test_every_row_has_an_attribute_and_every_attribute_a_row() -> None:
    """What is parsed is used by a name that mypy knows."""
    assert [field.name for field in fields(Settings)] == [*(row.key for row in TABLE), "index"]


def test_names_are_ours_and_unique() -> None:
    """No variable is another's `_FILE` form either."""
    names = [name for row in TABLE for name in (row.variable, row.variable + FILE_SUFFIX)]
    assert len(names) == len(set(names))
    assert all(name.startswith(PREFIX) for name in names)


def test_the_secrets_are_marked() -> None:
    """Whatever is called credentials is a secret, and nothing else."""
    assert {row.variable for row in TABLE if row.secret} == {
        row.variable for row in TABLE if "CREDENTIALS" in row.variable
    }


def test_the_help_has_every_variable() -> None:
    """`--help` is made from the table."""
    text = usage.text()
    for row in TABLE:
        assert row.variable in text
        assert usage.default(row) in text


@pytest.mark.parametrize("page", generate_docs.PAGES, ids=str)
def test_what_is_generated_is_current(page: Path) -> None:
    """`make docs` was run after the last change of the table or the outcomes."""
    assert page.read_text() == generate_docs.rendered(page)


def test_a_stale_page_is_noticed(tmp_path: Path) -> None:
    """The test above can fail: a page that lacks what is generated isn't what it renders to."""
    page = tmp_path / "page.md"
    page.write_text("<!-- generated: exit codes -->\nold\n<!-- end -->\n")
    assert page.read_text() != generate_docs.rendered(page)
