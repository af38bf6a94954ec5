"""Which state an execution failed in: from its own history, walking back along previousEventId (contract 6).

The shapes are AWS's, as recorded histories show them, and LocalStack's where those differ:

- ``ExecutionFailed`` follows from what failed, or from the ``MapStateFailed`` or ``ParallelStateFailed`` around it, and
  that in turn from what is inside. ``MapIterationFailed`` stands beside this chain.
- ``EvaluationFailed`` follows from what was before its state. Its cause tells the id at which the state was entered.
- A retry follows from the failure before it, and a Map's item from an item before it where they are done in turn.
- ``ExecutionAborted`` and ``ExecutionTimedOut`` follow from nothing, or from whatever came last.
"""

import re
from collections.abc import Callable

from job.history.event_types import (
    ENDINGS,
    FAILED_WITH_WHAT_IS_INSIDE,
    ITEM_FAILED,
    WENT_WRONG,
    entered_type,
    is_entry_of,
    is_exit,
    is_start_of_attempt,
)
from job.history.events import Ask, Event, Newest
from job.history.failures import FailedState, Failure, Item

_TOLD = re.compile(
    r"An error occurred while executing the state '(?P<name>.*?)' \(entered at the event id #(?P<id>\d+)\)"
)
"""How Step Functions' own causes begin."""


def failure(ask: Ask, execution_arn: str) -> Failure:
    """Return why the execution failed. Of a nested execution that failed it knows the state that started it.

    Raises `job.errors.JobError` where the history can't be had.
    """
    return _Walk(Newest(ask, execution_arn), partition=execution_arn.split(":")[1]).failure()


class _Walk:
    """From the end of a history to its culprit, the event that made the execution end, and to that one's state."""

    def __init__(self, events: Newest, partition: str) -> None:
        self._events = events
        self._partition = partition

    def failure(self) -> Failure:
        newest = self._events.newest()
        ending = next((event for event in newest if event.type in ENDINGS), None)
        if ending is None:
            return Failure()
        error, cause = ending.details.get("error"), ending.details.get("cause")
        culprit, around = self._culprit(ending)
        if ending.type != "ExecutionFailed" and (culprit is None or culprit.type not in WENT_WRONG):
            return Failure(error, cause, whole=True, running=_running(newest))
        entry, state = self._state(culprit or ending, around, ending)
        return Failure(error, cause, state, entry, whole=state is None)

    def _culprit(self, ending: Event) -> tuple[Event | None, list[str]]:
        """Return the culprit, and what it took with it, from the outside in: the types of these events."""
        event, around = self._events.before(ending), []
        while event and event.type in FAILED_WITH_WHAT_IS_INSIDE:
            around.append(event.type)
            inside = self._events.before(event)
            if inside and not _can_fail(inside, ending):
                failed = self._newest(event.id - 1, _has_failed)
                inside = self._events.before(failed) if failed and failed.type == ITEM_FAILED else failed
            event = inside
        return event, around

    def _newest(self, event_id: int, wanted: Callable[[Event], bool]) -> Event | None:
        """Return the newest event wanted up to this id."""
        older = (self._events.get(number) for number in range(event_id, 0, -1))
        return next((event for event in older if event and wanted(event)), None)

    def _state(self, culprit: Event, around: list[str], ending: Event) -> tuple[int, FailedState | None]:
        """Return the state that the culprit belongs to, and the id of the event that entered it."""
        entry = self._entry(culprit, ending)
        entry_id = entry.id if entry else 0
        event: Event | None = culprit
        attempts, redriven, resource, map_run_arn = 0, False, None, None
        while event and not (entered_type(event) and event.id <= (entry_id or event.id)):
            if entered_type(event):  # what came with it wasn't the state's own, but of a state inside
                attempts, resource, map_run_arn = 0, None, None
            redriven = redriven or event.type == "ExecutionRedriven"  # attempts count from there
            attempts += is_start_of_attempt(event) and not redriven
            resource = resource or self._resource(event)
            map_run_arn = map_run_arn or event.details.get("mapRunArn")
            event = self._events.get(max(event.previous, entry_id) if event.id > entry_id else event.previous)
        event = event or entry
        if event is None:
            return 0, None
        type_ = entered_type(event) or ""
        if culprit.type in {"EvaluationFailed", "MapRunFailed"} and type_ == "Map":
            around = around[:-1]  # that was the state itself
        items, tries = self._around(event, around)
        return event.id, FailedState(
            event.details.get("name", ""),
            type_,
            culprit.details.get("error", ending.details.get("error")),
            culprit.details.get("cause", ending.details.get("cause")),
            resource,
            attempts=attempts if attempts > 1 else tries,
            items=items,
            map_run_arn=map_run_arn if culprit.type == "MapRunFailed" else None,
        )

    def _entry(self, culprit: Event, ending: Event) -> Event | None:
        """Return the entry of the state that the cause names; None where none is named, and it's on the way back."""
        if culprit.type != "EvaluationFailed" and (culprit.type in WENT_WRONG or entered_type(culprit)):
            return None  # a Fail state's own words, or those of another execution, may look the same
        told = _TOLD.match(culprit.details.get("cause") or ending.details.get("cause") or "")
        name, event_id = (told["name"], int(told["id"])) if told else (culprit.details.get("state"), culprit.id)
        # The id is that of the entry on AWS, and of some later event on LocalStack.
        return self._newest(event_id, lambda event: is_entry_of(name, event)) if name else None

    def _resource(self, event: Event) -> str | None:
        """Return the resource as it stands in the definition; events of service integrations have it in two parts."""
        resource, service = event.details.get("resource"), event.details.get("resourceType")
        return f"arn:{self._partition}:states:::{service}:{resource}" if resource and service else resource

    def _around(self, entry: Event, around: list[str]) -> tuple[tuple[Item, ...], int]:
        """Return the Maps' items around a state's entry, and how often the innermost Map or Parallel was tried.

        Tries are counted as far as the events at hand show them; one otherwise.
        """
        items: list[Item] = []
        event: Event | None = entry
        maps, left, tries, tried, inside = around.count("MapStateFailed"), len(around), 1, 0, None
        while event and left and (maps or self._events.holds(event.previous)):
            event = self._events.before(event)
            if event is None:
                break
            if event.type == "ExecutionRedriven":  # all before it is the story of the earlier failure
                event, _ = self._culprit(self._events.before(event) or event)
                tried, left = 0, left if maps else 0
            elif is_exit(event) or event.type in FAILED_WITH_WHAT_IS_INSIDE:
                event = self._skip(event)
            elif event.type == "MapIterationStarted" and inside is None:
                inside = event.details.get("name", "")
                items.insert(0, Item(inside, event.details.get("index", 0)))
                maps -= 1
            elif is_entry_of(inside, event):
                tries, tried, inside, left = tries if tries > 1 else tried, 0, None, left - 1
            elif event.type in {"MapStateStarted", "ParallelStateStarted"}:
                tried += 1
        return tuple(items), tries

    def _skip(self, over: Event) -> Event | None:
        """Return the entry of the state that was over with this event, past all that happened inside of it."""
        name = over.details.get("name")
        event = self._events.before(over)
        while event and not is_entry_of(name, event):
            entry = self._entry(event, event) if event.type == "EvaluationFailed" else None
            if entry and is_entry_of(name, entry):
                return entry
            if name is None and (is_exit(event) or event.type in FAILED_WITH_WHAT_IS_INSIDE):
                event = self._skip(event)
            event = event and self._events.before(event)
        return event


def _can_fail(event: Event, ending: Event) -> bool:
    """Return whether an execution can have ended by this event.

    It always can on AWS. In LocalStack a Map or Parallel fails from whatever came last in any of its items or branches.
    """
    type_ = entered_type(event)
    if type_ is None and re.fullmatch(r"(Map|Parallel)StateSucceeded", event.type):
        return bool(_TOLD.match(ending.details.get("cause") or ""))  # what came of it was wrong
    if type_ is None:
        return not is_exit(event) and event.type != "MapIterationSucceeded"
    return type_ == "Fail" or str(ending.details.get("error")).startswith("States.")


def _has_failed(event: Event) -> bool:
    return event.type in WENT_WRONG | FAILED_WITH_WHAT_IS_INSIDE | {ITEM_FAILED, "FailStateEntered"}


def _running(newest: list[Event]) -> tuple[tuple[str, str], ...]:
    """Return names and types of the states that went on when the execution ended, as far as its newest events tell."""
    followed, going_on = set(), set()
    found = {}
    for event in newest:
        goes_on = event.id in going_on or event.id not in followed
        followed.add(event.previous)
        type_ = entered_type(event)
        if type_ and goes_on:
            found[event.details.get("name", "")] = type_
        elif goes_on and not is_exit(event):
            going_on.add(event.previous)
    return tuple(reversed(found.items()))
