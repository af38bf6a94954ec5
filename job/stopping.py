"""Stopping the execution when the run ends before it: SFN_ON_TERMINATE and SFN_ON_WAIT_TIMEOUT."""

import logging
import time

from job import executions
from job.aws.api import Api
from job.errors import JobError
from job.retries import Retries
from job.run import Run
from job.signals import Stop
from job.waiting import outcome_of

log = logging.getLogger(__name__)

GRACE = 20.0
"""Seconds to have it stopped; in all from a signal on: Kubernetes and ECS end a container 30 s after SIGTERM."""

SETTLING = 5.0
"""Seconds for its end, which AWS shows a moment after it has taken the request; with a signal, of those 20."""

GAP = 0.5
"""Seconds between two looks whether the execution has ended."""


def stop(api: Api, run: Run, stop_request: Stop, error: str, cause: str) -> None:
    """Stop the run's execution, if there is one, and wait for its end; what happened is in the run and in the log."""
    if run.execution is None:
        return
    arn = run.execution.execution_arn
    try:
        with stop_request.patient(GRACE):
            with stop_request.within(GRACE):
                Retries(GRACE, stop_request, time.monotonic).ask(lambda: executions.stop(api, arn, error, cause))
            run.told_to_stop = True
            with stop_request.within(SETTLING):
                _see_the_end(api, run, stop_request, arn)
    except JobError as failed:
        event = "the end of the execution can't be seen" if run.told_to_stop else "the execution can't be stopped"
        log.warning(event, extra={"reason": str(failed)})


def _see_the_end(api: Api, run: Run, stop_request: Stop, arn: str) -> None:
    end = time.monotonic() + SETTLING
    retries = Retries(SETTLING, stop_request, time.monotonic)
    while outcome_of(run.known().status) is None and time.monotonic() < end:
        run.execution, _ = retries.ask(lambda: executions.describe(api, arn))
        if outcome_of(run.known().status) is None:
            stop_request.sleep(GAP)
