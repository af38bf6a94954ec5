"""What runs now: the states that the execution entered, told while it is waited for (contract 6)."""

import logging
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from job.aws import Api
from job.errors import AccessDenied
from job.run import Run

log = logging.getLogger(__name__)

QUIET = 2.0
"""Seconds of waiting before the first look: a short run is over by then, and costs nothing."""

EVERY = 3
"""One check in so many reads the history, which tells the states and the end too, instead of asking for the status."""

NEWEST = 200
"""Events read at once; what happened before them, since the look before, is passed over."""

MOST_TOLD = 10
"""States that one look tells of by name: a Map enters thousands."""

_ENDS = re.compile(r"Execution(Succeeded|Failed|Aborted|TimedOut)")
_ENTERED = re.compile(r"(\w+)StateEntered")
_EXITED = re.compile(r"\w+StateExited")


class Progress:
    """Follows one execution by the newest events of its history, and writes the state that runs into the run."""

    def __init__(self, api: Api, run: Run, monotonic: Callable[[], float]) -> None:
        """``monotonic``: the clock, in seconds."""
        self._api = api
        self._run = run
        self._monotonic = monotonic
        self._first = monotonic() + QUIET
        self._checks = 0
        self._seen = 0
        self._running: Counter[str] = Counter()
        self._entered: set[str] = set()
        self._denied = False

    def is_due(self) -> bool:
        """Count one check, and return whether it is the history's turn."""
        self._checks += 1
        return not self._denied and self._checks % EVERY == 0 and self._monotonic() >= self._first

    def goes_on(self) -> bool:
        """Tell of the states entered since the last look; return whether the execution goes on, as far as that shows.

        Without the permission to read the history it asks no more. Raises `JobError` as a check does.
        """
        try:
            events = self._newest()
        except AccessDenied as error:
            log.info("the states aren't shown: states:GetExecutionHistory isn't allowed", extra={"reason": str(error)})
            self._denied = True
            return False
        entered = [entry for event in events if (entry := self._follow(event))]
        self._run.state = next((name for name in reversed(self._running) if self._running[name] > 0), None)
        self._run.states_entered = len(self._entered)
        for state, type_ in entered[-MOST_TOLD:]:
            log.info("state entered", extra={"state": state, "state_type": type_})
        if len(entered) > MOST_TOLD:
            log.info("more states entered", extra={"states": len(entered) - MOST_TOLD})
        return bool(events or self._seen) and not any(_ENDS.fullmatch(event["type"]) for event in events)

    def _newest(self) -> list[dict[str, Any]]:
        """Return the events since the last look, oldest first."""
        body = self._api.request(
            "get_execution_history",
            executionArn=self._run.known().execution_arn,
            reverseOrder=True,
            maxResults=NEWEST,
            includeExecutionData=False,
        ).body
        events = [event for event in reversed(body.get("events", ())) if event["id"] > self._seen]
        if events and events[0]["id"] > self._seen + 1:
            self._running.clear()  # there is a gap: who knows what has ended in it
        return events

    def _follow(self, event: dict[str, Any]) -> tuple[str, str] | None:
        """Take in one event; return the name and the type of the state where it is one's beginning."""
        self._seen = event["id"]
        entered = _ENTERED.fullmatch(event["type"])
        if entered:
            name = str(event["stateEnteredEventDetails"]["name"])
            self._running[name] = self._running.pop(name, 0) + 1  # the latest comes last
            self._entered.add(name)
            return name, entered[1]
        if _EXITED.fullmatch(event["type"]):
            self._running[event["stateExitedEventDetails"]["name"]] -= 1
        if event["type"] == "MapStateStarted":
            self._run.items, self._run.items_done = event["mapStateStartedEventDetails"]["length"], 0
        elif event["type"] == "MapIterationSucceeded":
            self._run.items_done += 1
        return None
