"""`--iam-policy`: the smallest IAM policy for this very configuration (contract 7)."""

from typing import Any

from job import naming
from job.rerun import POLICIES, Action
from job.settings import Settings


def document(settings: Settings) -> dict[str, Any]:
    """Return the policy. Nothing is asked of AWS.

    An ``auto`` state machine counts as standard. With a role, ``AssumeTheRole`` is for who assumes it, and the rest is
    the role's own. Source: AWS, Service Authorization Reference, Step Functions.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
            for sid, actions, resource in _statements(settings)
            if actions
        ],
    }


def actions(settings: Settings) -> list[str]:
    """Return all actions of the policy."""
    return [action for _, needed, _ in _statements(settings) for action in needed]


def _statements(settings: Settings) -> list[tuple[str, list[str], str]]:
    """Return each statement's id, its actions and their resource."""
    machine = naming.unqualified(settings.state_machine_arn)
    base = naming.base(settings.execution_name, settings.run_id, settings.index)
    return [
        (
            "AssumeTheRole",
            ["sts:AssumeRole"] if settings.role_based_access else [],
            naming.role_of(settings.role_arn or ""),
        ),
        ("TheStateMachine", _on_machine(settings, named=base is not None), machine),
        ("TheRunsExecutions", _on_executions(settings), naming.execution_arn(machine, f"{base or 'sfn-job'}-*")),
    ]


def _on_machine(settings: Settings, *, named: bool) -> list[str]:
    waits = settings.wait_for_success_or_failure
    if settings.state_machine_type == "express":
        return ["states:StartSyncExecution" if waits else "states:StartExecution"]
    asks_type = settings.state_machine_type == "auto" and (waits or settings.rerun != "new")
    return _needed(
        {
            "states:StartExecution": True,
            "states:DescribeStateMachine": asks_type,
            "states:ListExecutions": named and settings.rerun != "fail",
        }
    )


def _on_executions(settings: Settings) -> list[str]:
    if settings.state_machine_type == "express":
        return []
    waits, policy = settings.wait_for_success_or_failure, POLICIES[settings.rerun]
    stops_late = waits and settings.wait_timeout is not None and settings.on_wait_timeout == "stop"
    return _needed(
        {
            "states:DescribeExecution": waits or policy.shares,
            "states:GetExecutionHistory": waits or policy.unsuccessful is Action.JOIN,
            "states:StopExecution": settings.on_terminate == "stop" or stops_late,
            "states:RedriveExecution": policy.unsuccessful is Action.REDRIVE,
        }
    )


def _needed(actions: dict[str, bool]) -> list[str]:
    return [action for action, needed in actions.items() if needed]
