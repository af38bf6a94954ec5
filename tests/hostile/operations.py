"""Step Functions' operations, with the rules and the messages that AWS documents for them.

Each takes the account and the request's body, and answers or raises AwsError. The account's lock is held.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

from . import history
from .aws import Account
from .executions import Execution
from .protocols import json_answer
from .starting import data_members, start_execution, start_sync_execution
from .wire import Answer, AwsError

Body = dict[str, Any]
T = TypeVar("T")

DEFINITION = {
    "StartAt": "Work",
    "States": {"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}},
}

ITEM_COUNTS = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten")


def describe_execution(account: Account, body: Body) -> Answer:
    execution = account.execution(body["executionArn"]).snapshot()
    now = execution.clock()
    if now < execution.start_date + account.describe_lag:
        raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{execution.arn}'")
    stop_date, status, reason = execution.stop_date, execution.status, execution.not_redrivable_because
    shows_output = stop_date is not None and now >= stop_date + account.output_lag
    # AWS keeps the error of a TIMED_OUT execution in its history only.
    failure = execution.failure if status != "TIMED_OUT" else None
    return json_answer(
        {
            **_summary(execution),
            "error": failure.error if failure else None,
            "cause": failure.cause if failure else None,
            "traceHeader": execution.trace_header,
            "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
            "redriveStatusReason": reason,
            **data_members(body, "input", execution.input),
            **data_members(body, "output", execution.output if shows_output else None),
        }
    )


def stop_execution(account: Account, body: Body) -> Answer:
    execution = account.execution(body["executionArn"])
    execution.stop(body.get("error"), body.get("cause"))
    return json_answer({"stopDate": execution.stop_date})


def redrive_execution(account: Account, body: Body) -> Answer:
    execution = account.execution(body["executionArn"])
    token = body.get("clientToken") or str(uuid4())
    if token not in execution.redrive_tokens:
        reason = execution.not_redrivable_because
        if reason:
            raise AwsError("ExecutionNotRedrivable", f"Execution is not redrivable: {reason}")
        execution.redrive(account.take_plan(), history.events(execution))
        execution.redrive_tokens[token] = execution.began
    return json_answer({"redriveDate": execution.redrive_tokens[token]})


def list_executions(account: Account, body: Body) -> Answer:
    wanted = body.get("statusFilter")
    if "mapRunArn" in body:
        children = account.map_run(body["mapRunArn"]).executions
        page, token = _page([one for one in reversed(children) if wanted in (None, one.status)], body)
        return json_answer({"executions": [_present(_summary(execution)) for execution in page], "nextToken": token})
    machine, qualifier = account.resolve(body["stateMachineArn"])
    machine.require("STANDARD")
    if wanted == "PENDING_REDRIVE":
        raise AwsError("ValidationException", "statusFilter PENDING_REDRIVE is only valid with a mapRunArn")
    visible = [
        execution
        for execution in map(Execution.snapshot, reversed(account.executions_of(machine, qualifier)))
        if execution.start_date <= execution.clock() - account.list_lag and wanted in (None, execution.status)
    ]
    visible.sort(key=lambda execution: execution.stop_date or execution.began, reverse=True)
    page, token = _page(visible, body)
    return json_answer({"executions": [_present(_summary(execution)) for execution in page], "nextToken": token})


def describe_map_run(account: Account, body: Body) -> Answer:
    run = account.map_run(body["mapRunArn"])
    return json_answer({"mapRunArn": run.arn, "itemCounts": dict.fromkeys(ITEM_COUNTS, 0) | dict(run.item_counts)})


def get_execution_history(account: Account, body: Body) -> Answer:
    events = history.events(account.execution(body["executionArn"]).snapshot())
    if body.get("reverseOrder"):
        events.reverse()
    page, token = _page(events, body)
    if body.get("includeExecutionData") is False:
        page = [history.without_data(event) for event in page]
    return json_answer({"events": page, "nextToken": token})


def describe_state_machine(account: Account, body: Body) -> Answer:
    machine, _ = account.resolve(body["stateMachineArn"])
    return json_answer(
        {
            "stateMachineArn": body["stateMachineArn"],
            "name": machine.name,
            "status": "ACTIVE",
            "definition": json.dumps(DEFINITION),
            "roleArn": history.ROLE_ARN.format(account=machine.arn.split(":")[4]),
            "type": machine.type,
            "creationDate": machine.creation_date,
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
            "tracingConfiguration": {"enabled": False},
        }
    )


def describe_state_machine_alias(account: Account, body: Body) -> Answer:
    _, qualifier = account.resolve(body["stateMachineAliasArn"])
    if qualifier is None or qualifier.isdigit():
        raise AwsError("InvalidArn", f"Invalid Arn: '{body['stateMachineAliasArn']}'")
    return json_answer({"stateMachineAliasArn": body["stateMachineAliasArn"], "name": qualifier})


OPERATIONS: dict[str, Callable[[Account, Body], Answer]] = {
    "StartExecution": start_execution,
    "StartSyncExecution": start_sync_execution,
    "DescribeExecution": describe_execution,
    "StopExecution": stop_execution,
    "RedriveExecution": redrive_execution,
    "ListExecutions": list_executions,
    "DescribeMapRun": describe_map_run,
    "GetExecutionHistory": get_execution_history,
    "DescribeStateMachine": describe_state_machine,
    "DescribeStateMachineAlias": describe_state_machine_alias,
}


def _summary(execution: Execution) -> Body:
    """The members that DescribeExecution and ListExecutions share."""
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "redriveCount": execution.redrive_count,
        "redriveDate": execution.redrive_date,
    }


def _present(members: Body) -> Body:
    return {name: value for name, value in members.items() if value is not None}


def _page(items: list[T], body: Body) -> tuple[list[T], str | None]:
    """One page and the token of the next; raises InvalidToken. maxResults 0 is the default, 100."""
    try:
        offset = int(base64.b64decode(body.get("nextToken", ""), validate=True) or 0)
    except ValueError as problem:
        raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'") from problem
    end = offset + (body.get("maxResults") or 100)
    token = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return items[offset:end], token
