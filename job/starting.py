"""Starting exactly once (contract 3): by name, and by what SFN_RERUN says where that name has run before."""

import logging
import time
import uuid
from contextlib import suppress
from dataclasses import replace

from job import executions, naming
from job.aws.api import Api
from job.claiming import ANSWER_GRACE, SHOWING, Claims
from job.counting import Counts
from job.errors import AnswerLost, ExecutionNameTaken, ExecutionNotRedrivable, JobError, StopRequested
from job.execution import Execution
from job.machines import StateMachine
from job.rerun import POLICIES, Action
from job.retries import Retries
from job.run import Run
from job.settings import Settings
from job.signals import Stop

log = logging.getLogger(__name__)


class Starter:
    """Gets one run its execution, and writes it into the run."""

    def __init__(
        self,
        api: Api,
        settings: Settings,
        machine: StateMachine,
        base: str | None,
        run: Run,
        stop: Stop,
        retries: Retries,
    ) -> None:
        """``base``: the base of the run's names; None for a run that has no name, and so gets a new one.

        ``retries``: the window in which passing faults are ridden out, SFN_RETRY_WINDOW.
        """
        self._api = api
        self._base = base or naming.fresh_base()
        self._policy = POLICIES[settings.rerun]
        self._shares = self._policy.shares and base is not None
        self._run = run
        self._stop = stop
        self._retries = retries
        self._counts = Counts(api, settings.state_machine_arn, self._base, retries)
        self._claims = Claims(
            api, settings, machine, self._base, run, stop, retries, unique=base is None, shares=self._shares
        )
        self._began = time.time()

    def begin(self) -> None:
        """Start, join or redrive the run's execution, as SFN_RERUN says."""
        newest = self._counts.listed() if self._shares else 0
        if newest:
            newest = self._counts.newest(newest)
        patience = SHOWING  # for an execution that AWS has listed and doesn't show: it may be new, or deleted
        looked = 0.0
        while True:
            found = self._look(newest, patience) if self._shares and newest else None
            action = self._action(found)
            if found and action is Action.REDRIVE:
                action = self._redrive(found, newest)
            if found and action is Action.JOIN:
                self._join(found, newest)
            if action is not Action.START or self._claims.claim(newest + 1, looked):
                return
            if self._policy.running is Action.REFUSE:
                name = naming.counted(self._base, newest + 1)
                raise ExecutionNameTaken(f"SFN_EXECUTION_NAME: {name} exists already, and SFN_RERUN is fail.")
            looked = time.time()
            newest = self._counts.newest(max(newest + 1, self._counts.listed()))
            patience = self._claims.patience  # for one of which AWS has just said that it has the name

    def _action(self, found: Execution | None) -> Action:
        """Return what the policy says; but what began after this process is this attempt's, however it has ended.

        It is a twin of this process that started it, or this process itself, whose answer was lost.
        """
        action = self._policy.action(found)
        if found and action is not Action.JOIN and not self._claims.precedes(found, self._began, in_doubt=False):
            return Action.JOIN
        return action

    def _look(self, count: int, patience: float) -> Execution | None:
        execution = self._claims.describe(count, patience=patience)
        if execution and not self._claims.has_our_input(execution):
            log.warning("this run's execution has another input", extra={"execution_arn": execution.execution_arn})
        return execution

    def _join(self, execution: Execution, count: int) -> None:
        """Take an execution that another process started; or this one, unheard."""
        self._run.resumed = self._run.in_doubt != execution.name
        self._run.in_doubt, self._run.execution, self._run.count = None, execution, count

    def _redrive(self, execution: Execution, count: int) -> Action:
        """Run the execution again from where it failed; return REDRIVE, or START where AWS doesn't allow it."""
        # The same for all who want this very redrive, so that AWS takes a twin's request, or a repeated one, for one.
        token = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{execution.execution_arn}/{execution.redrive_count}"))
        redriven = replace(execution, status="RUNNING", stop_date=None, error=None, cause=None)
        self._join(execution, count)  # an earlier attempt's, whatever comes of this
        try:
            with self._stop.patient(ANSWER_GRACE):
                self._retries.ask(lambda: executions.redrive(self._api, execution.execution_arn, token))
        except JobError as error:
            if isinstance(error, ExecutionNotRedrivable) or type(error) is JobError:  # which AWS doesn't know at all
                log.warning("can't be redriven, starting the next count", extra={"reason": str(error)})
                self._run.resumed, self._run.execution = False, None
                return Action.START
            lost, seen = isinstance(error, (AnswerLost, StopRequested)), None
            self._run.in_doubt = execution.name if lost else None
            with suppress(JobError), self._stop.patient(2 * ANSWER_GRACE):
                seen, _ = self._retries.ask(lambda: executions.describe(self._api, execution.execution_arn))
            if seen is None or seen.redrive_count == execution.redrive_count:
                raise
            redriven = seen
        self._join(redriven, count)
        self._run.redrives = execution.redrive_count + 1
        return Action.REDRIVE
