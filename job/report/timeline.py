"""The history as a timeline of bars: which bar an event belongs to is found along its previousEventId.

Event types and their details are those of GetExecutionHistory (AWS, API reference of HistoryEvent).
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from job.history.events import details_of
from job.report import attempts
from job.report.bars import Bar, Kind, Status, Timeline
from job.report.endings import Endings, guilty, reopen

DEEPEST = 40
"""Levels of nesting; what lies deeper is shown on this one."""

_WITH_ATTEMPTS = {"Task", "Map", "Parallel"}
_ATTEMPT_BEGINS = {
    "ActivityScheduled",
    "LambdaFunctionScheduled",
    "MapStateStarted",
    "ParallelStateStarted",
    "TaskScheduled",
}


def bars(events: Iterable[dict[str, Any]], failed: int = 0) -> Timeline:
    """Make the timeline of a history's events, given oldest first.

    ``failed``: the id of the event that entered the state in which the execution failed, where that is known. A history
    read forwards doesn't tell it of states that run beside each other; `job.history.culprit` reads it backwards.

    One pass. What is kept is bounded, see `job.report.endings`, but for some 200 bytes for each event: what failed for
    good is always kept, and of the rest what is too much is folded. Nothing of a state's input and output is kept.
    """
    builder = _Builder(failed)
    for event in events:
        builder.add(event)
    return builder.timeline()


class _Builder:
    def __init__(self, failed: int) -> None:
        self._failed_entry = failed
        self._failed: Bar | None = None
        self._root = Bar(Kind.STATE, "", "", datetime.min, None)  # noqa: DTZ901 - until the first event comes
        self._scopes: dict[int, Bar] = {}
        self._entered: dict[tuple[int, str], Bar] = {}  # the newest of a state, by the bar that it was entered from
        self._last: datetime | None = None
        self._redrives: list[datetime] = []
        self._endings = Endings()

    def timeline(self) -> Timeline:
        root = self._root
        start = root.start if self._last else None
        return Timeline(root.children, start, self._last, root.status, root.innermost_culprit(), self._redrives)

    def add(self, event: dict[str, Any]) -> None:
        type_, at = event["type"], event.get("timestamp", self._last)
        if at is None:
            return  # AWS always gives one
        if self._root.end and type_ != "ExecutionRedriven":
            return  # what was still running may report after the execution's end
        if self._last is None:
            self._root.start = self._last = at
        self._last = max(at, self._last)
        scope = self._scopes.get(event.get("previousEventId", event["id"] - 1), self._root)
        self._scopes[event["id"]] = self._place(type_, scope, at, details_of(event)) or scope
        if event["id"] == self._failed_entry:
            self._failed = self._scopes[event["id"]]

    def _place(self, type_: str, scope: Bar, at: datetime, details: dict[str, Any]) -> Bar | None:
        """Draw an event, and return the bar in which that happens which comes of it; None: where it happened itself."""
        name = details.get("name", "")
        if type_.startswith("Execution"):
            return self._execution(type_.removeprefix("Execution"), scope, at, details)
        if type_.startswith("MapIteration"):
            return self._item(type_.removeprefix("MapIteration"), scope, at, name, details.get("index", 0))
        if type_.endswith("StateEntered"):
            return self._enter(scope, name, type_.removesuffix("StateEntered"), at)
        if type_.endswith("StateExited"):
            return self._exit(scope, name, at)
        return self._happen(type_, scope, at, details)

    def _happen(self, type_: str, scope: Bar, at: datetime, details: dict[str, Any]) -> Bar | None:
        """Draw what happens within a state."""
        failed = type_.endswith(("Failed", "TimedOut")) and type_ != "MapRunFailed"  # MapStateFailed follows that
        if type_ == "EvaluationFailed":  # it follows from what was before its state
            bar = self._entered.get((id(scope), details.get("state", "")), scope).nearest()
            failed = bar is not None and bar.type not in {"Map", "Parallel"}  # …StateFailed follows
        else:
            kind = re.match("Parallel|Map|Wait", type_)
            running = failed or type_.endswith("StateAborted")  # what has failed by itself isn't aborted after that
            bar = scope.nearest(type_=kind[0] if kind else "Task", running=running)
        if bar is None:
            return None
        bar.map_run_arn = details.get("mapRunArn") or bar.map_run_arn
        if type_ in _ATTEMPT_BEGINS:
            self._begin_attempt(bar, scope, at, details)
        elif type_.endswith("StateAborted") and bar is not self._failed:  # from which those beside it may follow
            self._endings.end(bar, Status.ABORTED, at)
        elif failed:
            status = Status.TIMED_OUT if type_.endswith("TimedOut") else Status.FAILED
            self._fail_attempt(bar, scope, at, details, status)
        elif type_ in {"MapRunFailed", "EvaluationFailed"}:
            attempts.explain(bar, details)
        elif type_.endswith("Succeeded") and bar.attempts:
            bar.attempts[-1].end = at
        if details.get("resourceType") in {"states", "aws-sdk:sfn"}:
            bar.execution_arn = _started_execution(details) or bar.execution_arn
        return bar

    def _enter(self, scope: Bar, name: str, type_: str, at: datetime) -> Bar:
        entered_from = id(scope)
        if scope.type == "Parallel":
            before = sum(child.attempt == scope.attempts_made for child in scope.children)
            scope = self._new(Kind.BRANCH, "", "", scope, at, before + 1)
        elif scope.type not in {"", "Map"} and scope.parent:
            scope = scope.parent  # of a state that wasn't seen to end
        same = (bar for bar in reversed(scope.children) if bar.end is None and (bar.name, bar.type) == (name, type_))
        again = next(same, None) if self._redrives else None
        if again and type_ not in _WITH_ATTEMPTS:
            self._begin_attempt(again, scope, at, {})
        bar = self._entered[entered_from, name] = again or self._new(Kind.STATE, name, type_, scope, at)
        return bar

    def _exit(self, scope: Bar, name: str, at: datetime) -> Bar | None:
        bar = scope.nearest(name=name)
        if bar is None:
            return None
        self._endings.end(
            bar, Status.CAUGHT if bar.failure else Status.RETRIED if bar.attempts_made > 1 else Status.SUCCEEDED, at
        )
        return bar.parent

    def _item(self, what: str, scope: Bar, at: datetime, name: str, index: int) -> Bar | None:
        map_ = scope.nearest(name=name, type_="Map")
        if map_ is None:
            return None
        if what == "Started":
            return self._new(Kind.ITEM, "", "", map_, at, index)
        item = next((bar for bar in reversed(map_.children) if bar.end is None and bar.number == index), None)
        if item and what == "Failed":
            self._endings.blame(item, self._guilty(item, scope), Status.FAILED, at)
            item.status, item.end, map_.culprit = Status.FAILED, at, item
        elif item:
            self._endings.end(item, Status.ABORTED if what == "Aborted" else Status.SUCCEEDED, at)
        return map_

    def _execution(self, what: str, scope: Bar, at: datetime, details: dict[str, Any]) -> Bar | None:
        root = self._root
        if what == "Redriven":
            self._redrives.append(at)
            reopen(root)
        elif what == "Failed" or (what == "TimedOut" and scope.failure):
            self._endings.blame(root, self._failed or scope, Status.FAILED, at)
            root.status, root.end = Status.FAILED if what == "Failed" else Status.TIMED_OUT, at
            culprit = root.innermost_culprit()
            if culprit:
                if not culprit.failure:
                    self._fail_attempt(culprit, culprit, at, details, culprit.status)
                attempts.explain(culprit, details)
            return culprit
        elif what == "TimedOut":  # the definition's own time was over, which is no state's doing
            self._endings.end(root, Status.ABORTED, at)
            root.status = Status.TIMED_OUT
        elif what != "Started":
            self._endings.end(root, Status.SUCCEEDED if what == "Succeeded" else Status.ABORTED, at)
        return None

    def _new(self, kind: Kind, name: str, type_: str, parent: Bar, at: datetime, number: int = 0) -> Bar:
        if parent.depth == DEEPEST and parent.parent:
            parent = parent.parent
        bar = Bar(kind, name, type_, at, parent, number, max(1, parent.attempts_made), parent.depth + 1)
        self._endings.add(bar, parent)
        return bar

    def _begin_attempt(self, bar: Bar, scope: Bar, at: datetime, details: dict[str, Any]) -> None:
        if bar.attempts and bar.attempts[-1].end is None:  # it is tried again, so it has failed
            self._fail_attempt(bar, scope, at, {}, Status.FAILED)
        for child in bar.children[:]:
            self._endings.fold(child)  # of the attempt before
        bar.status, bar.culprit = Status.RUNNING, None
        attempts.begin(bar, at, details)

    def _fail_attempt(self, bar: Bar, scope: Bar, at: datetime, details: dict[str, Any], status: Status) -> None:
        attempts.fail(bar, at, details)
        self._endings.blame(bar, self._guilty(bar, scope), Status.FAILED, at)
        bar.status = status

    def _guilty(self, bar: Bar, scope: Bar) -> Bar:
        """Return where in ``bar``, which fails, that began."""
        known = self._failed
        if known and known is not bar and known.end is None and bar in known.lineage():
            return known
        return guilty(bar, scope)


def _started_execution(details: dict[str, Any]) -> str | None:
    """Return the ARN of the execution that a task of Step Functions' own says it has started."""
    try:
        said = json.loads(details.get("output") or details.get("cause") or "null")
    except ValueError:
        return None
    arn = said.get("ExecutionArn") if isinstance(said, dict) else None
    return arn if isinstance(arn, str) else None
