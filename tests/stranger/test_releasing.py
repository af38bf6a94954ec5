"""docs/releasing.md: what of it needs neither people nor days. `make lock` and `make audit` have tests of their own."""

import re
from pathlib import Path

from job import __version__
from tests.stranger.conftest import Clone
from tests.support.documents import SHELL, blocks

(BLOCK,) = (block for block in blocks("docs/releasing.md", *SHELL) if "__version__" in block)
OLD_STAYS = {"CHANGELOG.md", "docs/releasing.md"}
"""What may name other versions."""
NOT_OURS = re.compile(r"\.venv|requirements/")


def test_a_new_version_stands_everywhere(clone: Clone) -> None:
    """The old one nowhere; and all that is made from it is made."""
    (new,) = re.findall(r"^new=(\S+)$", BLOCK, re.MULTILINE)
    paths = (path for path in clone.directory.rglob("*") if path.is_file())
    files = [path for path in paths if not NOT_OURS.match(str(path.relative_to(clone.directory)))]
    assert new != __version__
    clone.done("/bin/sh", "-euc", BLOCK)
    assert clone.done(".venv/bin/python", "-m", "job", "--version").split() == ["sfn-job", new]
    assert f'version: {new}\nappVersion: "{new}"\n' in clone.read("charts/sfn-job/Chart.yaml")
    left = {str(path.relative_to(clone.directory)) for path in files if mentions(path, __version__)}
    assert left - OLD_STAYS == set()
    chosen = ["tests/chart/test_generated.py", "tests/chart/test_objects.py", "tests/chart/test_docs.py"]
    clone.done(".venv/bin/python", "-m", "pytest", "-q", *chosen)


def mentions(path: Path, version: str) -> bool:
    return re.search(rb"(?<![\d.])%s(?![\d.])" % re.escape(version).encode(), path.read_bytes()) is not None
