"""How a run can end: the exit codes of the contract (section 2), each with its status and meaning."""

from enum import IntEnum
from typing import Self


class Outcome(IntEnum):
    """An exit code. ``status`` opens the result's ``status_description``; ``when`` is the documentation's sentence."""

    status: str
    when: str

    def __new__(cls, code: int, status: str, when: str) -> Self:
        """Make a member that is its exit code and carries the two texts."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.status = status
        member.when = when
        return member

    SUCCESS = 0, "SUCCESS", "The execution was started, or with waiting it SUCCEEDED."
    FAIL = 1, "FAIL", "Something unexpected; `SFN_LOG_LEVEL=DEBUG` logs the stack."
    AUTHENTICATION_ERROR = 2, "AUTHENTICATION_ERROR", "No, partial, wrong or expired credentials."
    AUTHORIZATION_ERROR = 3, "AUTHORIZATION_ERROR", "Access denied: to the role, to Step Functions or to a KMS key."
    CONNECTION_ERROR = (
        10,
        "CONNECTION_ERROR",
        "AWS can't be reached, isn't trusted, or throttles or fails for longer than the retry window.",
    )
    PROXY_ERROR = (
        11,
        "CONNECTION_ERROR",
        "The proxy can't be reached, refuses the credentials, or its TLS isn't trusted.",
    )
    DATA_VALIDATION_ERROR = 20, "DATA_VALIDATION_ERROR", "A variable is wrong, found here or by AWS."
    EXECUTION_FAILED = 23, "FAIL", "The execution FAILED."
    EXECUTION_ABORTED = 24, "FAIL", "The execution was ABORTED."
    EXECUTION_TIMED_OUT = 25, "FAIL", "The execution TIMED_OUT."
    WAIT_TIMEOUT = 26, "FAIL", "`SFN_WAIT_TIMEOUT` passed before the execution ended."
    INTERRUPTED = 130, "FAIL", "Ended by SIGINT (Ctrl-C)."
    TERMINATED = 143, "FAIL", "Ended by SIGTERM (`docker stop`, a pod deleted)."
