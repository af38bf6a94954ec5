"""One run: get the execution, wait for it, and say how it ended. `job.app` has what comes before and after."""

import gc
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from job import executions, express, naming, stopping
from job.aws.api import Api, connect
from job.aws.credentials import Learn
from job.errors import AccessDenied, JobError, RequestRefused, StopRequested, WaitTimeout
from job.execution import Execution
from job.history import events
from job.history.explaining import PERMISSION, explain
from job.history.failures import Failure, sentence
from job.machines import StateMachine
from job.outcomes import Outcome
from job.progress import Progress
from job.retries import Retries
from job.run import Run
from job.schedule import Schedule
from job.settings import Settings
from job.signals import Stop
from job.starting import Starter
from job.waiting import Limits, outcome_of, wait

if TYPE_CHECKING:
    from job.report.bars import Timeline

log = logging.getLogger(__name__)

SUCCESS = "AWS Stepfunctions workflow executed successfully."
"""The contract's sentence (section 2)."""

Watch = Callable[[], AbstractContextManager[None]]
"""Shows the run to who looks on, for as long as the context lasts."""


class Runner:
    """Carries out one run; whatever it reaches is in ``run`` at once, so that no end of it is lost."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], run: Run, stop: Stop, learn: Learn, watch: Watch
    ) -> None:
        """Nothing is sent yet. ``learn`` is told every secret that turns up."""
        self._settings = settings
        self._environ = environ
        self._run = run
        self._stop = stop
        self._learn = learn
        self._watch = watch
        self._api: Api | None = None

    def carry_out(self) -> tuple[Outcome, str]:
        """Return how the run ended, and the sentence that says so. Raises `JobError` for every other end."""
        settings, run = self._settings, self._run
        retries = self._window()
        api = self._api = retries.ask(lambda: connect(settings, self._environ, self._stop, self._learn))
        try:
            with self._watch():
                self._begin(api, retries)
                outcome = self._end(api)
        except StopRequested as error:
            if settings.on_terminate == "stop":
                cause = f"sfn-job got a signal and was told to stop: {error}"
                stopping.stop(api, run, self._stop, "SfnJob.Terminated", cause)
            raise
        except WaitTimeout as error:
            if settings.on_wait_timeout == "stop":
                stopping.stop(api, run, self._stop, "SfnJob.WaitTimeout", f"sfn-job was told to stop: {error}")
            raise
        if outcome is None or outcome is Outcome.SUCCESS:
            return Outcome.SUCCESS, SUCCESS
        self._explain(api)
        return outcome, sentence(run.known(), run.failure or Failure())

    def _window(self) -> Retries:
        return Retries(self._settings.retry_window, self._stop, time.monotonic)

    def _begin(self, api: Api, retries: Retries) -> None:
        """Get the run its execution: it goes on, or has ended, as an express one that is waited for always has."""
        settings, run = self._settings, self._run
        base = naming.base(settings.execution_name, settings.run_id, settings.index)
        machine = StateMachine(api, settings, retries)
        finds_again = settings.rerun != "new"
        is_express = (settings.wait_for_success_or_failure or finds_again) and machine.is_express()
        if is_express and finds_again:
            variable = "SFN_RUN_ID" if settings.run_id else "SFN_RERUN"
            raise RequestRefused(f"{variable} {naming.NO_UNIQUE_NAMES}.")
        run.states_known = machine.states
        if is_express:
            express.run(api, settings, base or naming.fresh_base(), run, retries)
        else:
            Starter(api, settings, machine, base, run, self._stop, retries).begin()
        log.info(
            "resumed" if run.resumed else "started",
            extra={"execution_arn": run.known().execution_arn} | ({"run_count": run.count} if run.count else {}),
        )
        self._stop.check()  # a signal may have come while the start's answer was worth a moment

    def _end(self, api: Api) -> Outcome | None:
        """Return how the execution ended, waited for if asked; None where it goes on."""
        execution = self._run.known()
        outcome = outcome_of(execution.status)
        if outcome is not None or not self._settings.wait_for_success_or_failure:
            return outcome
        if naming.is_express(execution.execution_arn):
            raise RequestRefused(
                "SFN_STATE_MACHINE_ARN is an express state machine: it was started, and can't be waited for any more. "
                "Allow states:DescribeStateMachine, or set SFN_STATE_MACHINE_TYPE=express."
            )
        return self._wait(api, execution)

    def _wait(self, api: Api, execution: Execution) -> Outcome:
        settings, run = self._settings, self._run
        gc.freeze()  # what start-up made is there to stay, and needn't be looked through time and again
        gc.enable()
        schedule = Schedule(settings.polling_interval)
        progress = Progress(api, run, time.monotonic)

        def look() -> Execution:
            if schedule.calm and progress.is_due() and progress.goes_on():
                return run.known()
            seen, _ = executions.describe(api, execution.execution_arn)
            if seen.redrive_count < run.redrives:
                seen = replace(seen, status="RUNNING")  # from before the redrive, which doesn't show everywhere yet
            run.execution = seen
            return seen

        return wait(
            look,
            schedule,
            Limits(settings.wait_timeout, settings.retry_window),
            self._stop,
            time.monotonic,
            age=max(0.0, time.time() - execution.start_date.timestamp()) if run.resumed else 0.0,
        )

    def _explain(self, api: Api) -> None:
        """Find out which state failed, as far as the history tells; an express execution has none."""
        arn = self._run.known().execution_arn
        if naming.is_express(arn):
            return
        try:
            self._run.failure = explain(self._patiently(api), arn)
        except JobError as error:
            log.warning("the history can't be read", extra={"reason": str(error)})
            missing = PERMISSION if isinstance(error, AccessDenied) else None
            self._run.failure = Failure(missing=missing)

    def timeline(self) -> "tuple[Timeline | None, str]":
        """Return the execution's timeline for the report; else None, and the reason why there is none."""
        from job.report import timeline  # noqa: PLC0415 - start-up is paid by everybody

        execution = self._run.execution
        if self._api is None or execution is None:
            return None, "No execution was reached."
        if naming.is_express(execution.execution_arn):
            return None, "An express execution has no history that could be asked for."
        try:
            history = events.oldest_first(self._patiently(self._api), execution.execution_arn)
            return timeline.bars(history, self._run.failure.entered if self._run.failure else 0), ""
        except JobError as error:
            return None, f"The history can't be read: {error}"

    def _patiently(self, api: Api) -> events.Ask:
        """Return what asks ``api``, each time within one and the same retry window."""
        retries = self._window()

        def ask(operation: str, **parameters: Any) -> dict[str, Any]:
            return retries.ask(lambda: api.request(operation, **parameters)).body

        return ask
