"""Express state machines with waiting: one StartSyncExecution, whose answer is all there ever is (contract 5)."""

import time

from job import executions, naming
from job.aws.api import Api
from job.errors import AnswerLost, JobError, StopRequested, WaitTimeout
from job.retries import Retries
from job.run import Run
from job.settings import Settings

LONGEST = 300.0
"""Seconds that AWS lets an express execution run. Source: AWS, Step Functions service quotas."""


def run(api: Api, settings: Settings, base: str, run: Run, retries: Retries) -> None:
    """Run one execution to its end, and write it into ``run``.

    A request that surely wasn't carried out is sent again within the retry window. Where the answer is lost nobody can
    tell whether the execution ran: then it is sent once, and ``run.in_doubt`` says so. Raises `WaitTimeout`;
    `StopRequested`; and as `Api.request` does.
    """
    name = naming.counted(base, 1)
    longest = LONGEST + settings.read_timeout
    patient = api.patient(longest if settings.wait_timeout is None else min(longest, settings.wait_timeout))
    while True:
        began = time.monotonic()
        try:
            run.execution = executions.start_sync(
                patient, settings.state_machine_arn, name, settings.input, settings.trace_header
            )
        except (AnswerLost, StopRequested) as error:
            run.in_doubt = name
            limit = settings.wait_timeout
            if isinstance(error, AnswerLost) and limit is not None and time.monotonic() - began >= limit:
                raise WaitTimeout(f"No end within SFN_WAIT_TIMEOUT ({limit:g} s).") from error
            raise
        except JobError as error:
            retries.pause(error)
        else:
            run.count = None
            return
