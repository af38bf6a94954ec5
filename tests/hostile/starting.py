"""The two operations that start executions, and what AWS takes for a name and an input."""

from __future__ import annotations

import json
import math
import re
from typing import Any
from uuid import uuid4

from .aws import Account
from .executions import DAY, Execution, milliseconds
from .protocols import json_answer
from .wire import Answer, AwsError

Body = dict[str, Any]

MAX_INPUT_BYTES = 262_144
NAME_STAYS_TAKEN = 90 * DAY
SYNC_LIMIT = 300.0
# API reference, StartExecution, `name`.
BAD_NAME = re.compile(r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U0010ffff]""")


def start_execution(account: Account, body: Body) -> Answer:
    machine, qualifier = account.resolve(body["stateMachineArn"])
    name, data = _valid_name(body), _valid_input(body)
    existing = account.named(machine, name) if machine.type == "STANDARD" else None
    if existing is None or _name_is_free_again(existing):
        existing = account.begin(machine, qualifier, name, data, body.get("traceHeader"))
    elif not existing.running or existing.input != data:
        raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{existing.arn}'")
    return json_answer({"executionArn": existing.arn, "startDate": existing.start_date})


def start_sync_execution(account: Account, body: Body) -> Answer:
    machine, qualifier = account.resolve(body["stateMachineArn"])
    machine.require("EXPRESS")
    execution = account.begin(machine, qualifier, _valid_name(body), _valid_input(body), body.get("traceHeader"))
    plan = execution.plan
    in_time = plan.duration is not None and plan.duration <= SYNC_LIMIT
    duration = plan.duration if in_time and plan.duration is not None else SYNC_LIMIT
    status = plan.status if in_time else "TIMED_OUT"
    succeeded = status == "SUCCEEDED"
    answer = {
        "executionArn": execution.arn,
        "stateMachineArn": body["stateMachineArn"],
        "name": execution.name,
        "startDate": execution.start_date,
        "stopDate": milliseconds(execution.start_date + duration),
        "status": status,
        "error": None if succeeded else plan.error,
        "cause": None if succeeded else plan.cause,
        "traceHeader": execution.trace_header,
        "billingDetails": {
            "billedMemoryUsedInMB": 64,
            "billedDurationInMilliseconds": math.ceil(duration * 10) * 100,
        },
        **data_members(body, "input", execution.input),
        **data_members(body, "output", plan.output if succeeded else None),
    }
    return json_answer(answer, delay=duration)


def data_members(body: Body, name: str, value: str | None) -> Body:
    """Input or output with its details, unless the caller asked for METADATA_ONLY."""
    included = body.get("includedData") != "METADATA_ONLY"
    return {} if value is None else {name: value if included else None, f"{name}Details": {"included": included}}


def _valid_name(body: Body) -> str:
    name = str(body.get("name", uuid4()))
    if not 1 <= len(name) <= 80 or BAD_NAME.search(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")
    return name


def _valid_input(body: Body) -> str:
    data = str(body.get("input", "{}"))
    try:
        json.loads(data, parse_constant=_no_such_constant, parse_int=str, parse_float=str)
    except RecursionError:
        pass  # deeper than Python can follow: taken as it is
    except ValueError as problem:
        raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'") from problem
    if len(data.encode()) > MAX_INPUT_BYTES:
        raise AwsError("InvalidExecutionInput", f"Input exceeds {MAX_INPUT_BYTES} bytes")
    return data


def _no_such_constant(constant: str) -> None:
    """Python's json takes NaN and Infinity; AWS's doesn't."""
    raise ValueError(f"{constant} is no JSON")


def _name_is_free_again(execution: Execution) -> bool:
    return execution.stop_date is not None and execution.clock() - execution.stop_date > NAME_STAYS_TAKEN
