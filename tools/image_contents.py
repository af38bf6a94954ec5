"""What is in the job's image: copies it from the Dockerfile's build stage to a directory for each of the layers.

Usage: python -m tools.image_contents PACKAGES JOB ENTRYPOINT OUTPUT

PACKAGES is the directory of `pip install --target`, JOB the job's package. OUTPUT gets `system`, `packages` and `job`.
What is left out is named in tools/image_tables.py, with its reason; tests/image shows that nothing is missed.
"""

import fnmatch
import gzip
import json
import os
import py_compile
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tools.image_tables import (
    AWS_COMMON,
    AWS_SERVICES,
    DEBIAN_FILES,
    GROUPS,
    OPENED_AT_RUN_TIME,
    PACKAGES_LEFT_OUT,
    SITE,
    STANDARD_LIBRARY,
    STANDARD_LIBRARY_LEFT_OUT,
    USERS,
)

# The layers


def main(packages: Path, job: Path, entrypoint: Path, output: Path) -> None:
    make_system(output / "system")
    make_packages(packages, output / "packages")
    copy_tree(job, output / "job" / SITE.relative_to("/") / "job", [])
    shutil.copy(entrypoint, output / "job" / "entrypoint.sh")
    compile_all(output / "system", keep_sources=False)
    compile_all(output / "packages", keep_sources=False)
    compile_all(output / "job", keep_sources=True)
    for layer in output.iterdir():
        make_uniform(layer)


def make_system(layer: Path) -> None:
    copy_tree(STANDARD_LIBRARY, layer / STANDARD_LIBRARY.relative_to("/"), STANDARD_LIBRARY_LEFT_OUT)
    for name in DEBIAN_FILES:
        copy(Path(name), layer)
    (layer / "usr/share/zoneinfo/localtime").unlink()  # a link to /etc/localtime, which is for users to mount
    # Last of the files, because what is left out above decides which libraries are needed.
    programs = [path for path in files(layer) if path.read_bytes()[:4] == b"\x7fELF"]
    libraries = shared_libraries(programs)
    libc = next(path for path in libraries if path.name == "libc.so.6")
    for library in libraries | {libc.parent / name for name in OPENED_AT_RUN_TIME}:
        copy(library, layer)
    for path in sorted(Path("/").iterdir()):
        if path.is_symlink() and (layer / path.readlink()).is_dir():  # /bin, /lib and their like
            (layer / path.name).symlink_to(path.readlink())
    describe_packages(layer)
    write(layer / "etc/passwd", USERS)
    write(layer / "etc/group", GROUPS)
    # No /tmp: nobody could write to it, and a tmpfs that is mounted over a directory gets that directory's mode.
    (layer / "home/job").mkdir(parents=True)


def make_packages(packages: Path, layer: Path) -> None:
    site = layer / SITE.relative_to("/")
    copy_tree(packages, site, PACKAGES_LEFT_OUT)
    (site / "botocore/cacert.pem").symlink_to("/etc/ssl/certs/ca-certificates.crt")
    data = site / "botocore/data"
    for path in data.iterdir():
        if path.is_dir() and path.name not in AWS_SERVICES:
            shutil.rmtree(path)
        elif path.is_file() and path.name not in AWS_COMMON:
            path.unlink()
    for path in data.rglob("examples-1.json"):
        path.unlink()  # for botocore's documentation
    for path in data.rglob("*.json.gz"):
        prune_model(path)
    models = [json.loads(path.read_bytes()) for path in data.rglob("service-2.json")]
    prune_endpoints(data / "endpoints.json", {model["metadata"]["endpointPrefix"] for model in models})


def prune_endpoints(path: Path, services: set[str]) -> None:
    """Drop other services' host names: every start reads the whole file, and it is a megabyte of them."""
    content = json.loads(path.read_bytes())
    for partition in content["partitions"]:
        partition["services"] = {name: hosts for name, hosts in partition["services"].items() if name in services}
    write(path, json.dumps(content, separators=(",", ":")))


def prune_model(path: Path) -> None:
    """Drop the documentation, which botocore reads only to make docstrings, and unpack: reading it is then quicker."""

    def without_documentation(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: without_documentation(value)
                for key, value in node.items()
                if not (key == "documentation" and isinstance(value, str))
            }
        return [without_documentation(item) for item in node] if isinstance(node, list) else node

    content = without_documentation(json.loads(gzip.decompress(path.read_bytes())))
    write(path.with_suffix(""), json.dumps(content, separators=(",", ":")))
    path.unlink()


def describe_packages(layer: Path) -> None:
    """Write dpkg's list of the packages that have files here, for scanners, and keep their copyright files."""
    paths = [f"/{path.relative_to(layer)}" for path in files(layer)]
    # dpkg knows some files by their place before /bin and /lib became links to /usr.
    paths += [path.removeprefix("/usr") for path in paths]
    found = subprocess.run(
        ["/usr/bin/dpkg", "-S", "--", *paths], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    owners = {
        owner.split(":")[0].strip()
        for line in found.stdout.decode().splitlines()
        for owner in line.rpartition(": ")[0].split(",")
    }
    # Their files here are made at installation, or are all left out.
    owners |= {"ca-certificates", "base-files"}
    status = Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
    stanzas = {field(stanza, "Package"): stanza for stanza in status.split("\n\n")}
    write(layer / "var/lib/dpkg/status", "\n\n".join(stanzas[owner] for owner in sorted(owners)) + "\n\n")
    for owner in owners:
        write(layer / "usr/share/doc" / owner / "copyright", copyright_of(owner, stanzas))


def copyright_of(package: str, stanzas: dict[str, str]) -> str:
    """Return the copyright file of a package or, where it is a link that slim images lack, of another of its source."""

    def source(name: str) -> str:
        return field(stanzas[name], "Source").partition(" ")[0] or name

    for name in [package, *(other for other in sorted(stanzas) if other and source(other) == source(package))]:
        path = Path("/usr/share/doc", name, "copyright")
        if path.exists():
            return path.read_text(encoding="utf-8", errors="surrogateescape")
    raise FileNotFoundError(f"{package} has no copyright file")


def field(stanza: str, name: str) -> str:
    match = re.search(rf"^{name}: (.+)$", stanza, re.MULTILINE)
    return match.group(1) if match else ""


def shared_libraries(programs: Iterable[Path]) -> set[Path]:
    found = subprocess.run(["/usr/bin/ldd", *programs], capture_output=True, check=True)
    return {Path(path) for path in re.findall(r"(/\S+) \(0x", found.stdout.decode())}


def compile_all(layer: Path, *, keep_sources: bool) -> None:
    """Compile all modules, so that Python never has to, and never looks whether a source is newer.

    Without their sources, tracebacks still have file, line and function, and 2.6 MB of the compressed image are saved.
    The sources are those of Debian and PyPI; the job's own are kept, because it is its lines that one wants to see.
    Without docstrings and assertions, modules are read faster, and take less memory.
    """
    for source in sorted(layer.rglob("*.py")):
        if source.is_symlink():  # a second name of the interpreter's build settings, which nothing asks for
            source.unlink()
            continue
        py_compile.compile(
            str(source),
            cfile=None if keep_sources else str(source.with_suffix(".pyc")),
            dfile=f"/{source.relative_to(layer)}",
            doraise=True,
            optimize=0 if keep_sources else 2,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        if not keep_sources:
            source.unlink()


def make_uniform(layer: Path) -> None:
    """Give everything the same owner, time and modes, whatever the machine that builds, so that layers are the same."""
    for path in [layer, *layer.rglob("*")]:
        os.chown(path, 0, 0, follow_symlinks=False)
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
    for path in [*layer.rglob("*"), layer]:
        os.utime(path, (0, 0), follow_symlinks=False)


# Files


def copy_tree(source: Path, destination: Path, left_out: Iterable[str]) -> None:
    def ignored(directory: str, names: list[str]) -> Iterator[str]:
        for name in names:
            path = str(Path(directory, name).relative_to(source))
            # A pattern is a path from the top or a name anywhere.
            if any(fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(name, pattern) for pattern in left_out):
                yield name

    shutil.copytree(source, destination, symlinks=True, ignore=lambda directory, names: set(ignored(directory, names)))


def copy(path: Path, layer: Path) -> None:
    """Copy a file or directory to its place in the layer, and, where it is a link, what the link leads to."""
    path = path.parent.resolve() / path.name
    destination = layer / path.relative_to("/")
    if os.path.lexists(destination):
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        destination.symlink_to(path.readlink())
        copy(path.parent / path.readlink(), layer)
    elif path.is_dir():
        copy_tree(path, destination, [])
    else:
        shutil.copy(path, destination)


def files(layer: Path) -> list[Path]:
    return [path for path in sorted(layer.rglob("*")) if path.is_file() and not path.is_symlink()]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogateescape")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
