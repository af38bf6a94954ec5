"""Which state failed, and why: from the execution's history (contract 2 and 6)."""

import re
from typing import Any, NamedTuple

from job.aws import Api

PAGE = 100
"""Events asked for at once, newest first."""


class Failure(NamedTuple):
    """Why an execution didn't succeed; None where the history doesn't tell."""

    error: str | None = None
    cause: str | None = None
    state: str | None = None
    """None where the failure belongs to no state, such as a timeout of the whole definition."""
    type: str | None = None
    """Task, Map, Fail … as in the definition."""
    resource: str | None = None


def explain(api: Api, execution_arn: str) -> Failure:
    """Walk back from the execution's last event along previousEventId to the state in which it ended.

    Raises `job.errors.JobError` where the history can't be had.
    """
    events = _Newest(api, execution_arn)
    last = events.newest()
    error, cause = _error_and_cause(last)
    resource = None
    event: dict[str, Any] | None = last
    while event is not None:
        details = _details(event)
        resource = resource or details.get("resource")
        entered = re.fullmatch(r"(\w+)StateEntered", event["type"])
        if entered:
            return Failure(error, cause, details.get("name"), entered[1], resource)
        previous = event.get("previousEventId", 0)
        event = events.get(previous) if previous < event["id"] else None  # a chain that turns back never ends
    return Failure(error, cause)


class _Newest:
    """The history from its end, read page by page and only as far back as asked for."""

    def __init__(self, api: Api, execution_arn: str) -> None:
        self._api = api
        self._arguments = {"executionArn": execution_arn, "reverseOrder": True, "maxResults": PAGE}
        self._events: dict[int, dict[str, Any]] = {}

    def newest(self) -> dict[str, Any]:
        self._read_page()
        return self._events[max(self._events)] if self._events else {"type": "", "id": 0}

    def get(self, event_id: int) -> dict[str, Any] | None:
        while event_id > 0 and event_id not in self._events and "nextToken" in self._arguments:
            self._read_page()
        return self._events.get(event_id)

    def _read_page(self) -> None:
        body = self._api.request("get_execution_history", **self._arguments).body
        self._events.update((event["id"], event) for event in body.get("events", ()))
        self._arguments.pop("nextToken", None)
        if body.get("nextToken"):
            self._arguments["nextToken"] = body["nextToken"]


def _details(event: dict[str, Any]) -> dict[str, Any]:
    """Return the one ``…EventDetails`` of an event."""
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})


def _error_and_cause(event: dict[str, Any]) -> tuple[str | None, str | None]:
    details = _details(event)
    return details.get("error"), details.get("cause")
