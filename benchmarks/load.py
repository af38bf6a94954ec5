"""Many jobs at once on this machine, against LocalStack: each exits 0, and none starts what another has started."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median

from tests.conftest import environment
from tests.support.localstack import LocalStack
from tests.support.process import ROOT

JOBS = 200
BATCH = 50
"""Jobs that run at the same time; 200 interpreters that begin at once would measure little but this machine's CPUs."""

SECONDS = 5
"""How long each execution takes."""

DEFINITION = f'{{"StartAt": "Wait", "States": {{"Wait": {{"Type": "Wait", "Seconds": {SECONDS}, "End": true}}}}}}'
ROLE = "arn:aws:iam::000000000000:role/states"


@dataclass
class Load:
    """What became of the jobs: exit statuses, peak MiB and seconds of each; and the executions that there are."""

    codes: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    executions: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def problems(self) -> list[str]:
        """Return what isn't as it must be."""
        found = []
        if any(self.codes):
            found.append(f"exit statuses {sorted(set(self.codes))}")
        if sorted(self.executions) != sorted(f"load-{number}-1" for number in range(JOBS)):
            found.append(f"{len(self.executions)} executions of {JOBS} jobs, {len(set(self.executions))} names")
        return found

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Return the figures, each with its name."""
        return [
            ("jobs, of which at the same time", f"{len(self.codes)}, {BATCH}"),
            ("exit 0", f"{self.codes.count(0)}"),
            ("executions on LocalStack's side", f"{len(self.executions)}, each of another name"),
            ("all in all", f"{self.elapsed:.0f} s"),
            (f"a job, of an execution of {SECONDS} s: median, longest", f"{_of(self.seconds, 's')}"),
        ]


def carry_out() -> Load:
    """Run all jobs, a batch at a time."""
    load = Load()
    with LocalStack() as localstack, ThreadPoolExecutor(BATCH) as pool:
        client = localstack.client("stepfunctions")
        arn = client.create_state_machine(name="load", definition=DEFINITION, roleArn=ROLE)["stateMachineArn"]
        began = time.monotonic()
        for code, seconds in pool.map(lambda number: _run(localstack.url, arn, number), range(JOBS)):
            load.codes.append(code)
            load.seconds.append(seconds)
        load.elapsed = time.monotonic() - began
        pages = client.get_paginator("list_executions").paginate(stateMachineArn=arn)
        load.executions = [execution["name"] for page in pages for execution in page["executions"]]
    return load


def _run(url: str, arn: str, number: int) -> tuple[int, float]:
    """Return one job's exit status, and its seconds."""
    variables = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true", "SFN_EXECUTION_NAME": f"load-{number}"}
    environ = {"PATH": os.environ["PATH"], **environment(url, arn, **variables)}
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        code = subprocess.call(
            [sys.executable, "-m", "job"], env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        return code, time.monotonic() - began


def _of(values: list[float], unit: str) -> str:
    return f"{median(values):.0f} {unit}, {max(values):.0f} {unit}"
