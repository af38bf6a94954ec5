"""The site of the documentation: built strictly, and needing nothing but itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import tree
from tests.support.process import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FAULTS = {
    "docs/check.md": ("[a page](nowhere.md)", "'nowhere.md'"),
    "docs/docker.md": ("[a file](../examples/nowhere.yaml)", "'../examples/nowhere.yaml'"),
    "docs/ecs.md": ("[a heading elsewhere](settings.md#nowhere)", "'docs/settings': 'nowhere'"),
    "docs/report.md": ("[a heading here](#nowhere)", "'nowhere'"),
    "docs/batch.md": ("![a picture](nowhere.png)", "docs/nowhere.png"),
    "docs/forgotten.md": ("# A page that no table of contents has", "isn't included in any toctree"),
}
"""By page: what leads nowhere in it, and what the warning about it has."""
LOADS = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}
"""Elements that load something by themselves, by the attribute that says what; a link to follow is none."""


def build(source: Path, output: Path) -> subprocess.CompletedProcess[str]:
    """Run `make site`, without making the environment anew."""
    command = ["make", "--assume-old=.venv/.installed", "site", f"PYTHON={sys.executable}", f"SITE={output}"]
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=source, env=environ, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("site")
    built = build(ROOT, output)
    assert (built.returncode, built.stderr) == (0, "")
    return output / "html"


def test_every_page_is_built(site: Path) -> None:
    """Where it stands in the repository; README is the first page."""
    folders = (ROOT / name for name in ("docs", "examples", "charts"))
    pages = [*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]
    assert len(pages) > 20
    assert [page for page in pages if not (site / page.relative_to(ROOT)).with_suffix(".html").is_file()] == []
    assert "url=README.html" in (site / "index.html").read_text(encoding="utf-8")


def test_what_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    """Each of them is told by itself."""
    copy = tmp_path / "copy"
    tree.copy_to(copy)
    for page, (text, _) in FAULTS.items():
        with (copy / page).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
    built = build(copy, tmp_path / "site")
    assert built.returncode != 0
    warnings = [line for line in built.stderr.splitlines() if "WARNING" in line]
    for page, (_, says) in FAULTS.items():
        (warning,) = (line for line in warnings if f"/{page}:" in line)
        assert says in warning


class Loaded(HTMLParser):
    """Collects the addresses that a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        address = dict(attributes).get(LOADS.get(tag, ""))
        if address:
            self.addresses.append(address)


def loaded(site: Path) -> Iterator[str]:
    for path in site.rglob("*.html"):
        page = Loaded()
        page.feed(path.read_text(encoding="utf-8"))
        yield from page.addresses
    for path in site.rglob("*.css"):
        yield from re.findall(r"(?:@import|url\()\s*[\"']?([^\"')\s]+)", path.read_text(encoding="utf-8"))


def test_it_loads_nothing_from_elsewhere(site: Path) -> None:
    """Pages and styles name files of the site only."""
    addresses = set(loaded(site))
    assert any(address.endswith(".svg") for address in addresses)
    assert [address for address in addresses if re.match(r"(?!data:)(\w+:|//)", address)] == []


def test_a_browser_shows_it_without_a_network(site: Path, browser: Browser) -> None:
    """From a directory, with nothing asked of anybody, no error, and nothing wider than a narrow window."""
    asked, errors = [], []
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    for name in ("index", "docs/settings", "docs/guarantees", "docs/faults", "docs/migrate"):
        page.goto((site / f"{name}.html").as_uri(), wait_until="networkidle")
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert page.evaluate(wider) is False, name
    page.close()
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
