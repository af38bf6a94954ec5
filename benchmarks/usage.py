# ruff: noqa: S603, T201 - the command lines are ours, and print is how a benchmark speaks
"""What whole processes take, that do the same in the same ways: measured by turns, and kept as figures."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks import endpoint, figures
from tests.support.process import ROOT

METER = ROOT / "benchmarks" / "meter.py"
NO_JSON = '{"date": 2026-11-22}'


class Usage(NamedTuple):
    """What one run took."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    """Seconds."""
    memory: float
    """Peak, MiB."""
    requests: int


@dataclass
class Program:
    """A command that ends as meter.py does, and the exit status that it has to end with."""

    name: str
    way: str
    command: Sequence[str]
    environ: Mapping[str, str]
    server: endpoint.Endpoint
    code: int = 0
    usages: list[Usage] = field(default_factory=list)

    def run(self) -> Usage:
        """Run it once."""
        begin = time.perf_counter()
        done = subprocess.run(
            self.command, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        wall = time.perf_counter() - begin
        if done.returncode != self.code:
            raise SystemExit(f"{self.name}, {self.way}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        seconds, kibibytes = done.stderr.splitlines()[-1].split()
        return Usage(float(seconds), wall, int(kibibytes) / 1024, self.server.requests())


Programs = Callable[[str, endpoint.Endpoint, Path], Iterable[Program]]
"""Makes the programs that reach this endpoint in this way; their files are in that directory."""


def take(part: str, programs: Programs, rounds: int) -> None:
    """Run all programs once a round, in a random order, and save the figures.

    A first round, which warms everything up, isn't counted.
    """
    order = random.Random(0)  # noqa: S311 - the same orders each time
    before = figures.machine()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        directory.chmod(0o755)  # in a container the job isn't its owner
        plain, tls = (stack.enter_context(endpoint.running(directory, tls=tls)) for tls in (False, True))
        made = [
            program for way in endpoint.WAYS for program in programs(way, plain if way == "plain" else tls, directory)
        ]
        for number in range(rounds + 1):
            for program in order.sample(made, len(made)):
                used = program.run()
                if number:
                    program.usages.append(used)
            print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    figures.save(part, [_row(program) for program in made], rounds, before)


def _row(program: Program) -> dict[str, object]:
    by_quantity = zip(Usage._fields, zip(*program.usages, strict=True), strict=True)
    spreads = {quantity: figures.spread(values) for quantity, values in by_quantity}
    return {"program": program.name, "way": program.way, **spreads}
