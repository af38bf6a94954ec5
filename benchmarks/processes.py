# ruff: noqa: T201 - print is how a benchmark speaks
"""`make bench`: what one run costs as a whole process, of the job and of what people would run in its place.

Usage: python -m benchmarks.processes RUNTIME AWSCLI [--rounds N]

RUNTIME is the Python of an environment that has what the job needs and nothing else, AWSCLI one that has the AWS CLI.
Each round runs every program once, in an order of its own. CPU time (user and system) and peak memory are what the
kernel's wait4 reports of the process (meter.py). The figures go to docs/performance.json and docs/performance.md.

Nothing is asserted but the exit statuses. Figures of a busy machine are figures of a busy machine: the load is noted.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import endpoint, figures
from benchmarks.figures import CLI, FLOOR, JOB, NAIVE
from benchmarks.usage import METER, NO_JSON, Program, take
from tests.support.process import ROOT

TWO_CALLS = """
arn=$(aws stepfunctions start-execution --state-machine-arn "$STATE_MACHINE_ARN" --query executionArn --output text)
sleep 0.5
aws stepfunctions describe-execution --execution-arn "$arn"
"""
LARGE = f'"{100 * 1024 * "x"}"'
"""An input; one variable holds 128 KiB at most."""


def programs(runtime: str, cli: str, way: str, server: endpoint.Endpoint, directory: Path) -> Iterator[Program]:
    """Yield all that reach AWS in this way."""
    job, others = endpoint.variables(server, directory, role=way.startswith("role"))
    with_aws = {**others, "PATH": f"{Path(cli).parent}:{others['PATH']}"}
    meter = [sys.executable, "-IBS", str(METER)]
    the_job = [*meter, runtime, "-m", "job"]

    def script(name: str) -> list[str]:
        return [*meter, runtime, str(ROOT / "benchmarks" / name)]

    yield Program(JOB, way, the_job, job, server)
    yield Program(NAIVE, way, script("naive.py"), others, server)
    yield Program("naive botocore script", way, script("botocore_script.py"), others, server)
    yield Program(CLI, way, [*meter, "/bin/sh", "-ec", TWO_CALLS], with_aws, server)
    if not way.startswith("role"):
        yield Program(FLOOR, way, script("floor.py"), others, server)
    if way == "plain":
        yield Program(f"{JOB}, input is no JSON", way, the_job, {**job, "SFN_INPUT": NO_JSON}, server, 20)
        yield Program(f"{NAIVE}, input is no JSON", way, script("naive.py"), {**others, "INPUT": NO_JSON}, server, 1)
        yield Program(f"{JOB}, input of 100 KiB", way, the_job, {**job, "SFN_INPUT": LARGE}, server)
        yield Program(f"{NAIVE}, input of 100 KiB", way, script("naive.py"), {**others, "INPUT": LARGE}, server)


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
    take(
        "processes",
        lambda way, server, directory: programs(runtime, cli, way, server, directory),
        arguments.rounds,
    )
    print(figures.processes())


if __name__ == "__main__":
    main()
