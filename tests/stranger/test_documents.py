"""No block of commands is in a document that no test runs or checks."""

import re
import subprocess

import pytest

from job.secrets import FILE_SUFFIX
from job.settings import TABLE
from tests.support.documents import SHELL, blocks
from tests.support.process import ROOT

PAGES = sorted(
    str(page.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "charts/**/*.md", ".github/**/*.md")
    for page in ROOT.glob(pattern)
)
TRIED: dict[str, dict[str, int]] = {
    "CONTRIBUTING.md": {"tests/stranger/test_first_steps.py": 1, "tests/stranger/test_adding_a_setting.py": 1},
    "README.md": {
        "tests/stranger/test_first_steps.py": 2,
        "tests/image/test_docs.py": 1,
        "tests/chart/test_docs.py": 1,
    },
    "charts/sfn-job/README.md": {"tests/chart/test_docs.py": 1},
    "docs/batch.md": {"tests/examples/test_requests.py": 2},
    "docs/check.md": {"tests/image/test_docs.py": 2},
    "docs/credentials.md": {"tests/integration/test_credentials_docs.py": 4},
    "docs/docker.md": {"tests/image/test_docs.py": 5},
    "docs/ecs.md": {"tests/examples/test_requests.py": 2},
    "docs/express.md": {"tests/image/test_docs.py": 1},
    "docs/kubernetes.md": {"tests/chart/test_docs.py": 5},
    "docs/migrate.md": {"tests/integration/test_migrate_docs.py": 3},
    "docs/proxy.md": {"tests/integration/test_proxy_docs.py": 10},
    "docs/releasing.md": {
        "tests/stranger/test_releasing.py": 1,
        "tests/stranger/test_dependencies.py": 1,
        "tests/image/test_docs.py": 2,
        "tests/stranger/test_documents.py": 3,
    },
    "docs/report.md": {"tests/stranger/test_documents.py": 1},
    "docs/schedulers.md": {"tests/examples/test_requests.py": 2},
}
"""By page: which test tries how many of its blocks of commands. A block more or less needs a look at the test."""
TARGETS = sorted(
    {
        target
        for page in PAGES
        for code in [*blocks(page, *SHELL), *re.findall(r"`([^`\n]+)`", (ROOT / page).read_text(encoding="utf-8"))]
        for target in re.findall(r"^(?:\$ )?make ([a-z][a-z-]*)", code, re.MULTILINE)
    }
)


def test_every_block_of_commands_is_tried() -> None:
    """By the tests above, as far as a count can tell."""
    found = {page: len(blocks(page, *SHELL)) for page in PAGES}
    assert {page: count for page, count in found.items() if count} == {
        page: sum(tests.values()) for page, tests in TRIED.items()
    }


@pytest.mark.parametrize(("page", "test"), [(page, test) for page, tests in TRIED.items() for test in tests])
def test_a_test_that_is_named_reads_the_page(page: str, test: str) -> None:
    """By its path from the root."""
    assert f'"{page}"' in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_of_make_exists(target: str) -> None:
    """Wherever a document names one; nothing is made."""
    dry = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_in_a_block_exists(page: str) -> None:
    """But the one that CONTRIBUTING adds."""
    known = {name for row in TABLE for name in (row.variable, row.variable + FILE_SUFFIX)}
    named = set(re.findall(r"\bSFN_[A-Z_]+\b", "".join(blocks(page, *SHELL, "yaml", "text"))))
    assert named <= known


def test_every_place_in_contributings_table_exists() -> None:
    """What "Where things are" names first."""
    _, table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Where things are\n")
    places = [
        place for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for place in re.findall("`(.*?)`", row)
    ]
    assert len(places) > 10
    assert [place for place in places if not (ROOT / place).exists()] == []
