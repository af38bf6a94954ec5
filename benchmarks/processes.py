# ruff: noqa: S603, T201 - the command lines are ours, and print is how a benchmark speaks
"""`make bench`: what one run costs as a whole process, of the job and of what people would run in its place.

Usage: python -m benchmarks.processes RUNTIME AWSCLI [--rounds N]

RUNTIME is the Python of an environment that has what the job needs and nothing else, AWSCLI one that has the AWS CLI.
Each round runs every program once, in an order of its own. CPU time (user and system) and peak memory are what the
kernel's wait4 reports of the process (meter.py). The figures go to docs/performance.json and docs/performance.md.

Nothing is asserted but the exit statuses. Figures of a busy machine are figures of a busy machine: the load is noted.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks import endpoint, figures
from tests.support.process import ROOT

METER = str(ROOT / "benchmarks" / "meter.py")
NO_JSON = '{"date": 2026-11-22}'
AWS_CLI = """
arn=$(aws stepfunctions start-execution --state-machine-arn "$STATE_MACHINE_ARN" --query executionArn --output text)
sleep 0.5
aws stepfunctions describe-execution --execution-arn "$arn"
"""


class Usage(NamedTuple):
    """What one run took."""

    cpu: float
    wall: float
    memory: float
    """Peak, MiB."""
    requests: int


@dataclass
class Program:
    """A command to be run, and the exit status that it has to end with."""

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
            [sys.executable, "-IBS", METER, *self.command],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        wall = time.perf_counter() - begin
        if done.returncode != self.code:
            raise SystemExit(f"{self.name}, {self.way}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        seconds, kibibytes = done.stderr.splitlines()[-1].split()
        return Usage(float(seconds), wall, int(kibibytes) / 1024, self.server.requests())


def programs(runtime: str, cli: str, way: str, server: endpoint.Endpoint, directory: Path) -> Iterator[Program]:
    """Yield all that reach AWS in this way."""
    job, others = endpoint.variables(server, directory, role=way.startswith("role"))
    scripts = ROOT / "benchmarks"
    large = '"' + "x" * (100 * 1024) + '"'  # one variable holds 128 KiB at most
    yield Program("sfn-job", way, (runtime, "-m", "job"), job, server)
    yield Program("naive boto3 script", way, (runtime, str(scripts / "naive.py")), others, server)
    yield Program("naive botocore script", way, (runtime, str(scripts / "botocore_script.py")), others, server)
    path = {"PATH": f"{Path(cli).parent}:{others['PATH']}"}
    yield Program("two AWS CLI calls", way, ("/bin/sh", "-ec", AWS_CLI), {**others, **path}, server)
    if not way.startswith("role"):
        yield Program("floor: raw HTTP, unsigned", way, (runtime, str(scripts / "floor.py")), others, server)
    if way == "plain":
        yield Program(
            "sfn-job, input is no JSON", way, (runtime, "-m", "job"), {**job, "SFN_INPUT": NO_JSON}, server, 20
        )
        script = (runtime, str(scripts / "naive.py"))
        yield Program("naive boto3 script, input is no JSON", way, script, {**others, "INPUT": NO_JSON}, server, 1)
        yield Program("sfn-job, input of 100 KiB", way, (runtime, "-m", "job"), {**job, "SFN_INPUT": large}, server)
        yield Program("naive boto3 script, input of 100 KiB", way, script, {**others, "INPUT": large}, server)


def measure(all_programs: Sequence[Program], rounds: int) -> None:
    """Run all once a round, in a random order; a first round, which warms everything up, isn't counted."""
    order = random.Random(0)  # noqa: S311 - the same orders each time
    for number in range(rounds + 1):
        for program in order.sample(all_programs, len(all_programs)):
            used = program.run()
            if number:
                program.usages.append(used)
        print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def main() -> None:
    """Measure, save, print."""
    parser = argparse.ArgumentParser(description="What one run of the job costs, beside what it replaces.")
    parser.add_argument("runtime", help="Python of an environment with the job's packages")
    parser.add_argument("awscli", help="Python of an environment with the AWS CLI")
    parser.add_argument("--rounds", type=int, default=20, help="runs of each program (20)")
    arguments = parser.parse_args()
    # Absolute, but not resolved: a virtual environment's Python is a link.
    runtime, cli = (os.path.abspath(path) for path in (arguments.runtime, arguments.awscli))  # noqa: PTH100
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        plain = stack.enter_context(endpoint.running(directory, tls=False))
        tls = stack.enter_context(endpoint.running(directory, tls=True))
        all_programs = [
            program
            for way in endpoint.WAYS
            for program in programs(runtime, cli, way, plain if way == "plain" else tls, directory)
        ]
        before = figures.machine()
        measure(all_programs, arguments.rounds)
    rows = [
        {
            "program": program.name,
            "way": program.way,
            **{
                quantity: figures.spread([getattr(used, quantity) for used in program.usages])
                for quantity in Usage._fields
            },
        }
        for program in all_programs
    ]
    figures.save("processes", rows, arguments.rounds, before)
    print(figures.processes())


if __name__ == "__main__":
    main()
