"""The state machine that is to run: what it is, as far as that matters (contract 5)."""

import json
import logging
from typing import Any

from job import executions, naming
from job.aws.api import Api
from job.errors import AccessDenied, JobError
from job.retries import Retries
from job.settings import Settings

log = logging.getLogger(__name__)


class StateMachine:
    """What SFN_STATE_MACHINE_TYPE says of it, and else AWS, asked at most once and only where it matters."""

    def __init__(self, api: Api, settings: Settings, retries: Retries) -> None:
        """Nothing is asked yet."""
        self._api = api
        self._arn = naming.unqualified(settings.state_machine_arn)
        self._type = None if settings.state_machine_type == "auto" else settings.state_machine_type.upper()
        self._retries = retries
        self.states: int | None = None
        """How many states its definition has, nested ones too; None where AWS wasn't asked."""

    def is_express(self) -> bool:
        """Return whether its executions are asked for once and never again, and have no unique names.

        Without the permission to find out it counts as standard. Raises `job.errors.JobError`.
        """
        if self._type is None:
            self._type = self._ask()
        return self._type == "EXPRESS"

    def _ask(self) -> str:
        try:
            body = self._retries.ask(self._described)
        except JobError as error:
            if not isinstance(error, AccessDenied) and type(error) is not JobError:
                raise
            # Not allowed, or something stands in for AWS that doesn't know the request.
            log.warning(
                "the state machine's type is unknown and taken for standard: allow states:DescribeStateMachine, or set "
                "SFN_STATE_MACHINE_TYPE",
                extra={"reason": str(error)},
            )
            return "STANDARD"
        self.states = _count(body.get("definition"))
        return str(body["type"])

    def _described(self) -> dict[str, Any]:
        answer = self._api.request("describe_state_machine", stateMachineArn=self._arn)
        executions.expect(answer, "type")  # an express one taken for standard would be started, and its end lost
        return answer.body


def _count(definition: str | None) -> int | None:
    """Return the number of states in a definition; None where it can't be told, as where it is encrypted."""

    def states(part: dict[str, Any]) -> int:
        inner = [state for state in part["States"].values() if isinstance(state, dict)]
        nested = [
            *(branch for state in inner for branch in state.get("Branches", ())),
            *(state[key] for state in inner for key in ("ItemProcessor", "Iterator") if key in state),
        ]
        return len(inner) + sum(map(states, nested))

    try:
        return states(json.loads(definition or ""))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
