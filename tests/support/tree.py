"""A copy of the working tree, as a clone would be: with what isn't committed yet, and without git's own files."""

import shutil
from pathlib import Path

from tests.support.process import ROOT


def copy_to(directory: Path) -> None:
    """Copy everything but what `.gitignore` names."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns(".git", *ignored), symlinks=True)
