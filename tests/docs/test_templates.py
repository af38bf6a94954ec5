"""The forms of issues: as GitHub takes them, asking for what an answer needs, and warning of secrets."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it ships none

from tests.support.process import ROOT

FOLDER = ROOT / ".github/ISSUE_TEMPLATE"
SCHEMAS = {
    "bug.yml": "vendor.github-issue-forms",
    "question.yml": "vendor.github-issue-forms",
    "config.yml": "vendor.github-issue-config",
}


def check(path: Path, schema: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def form(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return document


def test_every_form_is_valid_by_its_published_schema() -> None:
    assert {path.name for path in FOLDER.iterdir()} == SCHEMAS.keys()
    for name, schema in SCHEMAS.items():
        done = check(FOLDER / name, schema)
        assert done.returncode == 0, done.stdout


def test_a_wrong_form_is_noticed(tmp_path: Path) -> None:
    """So the test above can fail."""
    wrong = tmp_path / "bug.yml"
    wrong.write_text((FOLDER / "bug.yml").read_text(encoding="utf-8").replace("type: input", "type: line"))
    assert check(wrong, SCHEMAS["bug.yml"]).returncode == 1


def test_a_bug_is_reported_with_what_tells_it() -> None:
    """Version, exit code and the log's last line are asked of everybody; --check where it helps."""
    fields = {field["id"]: field for field in form("bug.yml")["body"] if "id" in field}
    required = {name for name, field in fields.items() if field.get("validations", {}).get("required")}
    assert required == {"version", "exit-code", "last-line", "what"}
    assert fields.keys() - required == {"check", "variables"}


@pytest.mark.parametrize("name", ["bug.yml", "question.yml"])
def test_a_form_begins_with_the_warning_of_secrets(name: str) -> None:
    first = form(name)["body"][0]
    assert first["type"] == "markdown"
    assert "**Never paste secrets" in first["attributes"]["value"]
