"""What the types of a history's events mean; all types are in AWS's API reference of HistoryEvent."""

import re

from job.history.events import Event

ENDINGS = {"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"}
"""Where the execution ended without success."""

WENT_WRONG = {
    "ActivityFailed",
    "ActivityScheduleFailed",
    "ActivityTimedOut",
    "EvaluationFailed",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "MapRunFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskSubmitFailed",
    "TaskTimedOut",
}
"""What went wrong in a state, with error and cause."""

FAILED_WITH_WHAT_IS_INSIDE = {"MapStateFailed", "ParallelStateFailed"}

ITEM_FAILED = "MapIterationFailed"

_ATTEMPT = re.compile(r"(Activity|LambdaFunction|Task)Scheduled|(Map|Parallel)StateStarted")


def entered_type(event: Event) -> str | None:
    """Return the type of the state that is entered, such as ``Task``; None where none is."""
    return event.type.removesuffix("StateEntered") if event.type.endswith("StateEntered") else None


def is_entry_of(name: str | None, event: Event) -> bool:
    """Return whether a state of this name is entered, or for None any Map or Parallel."""
    type_ = entered_type(event)
    return type_ in {"Map", "Parallel"} if name is None else type_ is not None and event.details.get("name") == name


def is_exit(event: Event) -> bool:
    """Return whether a state is left, because it did well or its failure was caught."""
    return event.type.endswith("StateExited")


def is_start_of_attempt(event: Event) -> bool:
    """Return whether an attempt of a state begins, the first or one more; other types of states have none."""
    return bool(_ATTEMPT.fullmatch(event.type))
