"""`--check`: whether a run would work, found out step by step and without starting anything (contract 7)."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from job import executions, naming, policy
from job.aws.api import Api, connect
from job.aws.credentials import Learn
from job.errors import (
    AccessDenied,
    AuthenticationFailed,
    JobError,
    ProxyRefused,
    ProxyUnreachable,
    RequestRefused,
    StopRequested,
)
from job.outcomes import Outcome
from job.retries import Retries
from job.settings import Settings
from job.signals import Stop

MENDS = {
    "proxy": "Check SFN_PROXY, SFN_PROXY_TYPE, SFN_PROXY_CREDENTIALS_… and SFN_PROXY_CA_BUNDLE_FILE: docs/proxy.md.",
    "endpoint": "Check the way to AWS: name resolution, routes, a VPC endpoint, AWS_ENDPOINT_URL and AWS_CA_BUNDLE.",
    "credentials": "Check SFN_CREDENTIALS_… or what the default chain takes its credentials from: docs/credentials.md.",
    "role": "Let the caller assume the role, and the role trust the caller: docs/credentials.md.",
    "state machine": "Check SFN_STATE_MACHINE_ARN: its region, account, name, and version or alias.",
}
"""What to do where a step doesn't hold."""

SPARED = tuple(
    f"permission states:{action}" for action in ("DescribeStateMachine", "GetExecutionHistory", "ListExecutions")
)
"""Steps without which a run still works, and tells less or asks more."""


PATIENCE = 5.0
"""Seconds for which something that may pass is tried again; SFN_RETRY_WINDOW where that is less."""


class Step(NamedTuple):
    """One thing that a run needs."""

    name: str
    holds: bool | None
    """None where nobody can tell without a run."""
    message: str
    mend: str | None = None


class Check:
    """Tries in order what a run would need, as far as the first thing without which the rest can't be tried."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], stop: Stop, learn: Learn, steps: list[Step]
    ) -> None:
        """``steps`` is added to, so that whoever ends the check has those that were done."""
        self._settings = settings
        self._environ = environ
        self._stop = stop
        self._learn = learn
        self._steps = steps

    def carry_out(self) -> tuple[Outcome, str]:
        """Return how the run would have ended, as far as that shows, and a sentence. Raises as a run does."""
        try:
            self._steps.extend(self._found())
        except StopRequested:
            raise
        except JobError as error:
            name = _blamed(error, self._settings)
            mend = None if str(error).startswith("SFN_") else MENDS[name]  # such a sentence says itself what to change
            self._steps.append(Step(name, holds=False, message=error.detail or str(error), mend=mend))
            raise
        missing = [step.name for step in self._steps if step.holds is False and step.name not in SPARED]
        if missing:
            return Outcome.AUTHORIZATION_ERROR, f"A run would fail: {', '.join(missing)}."
        return Outcome.SUCCESS, "A run would get as far as its start."

    def _found(self) -> Iterator[Step]:
        settings = self._settings
        retries = Retries(min(PATIENCE, settings.retry_window), self._stop, time.monotonic)
        yield Step("variables", holds=True, message="all understood")
        api = retries.ask(lambda: connect(settings, self._environ, self._stop, self._learn))
        refused = None
        try:
            # The first request: where it was answered, well or not, proxy and endpoint have let it pass.
            machine, settings = retries.ask(lambda: _machine(api, settings))
        except RequestRefused as error:
            if not _was_answered(error):
                raise
            refused = error
        if settings.proxy:
            yield Step("proxy", holds=True, message=f"reached, at {', '.join(sorted(set(settings.proxy.values())))}")
        yield Step("endpoint", holds=True, message=f"{api.endpoint_url} answers as AWS does")
        yield _identity(api, settings)
        if settings.role_based_access:
            yield Step("role", holds=True, message=f"{settings.role_arn} assumed")
        if refused:
            raise refused
        yield machine
        yield from _permissions(api, settings)


def text(steps: Sequence[Step]) -> str:
    """Return the steps as a list for people: what holds, what doesn't and how to mend it, what nobody can tell."""
    marks = {True: "ok     ", False: "FAILED ", None: "unknown"}
    lines = []
    for step in steps:
        lines.append(f"{marks[step.holds]}  {step.name}: {step.message}")
        if step.mend:
            lines.append(f"{'':9}{step.mend}")
    return "\n".join(lines)


def _was_answered(error: RequestRefused) -> bool:
    """Return whether AWS said so, or we of what it answered, rather than of a request that couldn't be sent."""
    return error.__cause__ is None or hasattr(error.__cause__, "response")


def _blamed(error: JobError, settings: Settings) -> str:
    """Return the step that an error on the way belongs to."""
    if isinstance(error, (ProxyUnreachable, ProxyRefused)):
        return "proxy"
    if isinstance(error, AuthenticationFailed):
        return "credentials"
    if isinstance(error, AccessDenied):
        return "role" if settings.role_based_access else "credentials"
    return "state machine" if isinstance(error, RequestRefused) else "endpoint"


def _identity(api: Api, settings: Settings) -> Step:
    """Ask who the caller is, which needs no permission; where STS can't be reached, a run may still work."""
    lives = "they renew themselves"
    if not api.renewable:
        lives = "they don't expire" if not api.temporary else "they expire, nobody can tell when"
    try:
        who = api.of("sts").request("get_caller_identity").body.get("Arn")
    except (AuthenticationFailed, StopRequested):
        raise
    except JobError as error:
        return Step("credentials", holds=None, message=f"found, and {lives}; who they are AWS doesn't say: {error}")
    mend = None
    if api.temporary and not api.renewable and settings.wait_for_success_or_failure:
        mend = "A wait that outlasts them ends with exit 2: see that they live longer, or use a role."
    return Step("credentials", holds=True, message=f"AWS says that they are {who}'s, and {lives}", mend=mend)


def _machine(api: Api, settings: Settings) -> tuple[Step, Settings]:
    """Describe the state machine, by version or alias where it was given so; return the settings as they are for it."""
    arn = settings.state_machine_arn
    qualifier = arn.removeprefix(naming.unqualified(arn)).removeprefix(":")
    try:
        if qualifier and not qualifier.isdigit():
            executions.expect(
                api.request("describe_state_machine_alias", stateMachineAliasArn=arn), "stateMachineAliasArn"
            )
            arn = naming.unqualified(arn)
        answer = api.request("describe_state_machine", stateMachineArn=arn)
        executions.expect(answer, "type")
    except JobError as error:
        if not isinstance(error, AccessDenied) and type(error) is not JobError:
            raise
        # Not allowed, or something stands in for AWS that doesn't know the request: a run takes it for standard.
        mend = _allow("states:DescribeStateMachine")
        return Step("state machine", holds=None, message=f"not known: {error}", mend=mend), settings
    type_ = str(answer.body["type"]).lower()
    if settings.state_machine_type not in {"auto", type_}:
        raise RequestRefused(
            f"SFN_STATE_MACHINE_TYPE is {settings.state_machine_type}, but AWS says that it is {type_}."
        )
    if type_ == "express" and settings.rerun != "new":
        raise RequestRefused(f"{'SFN_RUN_ID' if settings.run_id else 'SFN_RERUN'} {naming.NO_UNIQUE_NAMES}.")
    if answer.body.get("status") == "DELETING":
        raise RequestRefused("The state machine is being deleted.")
    named = f", {'version' if qualifier.isdigit() else 'alias'} {qualifier}" if qualifier else ""
    step = Step("state machine", holds=True, message=f"{answer.body.get('name')}, {type_}{named}")
    return step, replace(settings, state_machine_type=type_) if type_ == "express" else settings


def _permissions(api: Api, settings: Settings) -> Iterator[Step]:
    """Try each action of the policy with a call that changes nothing: about an execution that doesn't exist."""
    base = naming.base(settings.execution_name, settings.run_id, settings.index) or "sfn-job"
    name = f"{base}-check-{uuid.uuid4().hex}"[: naming.LONGEST]
    execution = {"executionArn": naming.execution_arn(settings.state_machine_arn, name)}
    machine = {"stateMachineArn": naming.unqualified(settings.state_machine_arn)}
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "states:DescribeStateMachine": ("describe_state_machine", machine),
        "states:ListExecutions": ("list_executions", {**machine, "maxResults": 1}),
        "states:DescribeExecution": ("describe_execution", execution),
        "states:GetExecutionHistory": ("get_execution_history", execution),
        "states:StopExecution": ("stop_execution", execution),
        "states:RedriveExecution": ("redrive_execution", execution),
    }
    for action in policy.actions(settings):
        if action in calls:
            operation, parameters = calls[action]
            yield _permission(action, lambda: api.request(operation, **parameters))  # noqa: B023 - called at once
        elif action != "sts:AssumeRole":
            yield Step(f"permission {action}", holds=None, message="only a start can tell")


def _permission(action: str, call: Callable[[], object]) -> Step:
    try:
        call()
    except RequestRefused:
        pass  # there is no such execution: who isn't allowed to ask doesn't learn that
    except AccessDenied as error:
        return Step(f"permission {action}", holds=False, message=str(error), mend=_allow(action))
    except (AuthenticationFailed, StopRequested):
        raise
    except JobError as error:
        return Step(f"permission {action}", holds=None, message=str(error))
    return Step(f"permission {action}", holds=True, message="allowed")


def _allow(action: str) -> str:
    return f"Allow {action}: --iam-policy prints all that this configuration needs."
