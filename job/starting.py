"""Starting exactly once (contract 3): by name, and by what SFN_RERUN says where that name has run before."""

import logging
import time
import uuid
from contextlib import suppress
from dataclasses import replace

from job import executions, naming
from job.aws import Answer, Api
from job.clocks import ServerClock
from job.counting import Counts
from job.errors import (
    AnswerLost,
    ExecutionNameTaken,
    ExecutionNotFound,
    ExecutionNotRedrivable,
    JobError,
    RequestRefused,
    StopRequested,
)
from job.executions import Execution
from job.loading import Settings
from job.rerun import POLICIES, Action
from job.retries import Retries
from job.run import Run
from job.signals import Stop

log = logging.getLogger(__name__)

ANSWER_GRACE = 5.0
"""Seconds that the answer of a start may still take after a signal; as many again to look what became of the start."""

TELLING_ANSWERS = 8
"""Answers asked for to tell whose a very young execution is; each halves what is unknown of the server's clock."""


class Starter:
    """Gets one run its execution, and writes it into the run."""

    def __init__(self, api: Api, settings: Settings, base: str | None, run: Run, stop: Stop, retries: Retries) -> None:
        """``base``: the base of the run's names; None for a run that has no name, and so gets a new one.

        ``retries``: the window in which passing faults are ridden out, SFN_RETRY_WINDOW.
        """
        self._api = api
        self._settings = settings
        self._unique = base is None
        self._base = base or f"sfn-job-{uuid.uuid4()}"
        self._policy = POLICIES[settings.rerun]
        self._run = run
        self._stop = stop
        self._retries = retries
        self._counts = Counts(api, settings.state_machine_arn, self._base, retries)
        self._clock = ServerClock()
        self._began = time.time()

    def begin(self) -> None:
        """Start, join or redrive the run's execution, as SFN_RERUN says."""
        shares = self._policy.shares and not self._unique
        newest = self._counts.listed() if shares else 0
        if newest:
            newest = self._counts.newest(newest)
        while True:
            found = self._look(newest) if shares and newest else None
            action = self._policy.action(found)
            if found and action is not Action.JOIN and self._clock.preceded(_seconds(found), self._began) is not True:
                action = (
                    Action.JOIN
                )  # begun while we were deciding to begin it: a twin of this process, or a lost answer
            if found and action is Action.REDRIVE:
                action = self._redrive(found, newest)
            if found and action is Action.JOIN:
                self._join(found, newest)
            if action is not Action.START or self._claim(newest + 1):
                return
            if self._policy.running is Action.REFUSE:
                name = naming.counted(self._base, newest + 1)
                raise ExecutionNameTaken(f"SFN_EXECUTION_NAME: {name} exists already, and SFN_RERUN is fail.")
            newest = self._counts.newest(max(newest + 1, self._counts.listed()))

    def _look(self, count: int) -> Execution | None:
        """Return the execution of this count as it is now; None where it is gone."""
        arn = naming.execution_arn(self._settings.state_machine_arn, naming.counted(self._base, count))
        try:
            execution, answer = self._retries.ask(lambda: executions.describe(self._api, arn))
        except ExecutionNotFound:
            return None
        self._clock.observe(answer)
        if not self._has_our_input(execution):
            log.warning("this run's execution has another input", extra={"execution_arn": execution.execution_arn})
        return execution

    def _join(self, execution: Execution, count: int) -> None:
        """Take an execution that another process started; or this one, unheard."""
        self._run.resumed = self._run.in_doubt != execution.name
        self._run.in_doubt, self._run.execution, self._run.count = None, execution, count

    def _redrive(self, execution: Execution, count: int) -> Action:
        """Run the execution again from where it failed; return JOIN, or START where AWS doesn't allow it."""
        # The same for all who want this very redrive, so that AWS takes a twin's request, or a repeated one, for one.
        token = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{execution.execution_arn}/{execution.redrive_count}"))
        try:
            with self._stop.patient(ANSWER_GRACE):
                self._retries.ask(lambda: executions.redrive(self._api, execution.execution_arn, token))
        except ExecutionNotRedrivable as error:
            log.warning("can't be redriven, starting the next count", extra={"reason": str(error)})
            return Action.START
        self._join(replace(execution, status="RUNNING", stop_date=None, error=None, cause=None), count)
        self._run.redrives = execution.redrive_count + 1
        return Action.REDRIVE

    def _claim(self, count: int) -> bool:
        """Ask for one name until there is an answer; return whether its execution is this run's."""
        name = naming.counted(self._base, count)
        if len(name) > naming.LONGEST:
            raise RequestRefused(f"SFN_EXECUTION_NAME is too long: {name} has more than {naming.LONGEST} characters.")
        first_sent = None  # when the first request left that may have been carried out
        while True:
            sent = time.time()
            try:
                with self._stop.patient(ANSWER_GRACE):
                    execution, answer = executions.start(
                        self._api, self._settings.state_machine_arn, name, self._settings.input
                    )
            except ExecutionNameTaken:
                return first_sent is not None and self._started_unheard(name, count, first_sent)
            except JobError as error:
                if isinstance(error, (AnswerLost, StopRequested)):
                    self._run.in_doubt, first_sent = name, first_sent or sent
                try:
                    self._retries.pause(error)
                except JobError:
                    unheard = False
                    with suppress(JobError), self._stop.patient(2 * ANSWER_GRACE):
                        unheard = first_sent is not None and self._started_unheard(name, count, first_sent)
                    if not unheard:
                        raise
                    self._stop.check()
                    return True
            else:
                return self._settle(execution, count, answer, first_sent or sent)

    def _started_unheard(self, name: str, count: int, first_sent: float) -> bool:
        """Look whether the execution of this name is what a request of ours, whose answer was lost, started."""
        arn = naming.execution_arn(self._settings.state_machine_arn, name)
        try:
            execution, answer = self._retries.ask(lambda: executions.describe(self._api, arn))
        except ExecutionNotFound:
            self._run.in_doubt = None
            return False
        return self._has_our_input(execution) and self._settle(execution, count, answer, first_sent)

    def _has_our_input(self, execution: Execution) -> bool:
        return (execution.input or "{}") == (self._settings.input or "{}")

    def _settle(self, execution: Execution, count: int, answer: Answer, sent: float) -> bool:
        """Take the execution for this run's; return False where it is another's, older than the request ``sent``."""
        self._clock.observe(answer)
        self._run.in_doubt, self._run.execution, self._run.count = None, execution, count
        if self._unique:
            return True
        if self._policy.shares:
            self._run.resumed = self._clock.preceded(_seconds(execution), sent) is True
            return True
        if self._precedes(execution, sent):
            self._run.execution = None
            return False
        return True

    def _precedes(self, execution: Execution, sent: float) -> bool:
        """Return whether the execution was there before ``sent``. Asks for further dates where clocks leave a doubt.

        What remains in doubt after that is this run's: it is the same name and input within a moment, which AWS itself
        takes for one request (docs/guarantees.md).
        """
        for _ in range(TELLING_ANSWERS):
            verdict = self._clock.preceded(_seconds(execution), sent)
            if verdict is not None:
                return verdict
            self._stop.sleep(self._clock.telling_moment(time.time()) - time.time())
            _, answer = self._retries.ask(lambda: executions.describe(self._api, execution.execution_arn))
            self._clock.observe(answer)
        return False


def _seconds(execution: Execution) -> float:
    return execution.start_date.timestamp()
