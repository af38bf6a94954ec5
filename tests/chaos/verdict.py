"""What AWS's side says of a run, and whether that is what contract 3 promises; the job's own words are compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.chaos.supervisor import FAILED, Attempt, Outcome

TICK = 0.02
"""Seconds by which the dates of LocalStack and of the supervisor, on one machine, may disagree."""

IN_FLIGHT = 0.3
"""Seconds that a request may still need to the proxy when the process that sent it is killed."""


@dataclass(frozen=True)
class Execution:
    """One execution as DescribeExecution has it."""

    arn: str
    name: str
    status: str
    started: float
    stopped: float | None


def executions_of(client: Any, state_machine_arn: str) -> list[Execution]:
    """All executions of the state machine, oldest first, from ListExecutions and DescribeExecution."""
    found = []
    for page in client.get_paginator("list_executions").paginate(stateMachineArn=state_machine_arn):
        for listed in page["executions"]:
            it = client.describe_execution(executionArn=listed["executionArn"])
            stopped = it["stopDate"].timestamp() if it.get("stopDate") else None
            found.append(Execution(it["executionArn"], it["name"], it["status"], it["startDate"].timestamp(), stopped))
    return sorted(found, key=lambda execution: execution.started)


def expected_executions(outcome: Outcome, executions: list[Execution]) -> int:
    """Return how many executions the run may have: one for each real attempt.

    An attempt is real when it ended by itself, or was killed over an execution that had, or so nearly had, FAILED that
    the next process found it so: by contract that one starts the next count (`resume`).
    """
    if not outcome.plan.failing or outcome.plan.rerun == "once":
        return 1
    reported = {arn_of(attempt) for attempt in outcome.reports}
    return sum(attempt.code == FAILED for attempt in outcome.reports) + sum(
        execution.arn not in reported and _owner_was_killed(outcome, executions, place)
        for place, execution in enumerate(executions)
    )


def violations(outcome: Outcome, executions: list[Execution]) -> list[str]:
    """Return what is wrong, in words; nothing for a run as the contract promises it."""
    last = outcome.attempts[-1]
    if last.killed:
        return ["lost: the job hung, or died without our doing"]
    wrong = []
    expected = expected_executions(outcome, executions)
    if len(executions) != expected:
        wrong.append(f"{'double' if len(executions) > expected else 'missing'}: {len(executions)} for {expected}")
    if [int(execution.name.rpartition("-")[2]) for execution in executions] != list(range(1, len(executions) + 1)):
        wrong.append(f"counts: {[execution.name for execution in executions]}")
    wrong += [
        f"overlap: {later.name} began before {earlier.name} had ended"
        for earlier, later in pairwise(executions)
        if earlier.stopped is None or later.started < earlier.stopped - TICK
    ]
    wrong += [
        f"double: one process began {started}"
        for attempt in outcome.attempts
        if len(started := _started_by(attempt, executions)) > 1
    ]
    places = {execution.arn: place for place, execution in enumerate(executions)}
    for attempt in outcome.reports:
        wrong += [f"lost: {problem}" for problem in _report_problems(attempt, outcome, executions, places)]
    if executions and arn_of(last) != executions[-1].arn:
        wrong.append("lost: the last report isn't of the newest execution")
    return wrong


def arn_of(attempt: Attempt) -> str | None:
    result = (attempt.document or {}).get("result") or {}
    arn: str | None = result.get("executionArn")
    return arn


def _owner_was_killed(outcome: Outcome, executions: list[Execution], place: int) -> bool:
    """Whether a process was killed after it asked for this execution or took it over, and before the next one began."""
    asked = executions[place].started - IN_FLIGHT - outcome.slowest_start
    ended = executions[place + 1].started if place + 1 < len(executions) else float("inf")
    return any(asked <= kill.ended <= ended + TICK for kill in outcome.kills)


def _started_by(attempt: Attempt, executions: list[Execution]) -> list[str]:
    """Return the executions that began in this process's time of asking; a dead one's come before that."""
    return [it.name for it in executions if attempt.first_request <= it.started <= attempt.ended + TICK]


def _report_problems(
    attempt: Attempt, outcome: Outcome, executions: list[Execution], places: dict[str, int]
) -> list[str]:
    """Compare one result document with what AWS has."""
    failing = outcome.plan.failing
    document = attempt.document
    if document is None:
        return [f"exit {attempt.code} without a result: {attempt.stdout[:200]!r}"]
    result = document.get("result") or {}
    if result.get("executionArn") not in places:
        return [f"exit {attempt.code}, and the reported execution isn't there: {document['status_description']}"]
    place = places[result["executionArn"]]
    execution = executions[place]
    pairs = {
        "exit code": (attempt.code, FAILED if failing else 0),
        "exit_code": (document["exit_code"], attempt.code),
        "changed": (document["changed"], True),
        "name": (result["name"], execution.name),
        "status": (result["status"], "FAILED" if failing else "SUCCEEDED"),
        "AWS's status": (execution.status, "FAILED" if failing else "SUCCEEDED"),
        "runCount": (result["runCount"], place + 1),
        "resumed": (result["resumed"], execution.started < attempt.first_request - TICK),
        "error": (result.get("error"), "Chaos" if failing else None),
        "output": (json.loads(result.get("output", "null")), None if failing else json.loads(outcome.plan.input)),
    }
    return [f"{what} is {found!r}, not {right!r}" for what, (found, right) in pairs.items() if found != right]
