"""CONTRIBUTING's walk: one row and one test make a setting, everywhere."""

import json
import re
from pathlib import Path

import pytest

from tests.stranger.conftest import Clone
from tests.support.documents import SHELL, blocks, commands
from tests.support.process import ROOT

PAGE = "CONTRIBUTING.md"
ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"


@pytest.fixture(scope="module")
def walk() -> tuple[list[str], str, str, list[list[str]]]:
    """What the page tells: the changes, the new test's path and text, and the commands after them."""
    diffs, (test,) = blocks(PAGE, "diff"), blocks(PAGE, "python")
    (path,) = re.findall(r"`(tests/\w+/test_\w+\.py)`, of what it does", (ROOT / PAGE).read_text(encoding="utf-8"))
    (told,) = [found for block in blocks(PAGE, *SHELL) if ["make", "docs"] in (found := commands(block))]
    return diffs, path, test, told


def test_the_walk_leads_there(clone: Clone, walk: tuple[list[str], str, str, list[list[str]]]) -> None:
    """Its test fails before, and passes after; the row alone brings all the rest."""
    diffs, path, test, told = walk
    clone.write(path, test)
    assert "1 failed" in clone.run(".venv/bin/python", "-m", "pytest", path).stdout
    for diff in diffs:
        clone.edit(diff)
    for command in told:
        clone.done(*command)

    assert f"{clone.directory}/job/" in clone.done(".venv/bin/python", "-c", "import job; print(job.__file__)")
    (variable,), (help_,) = (re.findall(pattern, diffs[0]) for pattern in (r'"(SFN_\w+)"', r'"(\w+ .*\.)"'))
    assert f"{variable}  (seconds; default 0)" in clone.done(".venv/bin/python", "-m", "job", "--help")
    assert f"| `{variable}` | seconds; default 0 | {help_}" in clone.read("docs/settings.md")
    chart = Path("charts/sfn-job")
    assert f"# -- `{variable}`: {help_}" in clone.read(f"{chart}/values.yaml")
    assert f"`{variable}`: {help_}" in clone.read(f"{chart}/README.md")
    schema = json.loads(clone.read(f"{chart}/values.schema.json"))["properties"]["config"]["properties"]["startDelay"]
    assert (schema["type"], schema["minimum"]) == (["number", "null"], 0)

    given = {"SFN_STATE_MACHINE_ARN": ARN, variable: "soon", "SFN_STRAT_DELAY": "1"}
    for arguments in ((), ("--check",)):
        refused = clone.run(".venv/bin/python", "-m", "job", *arguments, **given)
        document = json.loads(refused.stdout)
        assert (refused.returncode, document["exit_code"]) == (20, 20)
        assert document["errors"] == [{"variable": variable, "message": "must be a number of seconds"}]
        assert f'"nearest": "{variable}"' in refused.stderr
