"""What runs now: the states that the execution entered, told while it is waited for (contract 6)."""

import logging
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from job.aws.api import Api
from job.errors import JobError, StopRequested
from job.history.events import details_of, listed
from job.run import Run

log = logging.getLogger(__name__)

FIRST_LOOK = 3.0
"""Seconds of waiting before the first look at the history: a short run is over by then."""

LONGEST_GAP = 30.0
"""Seconds between two looks, which come after 3, 6, 12, 24 … seconds. A look takes the place of a check, because it
shows the end as well, so that it costs no request more."""

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
        self._began = monotonic()
        self._next = FIRST_LOOK
        self._seen = 0
        self._running: Counter[str] = Counter()
        self._entered: set[str] = set()
        self._denied = False

    def is_due(self) -> bool:
        """Return whether it is the history's turn, rather than the status's."""
        return not self._denied and self._monotonic() - self._began >= self._next

    def goes_on(self) -> bool:
        """Tell of the states entered since the last look; return whether the execution goes on, as far as that shows.

        Where the history can't be read, it isn't asked for any more. Raises `StopRequested`.
        """
        elapsed = self._monotonic() - self._began
        self._next = elapsed + min(elapsed, LONGEST_GAP)
        try:
            events = self._newest()
        except StopRequested:
            raise
        except JobError as error:
            if not error.transient:
                self._denied = True
                log.info("the states that run can't be shown", extra={"reason": str(error)})
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
        events = [event for event in reversed(listed(body)) if event["id"] > self._seen]
        if events and events[0]["id"] > self._seen + 1:
            self._running.clear()  # there is a gap: who knows what has ended in it
        return events

    def _follow(self, event: dict[str, Any]) -> tuple[str, str] | None:
        """Take in one event; return the name and the type of the state where it is one's beginning."""
        self._seen = event["id"]
        entered, details = _ENTERED.fullmatch(event["type"]), details_of(event)
        if entered:
            name = str(details.get("name", ""))
            self._running[name] = self._running.pop(name, 0) + 1  # the latest comes last
            self._entered.add(name)
            return name, entered[1]
        if _EXITED.fullmatch(event["type"]):
            self._running[str(details.get("name", ""))] -= 1
        if event["type"] == "MapStateStarted":
            self._run.items, self._run.items_done = details.get("length", 0), 0
        elif event["type"] == "MapIterationSucceeded":
            self._run.items_done += 1
        return None
