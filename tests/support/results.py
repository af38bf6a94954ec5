"""What every result document must be, whatever the run came to."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from job.outcomes import Outcome
from tests.support.process import ROOT, Finished

FIELDS = [
    "action",
    "credentials_user",
    "credentials_password",
    "region",
    "role_based_access",
    "role_arn",
    "state_machine_arn",
    "execution_name",
    "input",
    "use_proxy",
    "wait_for_success_or_failure",
    "polling_interval",
    "proxy_type",
    "proxy",
    "proxy_credentials_user",
    "proxy_credentials_password",
    "proxy_ca_bundle_file",
]
"""The keys of `invocation.fields`, as contract 1 orders them; written out, so as not to trust the job's table."""


VALIDATOR: Any = Draft202012Validator(json.loads((ROOT / "docs" / "result.schema.json").read_text()))
"""The documented schema, which every document of the tests is held to."""


def ends_with(finished: Finished, outcome: Outcome) -> dict[str, Any]:
    """Return the result document of a job that ended so: exit status, code and status agree, the log is JSON lines."""
    assert finished.code == outcome, f"exit status {finished.code}\n{finished.stdout}\n{finished.stderr}"
    document = finished.document
    VALIDATOR.validate(document)
    assert document["exit_code"] == outcome
    assert document["status_description"].startswith(f"{outcome.status}: ")
    assert list(document["invocation"]["fields"]) == FIELDS
    assert finished.events[-1]["exit_code"] == outcome
    return document


def reached_nothing(document: dict[str, Any]) -> bool:
    """Whether the document says that no execution was reached."""
    return document["result"] is None and document["changed"] is False
