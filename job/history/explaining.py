"""Why an execution failed, followed into the executions that its states started (contract 2 and 6)."""

import logging
import re
from typing import Any

from job.errors import AccessDenied, JobError
from job.history import causes, culprit
from job.history.events import Ask
from job.history.failures import FailedState, Failure

log = logging.getLogger(__name__)

PERMISSION = "states:GetExecutionHistory"

LEVELS = 5
"""Nested executions that are followed, one in the other."""


def explain(ask: Ask, execution_arn: str, levels: int = LEVELS) -> Failure:
    """Return why the execution failed: the state in which it ended, in nested executions too, as far as allowed.

    Raises `job.errors.JobError` where the execution's own history can't be had.
    """
    failure = culprit.failure(ask, execution_arn)
    state = failure.state
    if state is None or levels == 0:
        return failure
    if state.map_run_arn:
        state, nested = _map_run(ask, state)
        failure = failure._replace(state=state)
    else:
        nested = _nested(state)
    if nested is None:
        return failure
    try:
        inner = explain(ask, nested, levels - 1)
    except JobError as error:
        log.warning("the nested history can't be read", extra={"nested_execution_arn": nested, "reason": str(error)})
        return failure._replace(missing=PERMISSION if isinstance(error, AccessDenied) else None)
    if inner.state is None:
        return failure
    return failure._replace(state=_joined(state, inner.state, nested), missing=inner.missing)


def _joined(outer: FailedState, inner: FailedState, nested: str) -> FailedState:
    """Return the inner state with what it has around it outside of its own execution."""
    return inner._replace(
        attempts=inner.attempts if inner.attempts > 1 else outer.attempts,
        items=outer.items + inner.items,
        map_run_arn=inner.map_run_arn or outer.map_run_arn,
        item_counts=inner.item_counts or outer.item_counts,
        execution_arn=inner.execution_arn or nested,
        started_by=(outer.name, *inner.started_by),
    )


def _nested(state: FailedState) -> str | None:
    """Return the ARN of the execution that a Task started and waited for; its cause is what DescribeExecution says."""
    if not re.search(r":states:startExecution\.sync(:2)?$", state.resource or ""):
        return None
    return _standard((causes.document(state.cause) or {}).get("ExecutionArn"))


def _map_run(ask: Ask, state: FailedState) -> tuple[FailedState, str | None]:
    """Return the state with the counts of its items, and the ARN of an execution that failed, where allowed."""
    try:
        counts = ask("describe_map_run", mapRunArn=state.map_run_arn).get("itemCounts")
        state = state._replace(item_counts=counts)
        if counts and not counts.get("failed"):
            return state, None
        listed = ask("list_executions", mapRunArn=state.map_run_arn, statusFilter="FAILED", maxResults=1)
    except JobError as error:
        log.info("the map run isn't told of in full", extra={"reason": str(error)})
        return state, None
    return state, next((_standard(one["executionArn"]) for one in listed.get("executions", ())), None)


def _standard(execution_arn: Any) -> str | None:
    """Return the ARN if it is of an execution that has a history: an express one has none to ask for."""
    named = isinstance(execution_arn, str) and execution_arn.split(":")[5:6] == ["execution"]
    return execution_arn if named else None
