"""A copy of the working tree, as a clone would be, with the environments that this tree has already."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import tree
from tests.support.process import ROOT

ENVIRONMENTS = (".venv", ".venv-localstack", ".venv-mitmproxy")
OURS = ("COVERAGE", "COV_", "MAKE", "MFLAGS", "PYTEST", "SFN_", "VIRTUAL_ENV")
"""What this test run itself has set: variables that begin so."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a test here take longer than others may: it runs other tests, or asks the package index."""
    item.add_marker(pytest.mark.timeout(600))


@dataclass(frozen=True)
class Clone:
    """Where a stranger stands."""

    directory: Path

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command there, in the environment of whoever started the tests."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return subprocess.run(
            command, cwd=self.directory, env=inherited | environ, capture_output=True, text=True, check=False
        )

    def done(self, *command: str, **environ: str) -> str:
        """Run a command that must succeed; return all that it says."""
        finished = self.run(*command, **environ)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout + finished.stderr

    def read(self, path: str) -> str:
        return (self.directory / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        (self.directory / path).write_text(text, encoding="utf-8")

    def edit(self, diff: str) -> None:
        """Make the changes of a diff as people write it: `+++ path`, then lines that are there, added or taken away."""
        _, *parts = diff.split("+++ ")
        assert parts
        for part in parts:
            path, _, lines = part.partition("\n")
            # A blank line may lack its space: editors take it away.
            changed = [line if line.strip("\n") else " \n" for line in lines.splitlines(keepends=True)]
            before = "".join(line[1:] for line in changed if line[0] in " -")
            after = "".join(line[1:] for line in changed if line[0] in " +")
            text = self.read(path)
            assert text.count(before) == 1, f"{path} has no such place, or more than one:\n{before}"
            self.write(path, text.replace(before, after))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """The environments' directories are the clone's own, and what is in them is linked: nothing is changed there."""
    directory = tmp_path / "clone"
    tree.copy_to(directory)
    for environment in ENVIRONMENTS:
        if (ROOT / environment).exists():
            (directory / environment).mkdir()
            for path in (ROOT / environment).iterdir():
                (directory / environment / path.name).symlink_to(path)
    return Clone(directory)
