"""What a struck request leads to: the exit status, by what the run needs the request for and what the fault is.

Written from contract.md (the exit codes; 3, starting once; 4, waiting; 5, Express; 7, --check) and docs/guarantees.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from job.outcomes import Outcome
from tests.faults.columns import Kind

Statuses = tuple[Outcome | None, Outcome | None]
"""Of a fault that strikes once, and of one for ever; None: the run ends as it would without it."""

AUTHENTICATION, AUTHORIZATION = Outcome.AUTHENTICATION_ERROR, Outcome.AUTHORIZATION_ERROR
CONNECTION, WRONG = Outcome.CONNECTION_ERROR, Outcome.DATA_VALIDATION_ERROR

HARMLESS: Statuses = (None, None)
RIDDEN_OUT: Statuses = (None, CONNECTION)


def always(outcome: Outcome) -> Statuses:
    """Ended at once: what it doesn't help to try again."""
    return outcome, outcome


class Need(Enum):
    """What a run needs a request for, with the words of the documentation."""

    ANSWER = "the run needs its answer: what may pass is tried again, what can't pass ends the run"
    EFFECT = "the run needs what it does, once: an answer that is lost is asked for again, under the same name or token"
    ONLY_ANSWER = "sent a second time it would run twice: an answer that is lost ends the run, and is said to be lost"
    KIND = "without the permission the state machine counts as standard"
    HINT = "where it is refused, names are tried one by one"
    COUNT = "where it is denied, the count that was listed is taken; then the execution itself is looked at"
    RENEWAL = "credentials that can't be renewed are used, and renewing is tried again, until they expire"
    STORY = "it only tells: how the run ends doesn't hang on it"
    STORY_OF_WAIT = "it only tells, between the checks: but they need the same AWS"
    IDENTITY = "whose the credentials are; only where AWS doesn't know them would a run fail"
    PERMISSION = "a permission without which a run would fail; what AWS finds wrong shows that it was allowed"
    SPARED_PERMISSION = "a permission without which a run would still work"


ANSWER: Mapping[Kind, Statuses] = {
    Kind.ODD: HARMLESS,
    Kind.LOST: RIDDEN_OUT,
    Kind.LATE: RIDDEN_OUT,
    Kind.UNHEARD: RIDDEN_OUT,
    Kind.UNHEARD_LATE: RIDDEN_OUT,
    Kind.GONE: RIDDEN_OUT,
    Kind.THROTTLED: RIDDEN_OUT,
    Kind.DENIED: always(AUTHORIZATION),
    Kind.UNKNOWN: always(AUTHENTICATION),
    Kind.EXPIRED: always(AUTHENTICATION),
    Kind.WRONG: always(WRONG),
}
STORY = dict.fromkeys(Kind, HARMLESS)
SPARED_PERMISSION = STORY | {Kind.UNKNOWN: always(AUTHENTICATION), Kind.EXPIRED: always(AUTHENTICATION)}

RULES: Mapping[Need, Mapping[Kind, Statuses]] = {
    Need.ANSWER: ANSWER,
    # The execution is there, and is found however deaf the job is to what was said of its start.
    Need.EFFECT: {**ANSWER, Kind.UNHEARD: HARMLESS, Kind.UNHEARD_LATE: HARMLESS},
    Need.ONLY_ANSWER: {
        **ANSWER,
        Kind.LOST: always(CONNECTION),
        Kind.UNHEARD: always(CONNECTION),
        Kind.GONE: always(CONNECTION),
        # The answer is the execution's end: one that doesn't come is one that doesn't end.
        Kind.LATE: always(Outcome.WAIT_TIMEOUT),
        Kind.UNHEARD_LATE: always(Outcome.WAIT_TIMEOUT),
    },
    Need.KIND: {**ANSWER, Kind.DENIED: HARMLESS},
    Need.HINT: {**ANSWER, **dict.fromkeys((Kind.DENIED, Kind.UNKNOWN, Kind.EXPIRED, Kind.WRONG), HARMLESS)},
    Need.COUNT: {**ANSWER, Kind.DENIED: (None, AUTHORIZATION)},
    Need.RENEWAL: {kind: (None, for_ever) for kind, (_, for_ever) in ANSWER.items()},
    Need.STORY: STORY,
    Need.STORY_OF_WAIT: {**STORY, Kind.GONE: RIDDEN_OUT},
    Need.IDENTITY: SPARED_PERMISSION,
    Need.PERMISSION: {**SPARED_PERMISSION, Kind.DENIED: always(AUTHORIZATION)},
    Need.SPARED_PERMISSION: SPARED_PERMISSION,
}


def expected(need: Need, kind: Kind, undisturbed: Outcome, *, for_ever: bool) -> Outcome:
    """Return the exit status; ``undisturbed`` is that of the run without the fault."""
    outcome = RULES[need][kind][for_ever]
    return undisturbed if outcome is None else outcome
