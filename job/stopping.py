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
"""Seconds in all, from the signal on: Kubernetes and ECS end a container 30 s after SIGTERM."""

GAP = 0.5
"""Seconds between two looks whether the execution has ended."""


def stop(api: Api, run: Run, stop_request: Stop, error: str, cause: str) -> None:
    """Stop the run's execution, if there is one, and wait for its end; what happened is in the run and in the log."""
    if run.execution is None:
        return
    arn = run.execution.execution_arn
    retries = Retries(GRACE, stop_request, time.monotonic)
    end = time.monotonic() + GRACE
    try:
        with stop_request.patient(GRACE):
            retries.ask(lambda: executions.stop(api, arn, error, cause))
            while outcome_of(run.known().status) is None and time.monotonic() < end:
                run.execution, _ = retries.ask(lambda: executions.describe(api, arn))
                if outcome_of(run.known().status) is None:
                    stop_request.sleep(GAP)
    except JobError as failed:
        log.warning("the execution can't be stopped", extra={"reason": str(failed)})
