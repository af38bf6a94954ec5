"""The simulation beside reality: the same fleet as real processes, against an endpoint with a scaled-down quota."""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.simulation import RETRY_WINDOW, Ours, Quota, Region, Result, simulate
from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.support.process import Job

JOBS = 40
INTERVAL = 1.0
DURATION = 30.0
QUOTA = Quota(bucket=10, refill=2.0)
"""Each job has a token every 20 s, and would look every second."""

SEEDS = 20
"""Simulations with which one real fleet is compared."""


def real() -> tuple[Result, float]:
    """Let processes, started all at once, wait for executions of the same length.

    Return what came of it, and in how many seconds the executions were started: so many interpreters take their time.
    """
    result = Result(jobs=JOBS)
    with HostileEndpoint() as aws, tempfile.TemporaryDirectory() as directory:
        aws.plan(duration=DURATION)
        aws.limit("DescribeExecution", bucket=int(QUOTA.bucket), refill=QUOTA.refill)
        variables = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true", "SFN_POLLING_INTERVAL": f"{INTERVAL:g}"}
        jobs = []
        for number in range(JOBS):
            # Files rather than pipes, which would fill up unread.
            with Path(directory, str(number)).open("wb") as log:
                jobs.append(
                    Job(
                        environment(aws.url, aws.state_machine_arn, **variables, SFN_EXECUTION_NAME=f"job-{number}"),
                        stdout=log,
                        stderr=log,
                    )
                )
        result.failed = sum(job.process.wait() != Outcome.SUCCESS for job in jobs)
        checks = [request for request in aws.requests if request.operation == "DescribeExecution"]
        ends = {execution.arn: execution.end or 0.0 for execution in aws.executions.values()}
        starts = [execution.start_date for execution in aws.executions.values()]
        offset = time.time() - time.monotonic()
        seen = {check.body["executionArn"]: check.at + offset for check in checks if check.answered == 200}
    result.requests = len(checks)
    result.throttled = sum(check.answered == 400 for check in checks)
    result.lags = [(seen[arn] - end, DURATION) for arn, end in ends.items() if arn in seen]
    return result, max(starts) - min(starts)


def simulated(spread: float) -> list[Result]:
    """Simulate the same fleet, begun within `spread` seconds, with several seeds."""
    region = Region(start=Quota(1300, 300), describe=QUOTA)
    begins = [spread * number / JOBS for number in range(JOBS)]
    waiter = partial(Ours, INTERVAL, RETRY_WINDOW)
    return [simulate([DURATION] * JOBS, waiter, begins, region, seed) for seed in range(SEEDS)]


def compare() -> str:
    """Return the figures of both, side by side, as a table in Markdown."""
    fleet, spread = real()
    imagined = simulated(spread)

    def row(name: str, figure: Callable[[Result], float], form: str, unit: str = "") -> str:
        figures = [figure(one) for one in imagined]
        return f"| {name} | {figure(fleet):{form}}{unit} | {min(figures):{form}} to {max(figures):{form}}{unit} |"

    lines = [
        f"| {JOBS} jobs started within {spread:.0f} s | real processes | simulated, {SEEDS} times |",
        "| --- | ---: | ---: |",
        row("checks", lambda one: one.requests, ".0f"),
        row("throttled", lambda one: 100 * one.throttled / one.requests, ".0f", " %"),
        row("median lag", lambda one: one.lag(0.5), ".1f", " s"),
        row("longest lag", lambda one: one.lag(1.0), ".1f", " s"),
        row("failed", lambda one: one.failed, ".0f"),
    ]
    return "\n".join([*lines, ""])
