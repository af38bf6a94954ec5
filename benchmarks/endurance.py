"""One job that waits two hours for an execution, while credentials turn over and faults come and go; in two minutes.

The job is a real process, whose clock runs faster: Debian's libfaketime (package `faketime`), loaded into it, makes
each second of real time 60 of its own, in all that it reads of the time and in all that it waits for. The endpoint's
clock runs as fast, so that executions last and credentials expire by the same time. What isn't sped up is the work:
a request that takes 5 ms takes 0.3 s of the job's time.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryFile

from tests import hostile
from tests.conftest import environment
from tests.hostile import Fault, HostileEndpoint
from tests.support.process import Job

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
"""None where it isn't installed."""

SPEED = 60.0
HOURS = 2.0
LIFETIME = 900.0
"""Seconds that the role's credentials live: the least that AWS hands out."""

FAIR = (120.0, 480.0)
FOUL = (20.0, 240.0)
"""Seconds, drawn between these: without a fault, and with one. A wait rides out 600 s."""

SEED = 10

OUTAGE = "AWS can't be reached"
WEATHER: dict[str, tuple[str, Fault] | None] = {
    OUTAGE: None,
    "all requests are throttled": ("*", hostile.throttling()),
    "all requests fail with 500": ("*", hostile.internal_failure()),
    "all answers are lost": ("*", hostile.cut_after()),
    "all answers are cut in half": ("*", hostile.cut_midway()),
    "all answers are garbled": ("*", hostile.garbage()),
    "all connections are reset": ("*", hostile.reset()),
    "all requests hang": ("*", hostile.hang_before()),
    "a gateway's page for all requests": ("*", hostile.page(502)),
    "STS is down": ("AssumeRole", hostile.service_unavailable()),
    "STS denies the role": ("AssumeRole", hostile.access_denied()),
    "the history isn't allowed": ("GetExecutionHistory", hostile.access_denied()),
}
"""What may come, by the operation that it strikes."""


class Clock:
    """Epoch seconds that pass faster, from a whole second of the past on; the job's clock has the same beginning."""

    def __init__(self) -> None:
        self._origin = time.monotonic()
        self.start = float(int(time.time()))

    def __call__(self) -> float:
        return self.start + (time.monotonic() - self._origin) * SPEED

    @property
    def variables(self) -> dict[str, str]:
        """What makes a process that starts now read the same time."""
        now = datetime.fromtimestamp(self(), UTC)
        return {"LD_PRELOAD": str(LIBRARY), "FAKETIME": f"@{now:%Y-%m-%d %H:%M:%S} x{SPEED:g}", "TZ": "UTC"}


@dataclass
class Endurance:
    """What became of the job."""

    code: int = -1
    executions: int = 0
    lag: float = 0.0
    """Seconds from the end of the execution to that of the job."""
    cpu: float = 0.0
    """Seconds of real time."""
    requests: Counter[str] = field(default_factory=Counter)
    struck: int = 0
    keys: int = 0
    """Different credentials that requests were signed with."""
    faults: Counter[str] = field(default_factory=Counter)
    output: str = ""

    @property
    def problems(self) -> list[str]:
        """Return what isn't as it must be."""
        found = []
        if self.code:
            found.append(f"exit status {self.code}\n{self.output}")
        if self.executions != 1:
            found.append(f"{self.executions} executions")
        if self.keys < HOURS * 3600 / LIFETIME:
            found.append(f"only {self.keys} different credentials")
        if not self.struck:
            found.append("no fault has struck")
        return found

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Return the figures, each with its name."""
        told = ", ".join(f"{operation} {count}" for operation, count in self.requests.most_common())
        return [
            ("the execution lasts", f"{HOURS:g} hours of the job's time, {HOURS * 3600 / SPEED:.0f} s of real time"),
            ("exit status, executions started", f"{self.code}, {self.executions}"),
            ("requests", f"{self.requests.total()}: {told}"),
            ("of these struck by a fault", f"{self.struck}"),
            ("faults that came and went", f"{self.faults.total()}, of {len(self.faults)} kinds"),
            (f"different credentials, each for {LIFETIME / 60:.0f} minutes", f"{self.keys}"),
            ("the end was seen after", f"{self.lag:.0f} s"),
            ("CPU time", f"{self.cpu:.1f} s"),
        ]


def carry_out() -> Endurance:
    """Let the job wait. Raises RuntimeError where the library isn't there."""
    if LIBRARY is None:
        raise RuntimeError("no libfaketime here; Debian has it as faketime")
    found = Endurance()
    clock = Clock()
    with HostileEndpoint(clock=clock) as aws:
        aws.credentials_lifetime = LIFETIME
        aws.plan(duration=HOURS * 3600)
        variables = {
            "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true",
            "SFN_ROLE_BASED_ACCESS": "true",
            "SFN_ROLE_ARN": "arn:aws:iam::123456789012:role/jobs/runner",
        }
        with TemporaryFile() as output:
            job = Job(
                environment(aws.url, aws.state_machine_arn, **variables, **clock.variables),
                stdout=output,
                stderr=output,
            )
            with _weather(aws, found.faults):
                _, status, usage = os.wait4(job.process.pid, 0)
                ended = clock()
            output.seek(0)
            found.output = output.read().decode()
        found.code = job.process.returncode = os.waitstatus_to_exitcode(status)
        found.cpu = usage.ru_utime + usage.ru_stime
        (execution, *_) = aws.executions.values()
        found.lag = ended - (execution.end or ended)
        found.executions = aws.started
        found.requests = Counter(request.operation for request in aws.requests)
        found.struck = sum(isinstance(request.answered, str) for request in aws.requests)
        found.keys = len({request.access_key for request in aws.requests if request.service == "states"})
    return found


@contextmanager
def _weather(aws: HostileEndpoint, faults: Counter[str]) -> Iterator[None]:
    """Let faults come and go within the block, each kind before any comes again."""
    over = threading.Event()
    drawn = Random(SEED)  # noqa: S311 - no secret

    def blow() -> None:
        coming: list[str] = []
        while not over.wait(drawn.uniform(*FAIR) / SPEED):
            coming = coming or drawn.sample(list(WEATHER), len(WEATHER))
            name = coming.pop()
            faults[name] += 1
            strikes = WEATHER[name]
            if strikes is None:
                aws.stop()
            else:
                operation, fault = strikes
                aws.fail(operation, fault, times=None)
            over.wait(drawn.uniform(*FOUL) / SPEED)
            aws.heal()
            if strikes is None:
                aws.start()

    thread = threading.Thread(target=blow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
