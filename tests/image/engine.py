"""The engine by its command line, as users have it, and the job's image in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import tarfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.process import LIMIT, ROOT, Finished

USER = 65532


@dataclass(frozen=True)
class Engine:
    client: str

    def __call__(self, *arguments: str) -> str:
        """Run the client and return its standard output; a failure raises with all of its output in the text."""
        done = subprocess.run([self.client, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"docker {' '.join(arguments)} exited with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def has(self, image: str) -> bool:
        return not subprocess.run([self.client, "image", "inspect", image], capture_output=True, check=False).returncode


@dataclass(frozen=True)
class Image:
    """The job's image, or another, and what each of its containers gets: variables and options of `docker run`."""

    engine: Engine
    name: str
    environ: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def command(self, arguments: tuple[str, ...], options: tuple[str, ...], environ: Mapping[str, str]) -> list[str]:
        variables = [f"--env={name}={value}" for name, value in {**self.environ, **environ}.items()]
        return [self.engine.client, "run", *self.options, *options, *variables, self.name, *arguments]

    def run(self, *options: str, arguments: tuple[str, ...] = (), **environ: str) -> Finished:
        """Run a container to its end and take it away."""
        command = self.command(arguments, ("--rm", *options), environ)
        done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    def python(self, script: str, *arguments: str, options: tuple[str, ...] = (), **environ: str) -> str:
        """Run one of tests/image/inside in a container of this image; return its standard output."""
        inside = f"--volume={Path(__file__).parent}/inside:/inside:ro"
        finished = self.run(
            *options,
            inside,
            "--entrypoint=/usr/bin/python3",
            arguments=("-IB", f"/inside/{script}", *arguments),
            **environ,
        )
        assert finished.code == 0, finished.stderr
        return finished.stdout

    @contextlib.contextmanager
    def started(self, *options: str, **environ: str) -> Iterator[Container]:
        """Start a container; it is gone, whatever it does, after the `with`."""
        name = f"sfn-job-test-{uuid.uuid4()}"
        command = self.command((), ("--detach", f"--name={name}", *options), environ)
        subprocess.run(command, capture_output=True, check=True)
        try:
            yield Container(self.engine, name)
        finally:
            self.engine("rm", "--force", name)

    def inspect(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.engine("image", "inspect", self.name))
        return found[0]

    @property
    def layers(self) -> list[str]:
        """The digests of its layers."""
        digests: list[str] = self.inspect()["RootFS"]["Layers"]
        return digests

    def saved(self) -> bytes:
        # By its digest: a name without a tag would save all images of that name.
        return subprocess.run(
            [self.engine.client, "save", self.inspect()["Id"]], stdout=subprocess.PIPE, check=True
        ).stdout

    def entries(self) -> dict[str, Entry]:
        """All that its layers hold, by path; a later layer's word is the last."""
        found = {}
        with tarfile.open(fileobj=io.BytesIO(self.saved())) as archive:
            for layer in json.loads(read(archive, "manifest.json"))[0]["Layers"]:
                with tarfile.open(fileobj=io.BytesIO(read(archive, layer))) as content:
                    for member in content:
                        data = read(content, member.name) if member.isreg() else b""
                        found["/" + member.name.strip("/")] = Entry(member, data)
        return found


@dataclass(frozen=True)
class Entry:
    """A file, directory or link in a layer."""

    member: tarfile.TarInfo
    data: bytes


@dataclass(frozen=True)
class Container:
    engine: Engine
    name: str

    def stop(self) -> float:
        """Run `docker stop`; return the seconds that it took."""
        begin = time.monotonic()
        self.engine("stop", self.name)
        return time.monotonic() - begin

    @property
    def log(self) -> str:
        return self._logs().stderr

    def finish(self) -> Finished:
        """Wait for its end."""
        code = int(self.engine("wait", self.name))
        logs = self._logs()
        return Finished(code, logs.stdout, logs.stderr)

    def _logs(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.engine.client, "logs", self.name], capture_output=True, text=True, check=True)


def read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file, name
    return file.read()


def build(name: str, *arguments: str, **environ: str) -> None:
    """Build the job's image as `make image` does."""
    done = subprocess.run(
        [ROOT / "tools/build-image", "--quiet", *arguments],
        env=os.environ | {"IMAGE": name} | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def owned_by_the_user(*paths: Path) -> str:
    """Give files to the user that the image's job runs as, and return that user: ours, where we may not give."""
    if os.getuid():
        return str(os.getuid())
    for path in paths:
        os.chown(path, USER, USER)
    return str(USER)
