"""`python -m tests.chaos.fanout --inputs 1000`: a fan-out as Kubernetes runs it, its processes killed at random.

Many real processes, each with its index, share one run id and one file of inputs; whoever is killed is started again.
Exit status 1 where any input had not exactly one execution.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import TimeoutExpired
from typing import NamedTuple
from uuid import uuid4

from tests.chaos.campaign import ROLE
from tests.conftest import environment
from tests.support.localstack import LocalStack
from tests.support.process import Job

DEFINITION = {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}}

KILLED = 0.5
"""The share of processes that are killed, unless they are done before."""

LIFE = 0.4
"""Seconds after which a kill comes, in the mean: many come earlier and some far later, so that they strike at all
moments of a process's life, be the machine fast or slow."""


class Figures(NamedTuple):
    """What was done, and what came of it."""

    inputs: int
    processes: int
    kills: int
    executions: int
    inputs_without_one: int
    inputs_with_two: int
    wrong_results: int
    seconds: int

    @property
    def right(self) -> bool:
        """Whether every input had its one execution, and its process said so."""
        return self.executions == self.inputs and not (
            self.inputs_without_one or self.inputs_with_two or self.wrong_results
        )


def fan_out(localstack: LocalStack, inputs: int, jobs: int, seed: int) -> Figures:
    """Run it all, ``jobs`` processes at a time."""
    client = localstack.client("stepfunctions")
    name = f"fanout-{uuid4()}"
    arn = client.create_state_machine(name=name, definition=json.dumps(DEFINITION), roleArn=ROLE)["stateMachineArn"]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(jobs) as pool:
        path = Path(directory) / "inputs.jsonl"
        path.write_text("".join(json.dumps({"item": index}) + "\n" for index in range(inputs)))
        common = environment(
            localstack.url,
            arn,
            SFN_INPUTS_FILE=str(path),
            SFN_RUN_ID="fan-out",
            SFN_RERUN="once",
            SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true",
        )
        fates = random.Random(seed)
        seeds = [fates.randrange(2**32) for _ in range(inputs)]
        done = list(pool.map(lambda index: _one(common, index, random.Random(seeds[index])), range(inputs)))
    ran = Counter(
        json.loads(client.describe_execution(executionArn=one["executionArn"])["input"])["item"]
        for page in client.get_paginator("list_executions").paginate(stateMachineArn=arn)
        for one in page["executions"]
    )
    return Figures(
        inputs=inputs,
        processes=inputs + sum(kills for kills, _ in done),
        kills=sum(kills for kills, _ in done),
        executions=ran.total(),
        inputs_without_one=sum(not ran[index] for index in range(inputs)),
        inputs_with_two=sum(count > 1 for count in ran.values()),
        wrong_results=sum(not right for _, right in done),
        seconds=round(time.monotonic() - began),
    )


def _one(common: dict[str, str], index: int, fate: random.Random) -> tuple[int, bool]:
    """Run one index until its process exits by itself; return how often it was killed, and whether it told right."""
    kills = 0
    while True:
        job = Job({**common, "JOB_COMPLETION_INDEX": str(index)})
        if fate.random() < KILLED:
            try:
                job.process.wait(fate.expovariate(1 / LIFE))
            except TimeoutExpired:
                job.process.kill()
                job.process.communicate()
                kills += 1
                continue
        finished = job.finish()
        output = (finished.document["result"] or {}).get("output", "null")
        return kills, finished.code == 0 and json.loads(output) == {"item": index}


def main() -> int:
    """Run one fan-out and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.fanout", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=4, help="processes side by side")
    parser.add_argument("--seed", type=int, default=1, help="draws the same fates again")
    given = parser.parse_args()
    with LocalStack() as localstack:
        figures = fan_out(localstack, given.inputs, given.jobs, given.seed)
    for what, count in figures._asdict().items():
        print(f"{what.replace('_', ' '):30}{count:8,}")
    return 0 if figures.right else 1


if __name__ == "__main__":
    sys.exit(main())
