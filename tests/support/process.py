"""The job as its users see it: a process with an environment, two streams and an exit status."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 90
"""Seconds that any job of the tests may take before it counts as hanging."""

MEASURED = {name: value for name, value in os.environ.items() if name == "COVERAGE_PROCESS_CONFIG"}
"""With this `make coverage` has each process be measured; otherwise it is empty."""


@dataclass(frozen=True)
class Finished:
    """A job that has exited."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The result document: all that is on standard output, and nothing else may be."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log, which must be one JSON document a line."""
        return [json.loads(line) for line in self.stderr.splitlines()]


class Job:
    """One `python -m job`, with nothing in its environment but what is given."""

    def __init__(self, environ: Mapping[str, str], *arguments: str, **options: Any) -> None:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": ROOT, **options}
        command = [sys.executable, "-m", "job", *arguments]
        self.process = subprocess.Popen(
            command, env={"PATH": os.environ["PATH"], **MEASURED, **environ}, stdin=subprocess.DEVNULL, **options
        )

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def finish(self) -> Finished:
        """Wait for its end. A job that hangs fails the test, with its output."""
        try:
            stdout, stderr = self.process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f"the job hangs; its log:\n{stderr.decode()}") from None
        return Finished(self.process.returncode, (stdout or b"").decode(), (stderr or b"").decode())


@contextmanager
def jobs() -> Iterator[Callable[..., Job]]:
    """A way to start jobs, which are killed in the end."""
    started: list[Job] = []

    def start(environ: Mapping[str, str], *arguments: str, **options: Any) -> Job:
        started.append(Job(environ, *arguments, **options))
        return started[-1]

    yield start
    for job in started:
        job.process.kill()
        job.process.communicate()


def eventually(condition: Callable[[], bool], what: str, limit: float = 30) -> None:
    """Return as soon as `condition` holds; fail the test after `limit` seconds."""
    tick = threading.Event()
    for _ in range(int(limit / 0.02)):
        if condition():
            return
        tick.wait(0.02)
    raise AssertionError(f"not within {limit} s: {what}")
