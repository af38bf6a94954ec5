"""What is known of a failure, and the line that says so: the one that a person woken at night reads."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from job.execution import Execution
from job.history import causes

LONGEST_SENTENCE = 1000
"""Characters; the result has error and cause whole."""

MOST_RUNNING = 5
"""States told of that ran when the execution ended."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a Map."""

    map: str
    """The Map state's name."""
    index: int
    """From 0, as AWS counts."""


class FailedState(NamedTuple):
    """The innermost state that failed."""

    name: str
    type: str
    """Task, Map, Fail … as in the definition."""
    error: str | None = None
    cause: str | None = None
    """Both as AWS gives them."""
    resource: str | None = None
    """The resource's ARN, as in the definition."""
    attempts: int = 1
    """How often it was tried; where that was once, how often what is nearest around it was."""
    items: tuple[Item, ...] = ()
    """Those in which it failed, of the outermost Map first."""
    map_run_arn: str | None = None
    """Of the distributed Map that failed, or in which it failed."""
    item_counts: dict[str, int] | None = None
    """Of that map run, as DescribeMapRun gives them."""
    execution_arn: str | None = None
    """Of the nested execution that the state belongs to."""
    started_by: tuple[str, ...] = ()
    """The states that started that execution, from the run's own execution down."""

    def document(self) -> dict[str, Any]:
        """Return the result's ``failedState`` (contract 2); what doesn't apply is None."""
        return {
            "name": self.name,
            "type": self.type,
            "error": self.error,
            "cause": self.cause,
            "resource": self.resource,
            "attempts": self.attempts if self.attempts > 1 else None,
            "items": [asdict(item) for item in self.items] or None,
            "mapRunArn": self.map_run_arn,
            "itemCounts": self.item_counts,
            "executionArn": self.execution_arn,
            "startedBy": list(self.started_by) or None,
        }


class Failure(NamedTuple):
    """Why an execution didn't succeed, as far as that is known."""

    error: str | None = None
    cause: str | None = None
    """Of the execution, as its history has them."""
    state: FailedState | None = None
    entered: int = 0
    """The id of the event that entered it, or the state that started its execution, in the execution's own history."""
    whole: bool = False
    """The history tells that the failure belongs to no state, such as a timeout of the whole definition."""
    running: tuple[tuple[str, str], ...] = ()
    """Then the states that still ran, as far as that is known: their names and types."""
    missing: str | None = None
    """The permission with which more would be known."""


def sentence(execution: Execution, failure: Failure) -> str:
    """Say in one line how the execution ended, in which state, and why."""
    state = failure.state
    error, cause = execution.error or failure.error, execution.cause or failure.cause
    if state and (state.error or state.cause):
        error, cause = state.error, state.cause
    verb = "was " if execution.status == "ABORTED" else ""
    told = f"The execution {verb}{execution.status}{_place(failure, execution.status)}"
    line = " ".join(": ".join(filter(None, [told, error, causes.message(cause or "")])).split())[:LONGEST_SENTENCE]
    if failure.missing:
        where = "where in there" if state else "in which state"
        line += f" (With the permission {failure.missing} this would say {where}.)"
    return line


def _place(failure: Failure, status: str) -> str:
    if failure.state:
        return f" in state {failure.state.name} ({', '.join(_facts(failure.state))})"
    whole = {"FAILED": " in no state", "TIMED_OUT": " as a whole"}.get(status, "") if failure.whole else ""
    running = [f"{name} ({type_})" for name, type_ in failure.running[:MOST_RUNNING]]
    if len(failure.running) > MOST_RUNNING:
        running.append(f"{len(failure.running) - MOST_RUNNING} more")
    if not running:
        return whole
    return f"{whole} while in state{'s' if len(running) > 1 else ''} {', '.join(running)}"


def _facts(state: FailedState) -> list[str]:
    facts = [state.type]
    if state.resource:
        facts.append(state.resource)
    if state.items:
        facts.append(" in ".join(f"item {item.index} of Map {item.map}" for item in reversed(state.items)))
    if state.item_counts and state.item_counts.get("failed"):
        facts.append(f"{state.item_counts['failed']} of {state.item_counts.get('total', 0)} items failed")
    if state.execution_arn:
        name = state.execution_arn.rpartition(":")[2]
        facts.append(f"in execution {name} of state {' > '.join(state.started_by)}")
    if state.attempts > 1:
        facts.append(f"{state.attempts} attempts")
    return facts
