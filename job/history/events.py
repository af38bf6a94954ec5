"""An execution's history (GetExecutionHistory), page by page: from its end, only as far back as asked for, or all."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from job.errors import AnswerLost

PAGE = 1000
"""Events asked for at once, the most that AWS gives: a whole history of 25,000 events is 25 requests."""

Ask = Callable[..., dict[str, Any]]
"""Sends one request, such as ``ask("describe_map_run", mapRunArn=arn)``, as often as it takes, and returns the body.

Raises `job.errors.JobError`.
"""


class Event(NamedTuple):
    """One event of a history."""

    id: int
    previous: int
    """The id of the event that it followed from, which is smaller; 0 for none."""
    type: str
    details: dict[str, Any]
    """The one ``…EventDetails`` that AWS gives it."""


class Newest:
    """A history for who walks back through it. It holds one page at a time, so that its length costs no memory."""

    def __init__(self, ask: Ask, execution_arn: str) -> None:
        """Nothing is read yet."""
        self._ask = ask
        # What failed can be told without the states' inputs and outputs, which may be large, and are nobody's business.
        self._arguments = {
            "executionArn": execution_arn,
            "reverseOrder": True,
            "maxResults": PAGE,
            "includeExecutionData": False,
        }
        self._page: dict[int, Event] = {}
        self._oldest = float("inf")
        self._is_last = False

    def newest(self) -> list[Event]:
        """Return the first page, newest event first."""
        while not self._page and not self._is_last:
            self._turn()
        return list(self._page.values())

    def get(self, event_id: int) -> Event | None:
        """Return the event; None where there is none, or where an older page than its own was read already."""
        while 0 < event_id < self._oldest and not self._is_last:
            self._turn()
        return self._page.get(event_id) if event_id > 0 else None

    def before(self, event: Event) -> Event | None:
        """Return what the event followed from; None at the beginning."""
        return self.get(event.previous)

    def holds(self, event_id: int) -> bool:
        """Return whether the event can be had without a request."""
        return event_id in self._page

    def _turn(self) -> None:
        body = self._ask("get_execution_history", **self._arguments)
        self._page = {event["id"]: _compact(event) for event in listed(body)}
        self._oldest = min(self._page, default=self._oldest)
        self._arguments["nextToken"] = body.get("nextToken")
        self._is_last = not body.get("nextToken")


def oldest_first(ask: Ask, execution_arn: str) -> Iterator[dict[str, Any]]:
    """Yield all events as AWS gives them, without the states' inputs and outputs; raises `job.errors.JobError`."""
    arguments = {"executionArn": execution_arn, "maxResults": PAGE, "includeExecutionData": False}
    while True:
        body = ask("get_execution_history", **arguments)
        yield from listed(body)
        if not body.get("nextToken"):
            return
        arguments["nextToken"] = body["nextToken"]


def listed(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of an answer. Raises `AnswerLost` where one lacks what AWS always sends."""
    found: list[dict[str, Any]] = body.get("events") or []
    if not all("id" in event and "type" in event for event in found):
        raise AnswerLost("An event of the history lacks id or type: something between here and AWS garbled it.")
    return found


def details_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return the one ``…EventDetails`` that AWS gives an event; empty where there is none."""
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})


def _compact(event: dict[str, Any]) -> Event:
    previous = event.get("previousEventId", event["id"] - 1)  # which AWS always gives, and others may not
    # A chain that turns back would never end.
    return Event(event["id"], previous if previous < event["id"] else 0, event["type"], details_of(event))
