"""`make lock` and `make audit`: which packages are installed, and whether something is known against them."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stranger.conftest import Clone
from tests.support.documents import SHELL, blocks, commands
from tests.support.localstack import free_port
from tests.support.process import ROOT
from tests.support.proxies import Mitmproxy

LOCKS = sorted(path.name for path in (ROOT / "requirements").glob("*.txt") if "constraints" not in path.name)
FIRST_OF_A_RELEASE = commands(blocks("docs/releasing.md", *SHELL)[0])
NO_HASH = f"--hash=sha256:{64 * '0'}"
"""Of no file: what is pinned so can't be installed."""


def repinned(lock: str, package: str, version: str) -> str:
    """Return the lock with another version of a package, which can't be installed."""
    pinned = rf"^{package}==\S+((?: ;.*)?) \\\n(?:    --hash=.*\n)+"
    return re.sub(pinned, rf"{package}=={version}\1 \\\n    {NO_HASH}\n", lock, flags=re.MULTILINE)


def test_a_release_begins_with_both() -> None:
    assert FIRST_OF_A_RELEASE == [["make", "lock", "UPGRADE=1"], ["make", "audit"]]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash_and_none_an_address(name: str) -> None:
    """Where packages come from is each user's own configuration."""
    lock = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    requirements = re.split(r"^(?=\w)", lock, flags=re.MULTILINE)[1:]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.-]+==[\w.]+( ;.*)? \\\n    --hash=sha256:[0-9a-f]{64}", requirement), requirement
    assert "://" not in lock
    assert "index-url" not in lock


def test_a_raised_bound_is_pinned_and_nothing_else_changes(clone: Clone) -> None:
    """Also from a lock that can't be installed, and without the environments; an old pin that still fits stays."""
    shutil.rmtree(clone.directory / ".venv")
    current = {name: clone.read(f"requirements/{name}") for name in LOCKS}
    (version,) = re.findall(r"^environs==(\S+)", current["runtime.txt"], re.MULTILINE)
    project = clone.read("pyproject.toml")
    clone.write("pyproject.toml", re.sub(r'"environs>=[\d.]+"', f'"environs>={version}"', project))
    expected = current | {name: repinned(current[name], "jmespath", "1.0.1") for name in ("runtime.txt", "dev.txt")}
    for name in ("runtime.txt", "dev.txt"):
        clone.write(f"requirements/{name}", repinned(expected[name], "environs", "15.0.0"))
        assert clone.read(f"requirements/{name}") != expected[name] != current[name]
    untouched = clone.directory / "requirements/localstack.txt"
    time = untouched.stat().st_mtime_ns

    clone.done("make", "lock")

    pinned = {name: clone.read(f"requirements/{name}") for name in LOCKS}
    assert {name: text for name, text in pinned.items() if text != expected[name]} == {}
    assert abs(untouched.stat().st_mtime_ns - time) < 1000  # make's clock; LocalStack needn't be installed again


@pytest.fixture
def database(tmp_path: Path) -> Iterator["Database"]:
    with Database(tmp_path / "known.json") as running:
        yield running


class Database(Mitmproxy):
    """What stands between `make audit` and PyPI, and answers in its place."""

    def __init__(self, known: Path) -> None:
        super().__init__(known)
        self.known = known
        """The vulnerabilities by `package/version`; null makes a package one that the database doesn't have."""
        self.tell({})

    def tell(self, known: dict[str, list[dict[str, object]] | None]) -> None:
        self.known.write_text(json.dumps(known), encoding="utf-8")

    def environ(self) -> dict[str, str]:
        return {"HTTPS_PROXY": self.url, "REQUESTS_CA_BUNDLE": str(self.bundle), "NO_PROXY": "", "no_proxy": ""}

    def _command(self) -> list[str]:
        script = f"--scripts={Path(__file__).with_name('vulnerabilities.py')}"
        settings = ["connection_strategy=lazy", "upstream_cert=false", "flow_detail=2", f"confdir={self.directory}"]
        port = f"--listen-port={self.url.rpartition(':')[2]}"
        options = [word for setting in [*settings, f"known={self.known}"] for word in ("--set", setting)]
        return [*super()._command()[:1], "--listen-host=127.0.0.1", port, script, *options]


def pins() -> set[str]:
    """Every package that this machine would install, as `package/version`."""
    text = "".join((ROOT / "requirements" / name).read_text(encoding="utf-8") for name in LOCKS)
    return {f"{name}/{version}" for name, version in re.findall(r"^([\w.-]+)==(\S+) \\$", text, re.MULTILINE)}


def test_an_audit_asks_for_every_pin_and_passes_when_nothing_is_known(clone: Clone, database: Database) -> None:
    """Of each lock, not only of what is installed here."""
    assert "No known vulnerabilities found" in clone.done("make", "audit", **database.environ())
    asked = {match[1] for line in database.log if (match := re.search(r"/pypi/(.*)/json$", line))}
    assert pins() <= asked


def test_an_audit_names_what_is_known(clone: Clone, database: Database) -> None:
    """The package, its version, the entry and the version that mends it."""
    (pin,) = (pin for pin in pins() if pin.startswith("environs/"))
    database.tell({pin: [{"id": "PYSEC-2026-1", "details": "", "aliases": [], "fixed_in": ["99"], "withdrawn": None}]})
    found = clone.run("make", "audit", **database.environ())
    assert found.returncode != 0
    assert re.search(rf"^{pin.replace('/', ' +')} +PYSEC-2026-1 +99", found.stdout, re.MULTILINE), found.stdout


def test_an_audit_fails_where_it_can_not_tell(clone: Clone, database: Database) -> None:
    """A package that the database doesn't have, and a database that doesn't answer, are no pass."""
    (pin,) = (pin for pin in pins() if pin.startswith("environs/"))
    database.tell({pin: None})
    unknown = clone.run("make", "audit", **database.environ())
    assert unknown.returncode != 0
    assert "environs" in unknown.stderr
    gone = clone.run("make", "audit", **database.environ() | {"HTTPS_PROXY": f"http://127.0.0.1:{free_port()}"})
    assert gone.returncode != 0
    assert "No known vulnerabilities" not in gone.stdout + gone.stderr
