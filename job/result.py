"""The result document (contract 2), made from what the run reached, and its short copy."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import job
from job import naming
from job.errors import Problem
from job.history.failures import Failure
from job.outcomes import Outcome
from job.run import Run
from job.secrets import MASK


def document(
    outcome: Outcome, sentence: str, fields: Mapping[str, Any], run: Run, problems: Sequence[Problem], *, masked: bool
) -> dict[str, Any]:
    """Return the document. ``fields`` are already masked; ``masked`` hides the output."""
    made = {
        "exit_code": int(outcome),
        "status_description": f"{outcome.status}: {sentence}",
        "changed": run.execution is not None,
        "invocation": {"extension": "sfn-job", "version": job.__version__, "fields": dict(fields)},
        "result": _result(run, masked=masked),
    }
    if problems:
        made["errors"] = [problem._asdict() for problem in problems]
    return made


def _result(run: Run, *, masked: bool) -> dict[str, Any] | None:
    execution = run.execution
    if execution is None:
        return None
    failure = run.failure or Failure()
    return _without_none(
        {
            "executionArn": execution.execution_arn,
            "stateMachineArn": execution.state_machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": date(execution.start_date),
            "stopDate": execution.stop_date and date(execution.stop_date),
            "output": MASK if masked and execution.output is not None else execution.output,
            "outputDetails": execution.output_details,
            "billingDetails": execution.billing_details,
            "resumed": run.resumed,
            "runCount": run.count,
            "consoleUrl": naming.console_url(execution.execution_arn),
            "error": execution.error or failure.error,
            "cause": execution.cause or failure.cause,
            "failedState": failure.state and _without_none(failure.state.document()),
        }
    )


def _without_none(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}


def date(moment: datetime) -> str:
    """Return ``2023-08-15 16:27:58.977000+03:00``: six digits of fraction, in the process's time zone."""
    return moment.astimezone().isoformat(sep=" ", timespec="microseconds")


def encoded(made: Mapping[str, Any]) -> bytes:
    """Return the document as one line of UTF-8; a lone surrogate, which that can't hold, becomes JSON's escape."""
    return json.dumps(made, ensure_ascii=False, allow_nan=False).encode(errors="backslashreplace") + b"\n"


SHORT = 4096
"""Bytes that Kubernetes keeps of a termination message."""

_NEVER_CUT = ("executionArn", "stateMachineArn", "name", "consoleUrl")
"""Keys whose texts are short, and of no use without their end."""

_CUTS = (2000, 1000, 500, 250, 100, 40)


def shortened(made: Mapping[str, Any]) -> bytes:
    """Return the document in at most 4,096 bytes, still as JSON; what isn't essential goes first.

    Whole where it fits; else without ``invocation``, and with as long a beginning of each text as fits.
    """
    whole = encoded(made)
    if len(whole) <= SHORT:
        return whole
    essential = {key: value for key, value in made.items() if key != "invocation"} | {"shortened": True}
    for length in _CUTS:
        whole = encoded(_cut(essential, length))
        if len(whole) <= SHORT:
            return whole
    return encoded({key: made[key] for key in ("exit_code", "changed")} | {"shortened": True})


def _cut(value: Any, length: int) -> Any:
    """Return ``value`` with no text of more than ``length`` characters, and no list of more than five things."""
    if isinstance(value, str):
        return value if len(value) <= length else value[:length] + "…"
    if isinstance(value, dict):
        return {key: part if key in _NEVER_CUT else _cut(part, length) for key, part in value.items()}
    if isinstance(value, list):
        return [_cut(part, length) for part in value[:5]]
    return value
