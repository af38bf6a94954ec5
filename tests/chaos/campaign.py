"""Many runs side by side against one LocalStack, and their figures."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.chaos.supervisor import Outcome, Plan, Supervisor
from tests.chaos.verdict import Execution, executions_of, expected_executions, violations
from tests.support.localstack import LocalStack

ROLE = "arn:aws:iam::000000000000:role/states"
SECONDS = (0, 1, 1, 2)
"""How long a state machine waits; those of no time are closed before anybody can look."""

KILLS = (1, 2, 2, 3, 3, 3, 4, 4, 4, 4)
"""How often a job is to be killed; some exit before it comes to that, so that about two kills a run are left."""

RESTARTS = 2
"""How often a run that failed is started once more."""


@dataclass
class Judged:
    """One run with what AWS's side says of it."""

    outcome: Outcome
    executions: list[Execution]
    violations: list[str]

    @property
    def log(self) -> str:
        """All there is to tell of the run."""
        lines = [f"== {self.outcome.plan}", *(f"!! {violation}" for violation in self.violations)]
        lines += [f"AWS: {execution}" for execution in self.executions]
        lines += [f"wire: {fault}" for fault in self.outcome.faults]
        for number, attempt in enumerate(self.outcome.attempts, 1):
            lines.append(
                f"-- attempt {number}: {attempt.began:.3f} to {attempt.ended:.3f}, exit {attempt.code}, "
                f"to be killed {attempt.aimed or 'never'}, {attempt.phase}"
            )
            lines += [f"   {at:.3f} {operation} {step}" for at, operation, step in attempt.passed]
            lines += [f"   {line}" for line in (attempt.stderr + attempt.stdout).splitlines()]
        return "\n".join(lines)


@dataclass
class Campaign:
    """`runs` runs, all drawn from `seed`; half of them with faults on the wire."""

    runs: int
    seed: int
    jobs: int
    failing: bool = False
    rerun: str = "resume"
    judged: list[Judged] = field(default_factory=list)

    def plans(self) -> list[Plan]:
        drawn = random.Random(self.seed)
        return [
            Plan(
                number=number,
                seed=drawn.randrange(2**32),
                seconds=drawn.choice(SECONDS),
                failing=self.failing,
                faulty=number % 2 == 0,
                rerun=self.rerun,
                kills=drawn.choice(KILLS),
            )
            for number in range(self.runs)
        ]

    def carry_out(self, localstack: LocalStack, tell: Callable[[str], None] = lambda _: None) -> None:
        """Fill `judged`; `tell` gets a line of progress now and then, and the log of each run that went wrong."""
        began = time.monotonic()
        client = localstack.client("stepfunctions")
        with ThreadPoolExecutor(self.jobs) as pool:
            pending = [pool.submit(self._run, localstack, client, plan) for plan in self.plans()]
            for done, future in enumerate(as_completed(pending), 1):
                judged = future.result()
                self.judged.append(judged)
                if judged.violations:
                    tell(judged.log)
                if done % 10 == 0 or done == self.runs:
                    kills = sum(len(one.outcome.kills) for one in self.judged)
                    wrong = sum(bool(one.violations) for one in self.judged)
                    elapsed = time.monotonic() - began
                    tell(f"{done}/{self.runs} runs, {kills} kills, {wrong} violated, {elapsed:.0f} s")
        for one in self.judged:  # what was still on its way when a run was judged has arrived by now
            later = executions_of(client, one.outcome.state_machine_arn)
            if len(later) != len(one.executions):
                one.violations.append(f"double: {len(later) - len(one.executions)} more in the end")
                tell(one.log)

    def _run(self, localstack: LocalStack, client: Any, plan: Plan) -> Judged:
        arn = client.create_state_machine(
            name=f"chaos-{plan.number}-{uuid4()}", definition=json.dumps(_definition(plan)), roleArn=ROLE
        )["stateMachineArn"]
        outcome = Supervisor(plan, localstack.url, arn, RESTARTS if self.failing else 0).carry_out()
        executions = executions_of(client, arn)
        return Judged(outcome, executions, violations(outcome, executions))

    @property
    def figures(self) -> dict[str, int]:
        """The summary: what was done, and what came of it."""
        outcomes = [one.outcome for one in self.judged]
        problems = [violation for one in self.judged for violation in one.violations]
        return {
            "runs": len(outcomes),
            "runs with wire faults": sum(outcome.plan.faulty for outcome in outcomes),
            "processes": sum(len(outcome.attempts) for outcome in outcomes),
            "kills": sum(len(outcome.kills) for outcome in outcomes),
            **{
                f"  killed {phase}": count
                for phase, count in Counter(kill.phase for outcome in outcomes for kill in outcome.kills).most_common()
            },
            "wire faults": sum(len(outcome.faults) for outcome in outcomes),
            **{
                f"  {fault}": count
                for fault, count in Counter(fault for outcome in outcomes for fault in outcome.faults).most_common()
            },
            "reports": sum(len(outcome.reports) for outcome in outcomes),
            "executions": sum(len(one.executions) for one in self.judged),
            "executions expected": sum(expected_executions(one.outcome, one.executions) for one in self.judged),
            "doubles": sum(problem.startswith(("double", "overlap")) for problem in problems),
            "missing": sum(problem.startswith("missing") for problem in problems),
            "lost or wrong results": sum(problem.startswith("lost") for problem in problems),
            "runs violated": sum(bool(one.violations) for one in self.judged),
        }


def _definition(plan: Plan) -> dict[str, Any]:
    states: dict[str, Any] = {"Wait": {"Type": "Wait", "Seconds": plan.seconds, "Next": "End"}} if plan.seconds else {}
    states["End"] = {"Type": "Fail", "Error": "Chaos", "Cause": "as planned"} if plan.failing else {"Type": "Succeed"}
    return {"StartAt": next(iter(states)), "States": states}
