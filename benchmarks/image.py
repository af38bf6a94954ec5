# ruff: noqa: S603, T201 - the command lines are ours, and print is how a benchmark speaks
"""`make bench-image`: what one `docker run` costs, of the job's image beside the naive script in an image of its own.

Usage: python -m benchmarks.image [--rounds N]

Each round runs every case once, in an order of its own, against LocalStack on the same network. A time is that of the
whole command, from its start to its exit; an empty container of the same engine shows the engine's own share of it.

CPU time and peak memory come from runs of their own, which are not timed, against benchmarks/endpoint.py on the host's
network: in the container a bare Python starts the image's entrypoint as its child and prints what the
kernel's wait4 reports of it (meter.py). These figures go to docs/performance.json and docs/performance.md.

Nothing is asserted but the exit statuses. Figures of a busy machine are figures of a busy machine: the load is noted.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testcontainers.core.config import testcontainers_config
from testcontainers.core.network import Network

from benchmarks import endpoint, figures
from benchmarks.usage import METER, NO_JSON, Program, take
from tests.image.conftest import have_localstack, running_localstack
from tests.image.engine import Engine, build
from tests.support.localstack import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from tests.support.process import ROOT

JOB = "sfn-job:bench"
NAIVE = "sfn-job-naive:bench"
DEFINITION = '{"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": true}}}'


@dataclass(frozen=True)
class Case:
    """A container to be run, and the exit status that it has to end with."""

    name: str
    image: str
    environ: Mapping[str, str]
    entrypoint: tuple[str, ...]
    """The image's own; without one, the container is empty but for `true`."""
    code: int = 0


def cases(base: str, url: str, arn: str) -> list[Case]:
    """The empty container first, then the job."""
    job = {
        "SFN_CREDENTIALS_USER": ACCESS_KEY_ID,
        "SFN_CREDENTIALS_PASSWORD": SECRET_ACCESS_KEY,
        "SFN_STATE_MACHINE_ARN": arn,
        "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true",
        "AWS_ENDPOINT_URL": url,
    }
    naive = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "STATE_MACHINE_ARN": arn,
        "AWS_ENDPOINT_URL": url,
    }
    of_the_job = ("/entrypoint.sh",)
    of_the_script = ("/usr/bin/python3", "/naive.py")
    return [
        Case("empty container", base, {}, ()),
        Case("sfn-job", JOB, job, of_the_job),
        Case("naive, sleeps 1 s between looks", NAIVE, naive, of_the_script),
        Case("naive, sleeps 0.2 s", NAIVE, naive | {"SECONDS": "0.2"}, of_the_script),
        Case("sfn-job, input is no JSON", JOB, job | {"SFN_INPUT": NO_JSON}, of_the_job, code=20),
        Case("naive, input is no JSON", NAIVE, naive | {"INPUT": NO_JSON}, of_the_script, code=1),
    ]


@dataclass(frozen=True)
class Bench:
    """Runs cases as containers of one network."""

    engine: Engine
    network: str

    def seconds(self, case: Case) -> float:
        """Time one `docker run` as a user would write it."""
        command = self._command(case, () if case.entrypoint else ("true",))
        begin = time.perf_counter()
        self._run(command, case)
        return time.perf_counter() - begin

    def _command(self, case: Case, arguments: tuple[str, ...]) -> list[str]:
        variables = [f"--env={name}={value}" for name, value in case.environ.items()]
        return [
            *(self.engine.client, "run", "--rm", f"--network={self.network}", *variables),
            *(case.image, *arguments),
        ]

    def _run(self, command: list[str], case: Case) -> str:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != case.code:
            raise SystemExit(f"{case.name}: exit {done.returncode} instead of {case.code}\n{done.stdout}{done.stderr}")
        return done.stderr


@contextlib.contextmanager
def step_functions(engine: Engine) -> Iterator[tuple[str, str, str]]:
    """LocalStack in a container: its network, its address there, and a state machine that ends at once."""
    testcontainers_config.ryuk_disabled = True
    have_localstack(engine)
    with Network() as network, running_localstack(network) as localstack:
        client: Any = localstack.get_client("stepfunctions")  # type: ignore[call-arg, arg-type] # wrongly declared there
        machine = client.create_state_machine(
            name="quick", definition=DEFINITION, roleArn="arn:aws:iam::000000000000:role/any"
        )
        yield network.name, "http://localstack:4566", machine["stateMachineArn"]


def build_naive(engine: Engine, base: str) -> None:
    """Build the naive script's image, with the system's CA bundle where one is named, as tools/build-image does."""
    ca = os.environ.get("SSL_CERT_FILE")
    subprocess.run(
        [
            *(engine.client, "build", "--quiet", "--tag", NAIVE, "--build-arg", f"BASE_IMAGE={base}"),
            *("--file", str(ROOT / "benchmarks/naive.Dockerfile")),
            *(("--secret", f"id=ca,src={ca}") if ca else ()),
            str(ROOT / "benchmarks"),
        ],
        env=os.environ | {"DOCKER_BUILDKIT": "1"},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def measure(bench: Bench, all_cases: list[Case], rounds: int) -> dict[str, list[float]]:
    """Time all cases once a round, in a random order; a first round, which warms everything up, isn't counted."""
    times: dict[str, list[float]] = {case.name: [] for case in all_cases}
    order = random.Random(0)  # noqa: S311 - the same orders each time
    for number in range(rounds + 1):
        for case in order.sample(all_cases, len(all_cases)):
            seconds = bench.seconds(case)
            if number:
                times[case.name].append(seconds)
        print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return times


def programs(client: str, way: str, server: endpoint.Endpoint, directory: Path) -> Iterator[Program]:
    """Yield the commands that measure what the processes in the containers take."""
    job, others = endpoint.variables(server, directory, role=way.startswith("role"))

    def measured(name: str, image: str, environ: Mapping[str, str], entrypoint: Sequence[str], code: int) -> Program:
        # What the variables name is in the directory, which the containers have at the same place.
        of_ours = [f"--env={key}={value}" for key, value in environ.items() if key not in {"HOME", "PATH"}]
        run = [client, "run", "--rm", "--network=host", f"--volume={directory}:{directory}:ro", *of_ours]
        inside = ["--entrypoint=/usr/bin/python3", image, "-IBSc", METER.read_text(encoding="utf-8"), *entrypoint]
        return Program(name, way, [*run, *inside], os.environ, server, code)

    script = ("/usr/bin/python3", "/naive.py")
    yield measured(figures.JOB, JOB, job, ["/entrypoint.sh"], 0)
    yield measured(figures.NAIVE, NAIVE, others, script, 0)
    if way == "plain":
        of_no_json = f"{figures.JOB}, input is no JSON"
        yield measured(of_no_json, JOB, {**job, "SFN_INPUT": NO_JSON}, ["/entrypoint.sh"], 20)
        yield measured(f"{figures.NAIVE}, input is no JSON", NAIVE, {**others, "INPUT": NO_JSON}, script, 1)


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description="What one docker run of the job costs, beside the naive script's.")
    parser.add_argument("--rounds", type=int, default=20, help="runs of each case (20)")
    rounds = parser.parse_args().rounds

    def told(what: str) -> str:
        return subprocess.run([ROOT / ".ci/engine", what], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    engine, base = Engine(told("client")), told("base-image")
    build(JOB)
    build_naive(engine, base)
    with step_functions(engine) as (network, url, arn):
        bench = Bench(engine, network)
        all_cases = cases(base, url, arn)
        before = figures.machine() | {"docker": json.loads(engine("version", "--format={{json .Server.Version}}"))}
        times = measure(bench, all_cases, rounds)
    rows = [{"program": name, "wall": figures.spread(seconds)} for name, seconds in times.items()]
    figures.save("containers", rows, rounds, before)
    print(figures.containers())
    take("image", lambda way, server, directory: programs(engine.client, way, server, directory), rounds)
    print(figures.image())


if __name__ == "__main__":
    main()
