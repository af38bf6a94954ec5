"""What a scanner sees: the image's files, modes, labels, packages and history."""

import gzip
import json
import re
import stat
import uuid
from importlib.metadata import PathDistribution
from pathlib import Path, PurePosixPath

import pytest

import job
from tests.image.engine import Engine, Entry, Image, build
from tests.support.process import ROOT
from tools.image_tables import PACKAGES_LEFT_OUT

PYC_HEADER = 16
UNCHECKED = 1


@pytest.fixture(scope="module")
def entries(built: Image) -> dict[str, Entry]:
    return built.entries()


def test_it_is_small(built: Image) -> None:
    """20 MB at most, as a registry would hold it."""
    assert len(gzip.compress(built.saved(), 6)) < 20_000_000


def test_nothing_in_it_can_be_changed_by_its_user(entries: dict[str, Entry]) -> None:
    """All of it is root's, no more than readable for others, and none of it is setuid, setgid or a device."""
    wrong = {
        path: oct(entry.member.mode)
        for path, entry in entries.items()
        if entry.member.uid or entry.member.gid or entry.member.mode & 0o7777 & ~0o755 or entry.member.isdev()
        if not entry.member.issym() or entry.member.uid
    }
    assert not wrong


def test_there_is_one_shell_one_interpreter_and_no_other_program(entries: dict[str, Entry]) -> None:
    """No package manager, no second shell, nothing to download with: what can be executed is this."""
    programs = {
        re.sub(r"[\d.]+$", "", PurePosixPath(path).name)
        for path, entry in entries.items()
        if entry.member.isreg() and entry.member.mode & stat.S_IXUSR and not re.search(r"\.so(\.|$)", path)
    }
    assert programs == {"dash", "python", "entrypoint.sh"}


def test_no_link_leads_nowhere(entries: dict[str, Entry]) -> None:
    """What a link names is there."""

    def resolve(path: PurePosixPath, depth: int = 0) -> PurePosixPath:
        """Follow links the way a kernel does."""
        resolved = PurePosixPath("/")
        for part in path.parts[1:]:
            resolved = resolved.parent if part == ".." else resolved / part
            entry = entries.get(str(resolved))
            if entry and entry.member.issym():
                assert depth < 40, path
                resolved = resolve(resolved.parent / entry.member.linkname, depth + 1)
        return resolved

    links = [path for path, entry in entries.items() if entry.member.issym()]
    assert [path for path in links if str(resolve(PurePosixPath(path))) not in entries] == []


def test_everything_is_compiled_for_good(entries: dict[str, Entry]) -> None:
    """A module is compiled, and in a way that Python takes without looking at its source, or the source isn't there."""
    for path in [path for path in entries if path.endswith(".py")]:
        name = PurePosixPath(path)
        assert [other for other in entries if other.startswith(f"{name.parent}/__pycache__/{name.stem}.cpython-")], path
    for path, entry in entries.items():
        if "/__pycache__/" in path and entry.member.isreg():
            assert int.from_bytes(entry.data[4:8], "little") == UNCHECKED, path
            assert len(entry.data) > PYC_HEADER


def test_debian_packages_are_listed_with_their_copyright(entries: dict[str, Entry]) -> None:
    """The list of dpkg is where scanners look; whose library is here is in it, and whose isn't, isn't."""
    status = entries["/var/lib/dpkg/status"].data.decode()
    packages = re.findall(r"^Package: (\S+)$", status, re.MULTILINE)
    assert {"libc6", "libssl3t64", "python3.13-minimal", "ca-certificates", "tzdata", "dash"} <= set(packages)
    assert {"apt", "dpkg", "bash", "perl-base", "python3-pip"}.isdisjoint(packages)
    assert len(re.findall(r"^Version: \S+$", status, re.MULTILINE)) == len(packages)
    assert [name for name in packages if f"/usr/share/doc/{name}/copyright" not in entries] == []
    assert b"Debian" in entries["/usr/lib/os-release"].data


def test_python_packages_are_listed_in_their_pinned_versions(entries: dict[str, Entry], tmp_path: Path) -> None:
    """Each pin of requirements/runtime.txt has its metadata here, but for packages that are left out whole."""
    found = {}
    for path, entry in entries.items():
        if path.endswith(".dist-info/METADATA"):
            directory = tmp_path / PurePosixPath(path).parent.name
            directory.mkdir()
            (directory / "METADATA").write_bytes(entry.data)
            distribution = PathDistribution(directory)
            found[distribution.metadata["Name"]] = distribution.version
    pins = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^(\S+)==(\S+)", pins, re.MULTILINE))
    left_out = {name for name in pinned if f"{name.replace('-', '_')}-*.dist-info" in PACKAGES_LEFT_OUT}
    assert left_out == {"markdown-it-py", "mdurl", "pygments"}
    assert found == {name: version for name, version in pinned.items() if name not in left_out}


def test_it_says_what_it_is(built: Image) -> None:
    """The labels, with the version that the job itself says; a numeric user; the entrypoint without a shell."""
    config = built.inspect()["Config"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["version"] == job.__version__
    assert labels["licenses"] == "Apache-2.0"
    assert {"title", "description", "source", "revision", "documentation"} <= labels.keys()
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", config["User"])
    assert (config["Entrypoint"], config["Cmd"]) == (["/entrypoint.sh"], None)


def test_a_build_can_be_repeated_and_keeps_its_secret(engine: Engine, built: Image, tmp_path: Path) -> None:
    """Built anew, with another secret, on a machine with other file modes: the same layers, and the secret in none."""
    mark = str(uuid.uuid4())
    bundle = tmp_path / "ca.pem"
    # Where the system's bundle isn't needed, any will do.
    trusted = Path("/etc/ssl/certs/ca-certificates.crt")
    bundle.write_text(trusted.read_text("utf-8") + f"\n# {mark}\n", encoding="utf-8")
    again = Image(engine, "sfn-job:test-again")
    build(again.name, "--no-cache", SSL_CERT_FILE=str(bundle))
    assert again.layers == built.layers
    assert [path for path, entry in again.entries().items() if mark.encode() in entry.data] == []
    history = engine("history", "--no-trunc", "--format={{json .}}", again.name)
    assert mark not in history + json.dumps(again.inspect())
    assert not re.search(r"BEGIN [A-Z ]*PRIVATE KEY|AKIA[A-Z0-9]{16}", history)
