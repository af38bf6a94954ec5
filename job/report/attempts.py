"""How often a state was tried, and what came of each attempt, as far as a bar remembers it."""

from datetime import datetime
from typing import Any

from job.report.bars import Attempt, Bar

MOST_ATTEMPTS = 20
"""Attempts that a bar remembers: the first half and the last half of this."""

LONGEST_CAUSE = 2000
"""Characters that are kept of a cause: AWS allows 32,768 in each of 25,000 events."""


def begin(bar: Bar, at: datetime, details: dict[str, Any]) -> None:
    """Begin the next attempt, with the details of its first event."""
    bar.attempts_made += 1
    bar.attempts.append(Attempt(at))
    if len(bar.attempts) > MOST_ATTEMPTS:
        del bar.attempts[MOST_ATTEMPTS // 2]
    named = [details.get("resourceType"), details.get("resource")]
    bar.resource = ":".join(filter(None, named)) or bar.resource
    bar.length = details.get("length", bar.length)


def explain(bar: Bar, details: dict[str, Any]) -> Attempt:
    """Add error and cause to the newest attempt, which has none yet, and return it."""
    if not bar.attempts:  # what no event tells of was one all the same
        bar.attempts.append(Attempt(bar.start))
        bar.attempts_made = 1
    attempt, cause = bar.attempts[-1], details.get("cause")
    if cause and len(cause) > LONGEST_CAUSE:
        cause = f"{cause[:LONGEST_CAUSE]} … and {len(cause) - LONGEST_CAUSE:,} more characters"
    attempt.error = attempt.error or details.get("error")
    attempt.cause = attempt.cause or cause
    return attempt


def fail(bar: Bar, at: datetime, details: dict[str, Any]) -> None:
    """End the newest attempt with the details of an event that says that it failed."""
    attempt = explain(bar, details)
    attempt.end, attempt.failed = attempt.end or at, True
