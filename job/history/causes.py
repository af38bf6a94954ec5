"""What matters in a cause: many services give a whole JSON document, of which one sentence says what went wrong."""

import json
import re
from typing import Any

_TELLING = (
    "errormessage",  # Lambda, Glue, DataBrew
    "failurereason",  # SageMaker
    "stoppedreason",  # ECS
    "statusreason",  # Batch
    "statechangereason",  # Athena, EMR
    "statedetails",  # EMR Serverless
    "failuremessage",
    "message",  # EMR, CodeBuild, and whoever writes an error of their own
    "reason",  # ECS, for what it couldn't place
)
"""Keys of the sentence, in lower case, the most telling first."""

_DEEPEST = 4
"""Levels of a document that are looked through, and of documents within documents."""

_WHERE = re.compile(r"An error occurred while executing the state '.*?' \(entered at the event id #\d+\)\. ", re.DOTALL)
_DATA = re.compile(r"""'[\[{].*[\]}]'|(?<=for value: ).+|(?<=an array but was: ).+""", re.DOTALL)


def message(cause: str, depth: int = _DEEPEST) -> str:
    """Return the part of ``cause`` that a person wants to read; all of it where no part is known to say more."""
    found = document(cause)
    if found is None or depth == 0:
        return _without_data(cause)
    if "ExecutionArn" in found and "Status" in found:
        inner = message(str(found.get("Cause") or ""), depth - 1)
        status = f"the execution {found.get('Name', found['ExecutionArn'])} {found['Status']}"
        return ": ".join(filter(None, [status, found.get("Error"), inner]))
    told = _told(found)
    reasons = [message(told, depth - 1)] if told else []
    return ": ".join(reasons + _containers(found)) or cause


def document(cause: str | None) -> dict[str, Any] | None:
    """Return a cause that is a JSON object as one."""
    if not cause or not cause.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(cause)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _told(found: dict[str, Any]) -> str | None:
    """Return the text under the most telling key, as far up as there is one."""
    level: list[dict[str, Any]] = [found]
    for _ in range(_DEEPEST):
        lowered = [{key.lower(): value for key, value in one.items()} for one in level]
        for key in _TELLING:
            for one in lowered:
                if isinstance(one.get(key), str) and one[key].strip():
                    return str(one[key])
        values = [value for one in level for key, value in one.items() if key not in {"Input", "Output"}]
        values += [item for value in values if isinstance(value, list) for item in value]
        level = [value for value in values if isinstance(value, dict)]
    return None


def _containers(found: dict[str, Any]) -> list[str]:
    """Say how the containers of an ECS task or a Batch job ended, those that did so well left out."""
    listed = found.get("Containers") or [found.get("Container")]
    containers = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    said = []
    for container in containers:
        code, reason = container.get("ExitCode"), container.get("Reason")
        exited = f"exited with {code}" if code else ""
        if exited or reason:
            named = " ".join(filter(None, ["container", container.get("Name"), exited]))
            said.append(f"{named} ({reason})" if reason else named)
    return said


def _without_data(cause: str) -> str:
    """Leave out what Step Functions says of its own errors besides the error: where, and with which of the data."""
    found = _WHERE.match(cause)
    return _DATA.sub("…", cause[found.end() :]) if found else cause
