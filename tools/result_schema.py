"""The JSON Schema of the result document, made from the code: docs/result.schema.json (`make docs`)."""

import json
from typing import Any

from job import values
from job.outcomes import Outcome
from job.secrets import MASK
from job.settings import TABLE, Setting
from job.waiting import ENDINGS

TEXT = {"type": "string"}
DATE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d$"}
COUNT = {"type": "integer", "minimum": 0}


def schema() -> dict[str, Any]:
    """Return the schema. What a version adds to the document it adds here; a reader may ignore what it doesn't know."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sfn-job result",
        **_object(
            {
                "exit_code": {"enum": [int(outcome) for outcome in Outcome]},
                "status_description": {
                    "type": "string",
                    "pattern": f"^({'|'.join(sorted({outcome.status for outcome in Outcome}))}): .",
                },
                "changed": {"type": "boolean"},
                "invocation": _object(
                    {
                        "extension": {"const": "sfn-job"},
                        "version": TEXT,
                        "fields": _object({row.key: _field(row) for row in TABLE if row.documented_field}),
                    }
                ),
                "result": {"oneOf": [{"type": "null"}, _result()]},
                "errors": _list(_object({"variable": TEXT, "message": TEXT})),
                "checks": _list(
                    _object(
                        {
                            "name": TEXT,
                            "holds": {"type": ["boolean", "null"]},
                            "message": TEXT,
                            "mend": {"type": ["string", "null"]},
                        }
                    )
                ),
            },
            optional=("errors", "checks"),
        ),
    }


def _result() -> dict[str, Any]:
    failed_state = {
        "name": TEXT,
        "type": TEXT,
        "error": TEXT,
        "cause": TEXT,
        "resource": TEXT,
        "attempts": {"type": "integer", "minimum": 2},
        "items": _list(_object({"map": TEXT, "index": COUNT})),
        "mapRunArn": TEXT,
        "itemCounts": {"type": "object", "additionalProperties": COUNT},
        "executionArn": TEXT,
        "startedBy": _list(TEXT),
    }
    details = {"type": "object"}
    result = {
        "executionArn": TEXT,
        "stateMachineArn": TEXT,
        "name": TEXT,
        "status": {"type": "string", "examples": list(ENDINGS)},  # AWS may have a new one: then the exit status is 1
        "startDate": DATE,
        "resumed": {"type": "boolean"},
    }
    optional = {
        "stopDate": DATE,
        "output": TEXT,
        "outputDetails": details,
        "billingDetails": details,
        "runCount": {"type": "integer", "minimum": 1},
        "consoleUrl": TEXT,
        "error": TEXT,
        "cause": TEXT,
        "failedState": _object(failed_state, optional=tuple(set(failed_state) - {"name", "type"})),
    }
    return _object({**result, **optional}, optional=tuple(optional))


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": of}


def _field(row: Setting) -> dict[str, Any]:
    """Return what a field may show as; a wrong value shows as it was given, as text."""
    if row.secret:
        return {"enum": [MASK, None]}
    if row.kind is values.BOOLEAN:
        return {"type": ["boolean", "string", "null"]}
    return {"type": ["number", "string", "null"] if row.kind.label.startswith("seconds") else ["string", "null"]}


def text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(schema(), indent=2) + "\n"
