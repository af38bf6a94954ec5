"""Everything that can end a run, as one tree. Each class names the outcome that the run then has.

JobError                        1   unexpected
├── InvalidSettings            20   wrong variables, all of them at once, found before any request
├── RequestRefused             20   AWS found a variable wrong
│   ├── ExecutionNameTaken          the name belongs to another execution
│   ├── ExecutionNotFound           no such execution (or none yet)
│   └── ExecutionNotRedrivable      can't be run again from where it failed
├── AuthenticationFailed        2   AWS doesn't know who asks
│   └── CredentialsExpired          transient where the credentials renew themselves
├── AccessDenied                3   AWS knows who asks, and doesn't allow it
├── ServiceUnreachable         10   the request didn't reach AWS; transient
├── Throttled                  10   AWS asks to be asked less often; transient
├── AnswerLost                 10   it was sent, and perhaps carried out, but no usable answer came back; transient
├── NotAws                     10   what answered isn't AWS, or its TLS isn't trusted
├── ProxyUnreachable           11   the proxy can't be reached, or can't reach AWS; transient
├── ProxyRefused               11   the proxy refuses the credentials, or its TLS isn't trusted
├── WaitTimeout                26   it didn't end in time
└── StopRequested        130, 143   a signal
"""

import signal
from collections.abc import Sequence
from typing import NamedTuple

from job.outcomes import Outcome


class Problem(NamedTuple):
    """One wrong variable: its name, and what is wrong with it (never its value where that is a secret)."""

    variable: str
    message: str


class JobError(Exception):
    """The run ends with ``outcome``; ``str(error)`` is a sentence for the person who reads the result.

    ``transient``: the same request may succeed a moment later (contract 4, "faults that pass").
    """

    outcome: Outcome = Outcome.FAIL
    transient: bool = False
    detail: str | None = None
    """More for the log, where the contract has a fixed sentence for the result."""


def sentences(*parts: str) -> str:
    """Join them, each with its full stop, which AWS's messages often lack; empty ones are left out."""
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


class InvalidSettings(JobError):
    """Wrong variables or arguments (contract 1)."""

    outcome = Outcome.DATA_VALIDATION_ERROR

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep ``problems``: at least one, in the order of the settings table."""
        super().__init__("; ".join(f"{problem.variable}: {problem.message}" for problem in problems))
        self.problems = problems


class RequestRefused(JobError):
    """AWS says that a value is wrong: no such state machine, an invalid ARN, name or input."""

    outcome = Outcome.DATA_VALIDATION_ERROR


class ExecutionNameTaken(RequestRefused):
    """ExecutionAlreadyExists: closed, or running with another input."""


class ExecutionNotFound(RequestRefused):
    """ExecutionDoesNotExist: never started, deleted, or so new that AWS doesn't show it everywhere yet."""


class ExecutionNotRedrivable(RequestRefused):
    """Too old, too often, or of a kind that can't be."""


class AuthenticationFailed(JobError):
    """No, partial or wrong credentials, or a signature refused."""

    outcome = Outcome.AUTHENTICATION_ERROR


class CredentialsExpired(AuthenticationFailed):
    """Temporary credentials past their time."""


class AccessDenied(JobError):
    """The caller lacks a permission, for the API, the role or a KMS key."""

    outcome = Outcome.AUTHORIZATION_ERROR


class ServiceUnreachable(JobError):
    """No name, no route, refused, or not connected in time: nothing was sent."""

    outcome = Outcome.CONNECTION_ERROR
    transient = True


class Throttled(JobError):
    """AWS asks to be asked less often; the request wasn't carried out."""

    outcome = Outcome.CONNECTION_ERROR
    transient = True


class AnswerLost(JobError):
    """The request was sent and may have been carried out, but its answer was cut, late, empty, garbled or a 5xx."""

    outcome = Outcome.CONNECTION_ERROR
    transient = True


class NotAws(JobError):
    """A certificate that isn't trusted, or a page of something that stands between here and AWS."""

    outcome = Outcome.CONNECTION_ERROR


class ProxyUnreachable(JobError):
    """No connection to the proxy, or none from it to AWS."""

    outcome = Outcome.PROXY_ERROR
    transient = True


class ProxyRefused(JobError):
    """The proxy wants other credentials (407), or its certificate isn't trusted."""

    outcome = Outcome.PROXY_ERROR


class WaitTimeout(JobError):
    """SFN_WAIT_TIMEOUT passed and the execution still runs."""

    outcome = Outcome.WAIT_TIMEOUT


class StopRequested(JobError):
    """SIGTERM or SIGINT."""

    def __init__(self, received: signal.Signals) -> None:
        """Take the signal."""
        super().__init__(f"Ended by {received.name}.")
        self.outcome = Outcome.INTERRUPTED if received is signal.SIGINT else Outcome.TERMINATED
