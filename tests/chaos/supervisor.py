"""One run as a platform would treat it: the job is started, killed, and started again until it exits by itself."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.proxy import STEPS, Proxy
from tests.conftest import environment
from tests.support.process import Job

LONGEST_DELAY = 0.02
"""Seconds between what triggers a kill and the kill."""

LONGEST_LIFE = 2.2
"""Seconds within which a kill at a random instant comes; about as long as an undisturbed job takes."""

LIMIT = 120
"""Seconds after which an attempt that isn't killed counts as hanging."""

FAILED = 23


@dataclass(frozen=True)
class Plan:
    """One run's fate, all of it drawn before it begins."""

    number: int
    seed: int
    seconds: int
    """How long the state machine waits."""
    failing: bool
    faulty: bool
    """Whether the wire has faults."""
    rerun: str
    kills: int

    @property
    def input(self) -> str:
        return json.dumps({"run": self.number, "seed": self.seed})


@dataclass
class Attempt:
    """One process of the job. Times are epoch seconds."""

    began: float
    passed: list[tuple[float, str, str]] = field(default_factory=list)
    """What the proxy noticed: when, which operation, which step."""
    aimed: str = ""
    """When it was meant to be killed."""
    ended: float = 0.0
    code: int = 0
    stdout: str = ""
    stderr: str = ""

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def first_request(self) -> float:
        """Its own one: what AWS still does for an attempt that was killed shows up after its death."""
        return next((at for at, _, step in self.passed if step == "arrived"), self.ended)

    @property
    def phase(self) -> str:
        """How far it had come when it ended."""
        seen = [(operation, step) for at, operation, step in self.passed if self.first_request <= at <= self.ended]
        start = [step for operation, step in seen if operation == "StartExecution"]
        if not seen:
            return "before any request"
        if not start:
            looked = sum(operation == "DescribeExecution" for operation, _ in seen)
            return "looking, or waiting for an earlier one" if looked else "looking for earlier executions"
        if seen[-1][0] == "StartExecution":
            return {
                "arrived": "start on its way to AWS",
                "carried out": "start done, answer on its way",
                "answered": "start just answered",
            }[seen[-1][1]]
        return "waiting for its own"

    @property
    def document(self) -> dict[str, Any] | None:
        """The result document; None where there is none."""
        try:
            found: dict[str, Any] = json.loads(self.stdout)
        except ValueError:
            return None
        return found


@dataclass
class Outcome:
    """What became of a run, as the supervisor saw it."""

    plan: Plan
    state_machine_arn: str
    attempts: list[Attempt] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    slowest_start: float = 0.0
    """Seconds that a start needed at most from the proxy to AWS and back."""

    @property
    def kills(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.killed]

    @property
    def reports(self) -> list[Attempt]:
        """The attempts that exited by themselves."""
        return [attempt for attempt in self.attempts if not attempt.killed]


class Supervisor:
    """Carries one run out."""

    def __init__(self, plan: Plan, upstream: str, state_machine_arn: str, restarts: int) -> None:
        """`restarts`: how often a run that exited with 23 is started once more."""
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._restarts = restarts
        self._outcome = Outcome(plan, state_machine_arn)
        self._trigger: tuple[str, str] | None = None
        self._struck = threading.Event()
        self._proxy = Proxy(upstream, plan.seed, self._notice, faulty=plan.faulty)
        self._environment = environment(
            self._proxy.url,
            state_machine_arn,
            SFN_RUN_ID=f"chaos/{plan.seed}/{plan.number}",
            SFN_RERUN=plan.rerun,
            SFN_INPUT=plan.input,
            SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true",
        )

    def carry_out(self) -> Outcome:
        kills, restarts = self._plan.kills, self._restarts
        with self._proxy:
            while True:
                attempt = self._attempt(to_be_killed=kills > 0)
                if attempt.killed and kills:
                    kills -= 1
                elif attempt.code == FAILED and restarts:
                    restarts -= 1
                else:
                    break
            self._outcome.faults = list(self._proxy.faults)
            self._outcome.slowest_start = self._proxy.slowest_start
        return self._outcome

    def _attempt(self, *, to_be_killed: bool) -> Attempt:
        self._struck.clear()
        self._trigger, after = None, LIMIT * 1.0
        attempt = Attempt(time.time())
        if to_be_killed and self._random.random() < 0.5:
            after = self._random.uniform(0, LONGEST_LIFE)
            attempt.aimed = f"after {after:.3f} s"
        elif to_be_killed:
            self._trigger = (self._operation(), self._random.choice(STEPS))
            attempt.aimed = f"at {' '.join(self._trigger)}"
        self._outcome.attempts.append(attempt)
        job = Job(self._environment)
        deadline = time.monotonic() + after
        while time.monotonic() < deadline and job.process.poll() is None:
            if self._struck.wait(min(0.02, max(0.0, deadline - time.monotonic()))):
                time.sleep(self._random.uniform(0, LONGEST_DELAY))
                break
        job.process.kill()  # does nothing to one that has exited
        attempt.ended = time.time()
        try:
            stdout, stderr = job.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:  # pragma: no cover - a killed process ends
            stdout, stderr = b"", b"survived SIGKILL"
        attempt.code = job.process.returncode
        attempt.stdout, attempt.stderr = stdout.decode(), stderr.decode()
        return attempt

    def _operation(self) -> str:
        """Draw the operation whose passing triggers the kill: the start, as long as there may be one to come."""
        started = any(operation == "StartExecution" for a in self._outcome.attempts for _, operation, _ in a.passed)
        return self._random.choice(["ListExecutions", "DescribeExecution"]) if started else "StartExecution"

    def _notice(self, operation: str, step: str) -> None:
        self._outcome.attempts[-1].passed.append((time.time(), operation, step))
        if (operation, step) == self._trigger:
            self._struck.set()
