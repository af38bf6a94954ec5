"""The story: environment → settings → client → execution → outcome → result document → exit status."""

import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TextIO, cast

import job
from job import aws, executions, history, loading, logs, naming, result, stopping, usage
from job.aws import Api
from job.errors import InvalidSettings, JobError, Problem, StopRequested, WaitTimeout
from job.executions import Execution
from job.loading import Settings
from job.outcomes import Outcome
from job.result import Destination
from job.retries import Retries
from job.run import Run
from job.schedule import Schedule
from job.signals import Stop
from job.starting import Starter
from job.waiting import Limits, outcome_of, wait

log = logging.getLogger(__name__)

SUCCESS = "AWS Stepfunctions workflow executed successfully."
"""The contract's sentence (section 2)."""

OUTAGE_WINDOWS = 10
"""A wait rides out passing faults for so many times SFN_RETRY_WINDOW (contract 1)."""

THROTTLING_WINDOWS = 20
"""And throttling, in which AWS does answer: of 10,000 jobs in one account each has its turn within 20 minutes."""

LONGEST_SENTENCE = 1000
"""Characters; the result has error and cause whole."""

SAID_AFTER_ALL = {"RUNNING": "goes on", "ABORTED": "was stopped"}
"""What is said of the execution where the run ends before it, by its status."""


def main(stop: Stop) -> int:
    """Run the job by the process's arguments and environment; return the exit status."""
    arguments = sys.argv[1:]
    if arguments == ["--help"]:
        print(usage.text())
        return Outcome.SUCCESS
    if arguments == ["--version"]:
        print("sfn-job", job.__version__)
        return Outcome.SUCCESS

    loaded, run = loading.load(os.environ), Run()
    settings, redact = loaded.settings, logs.Redactor(loaded.secrets)
    # Python has no standard stream where its descriptor was closed, whatever the types say.
    standard_output, standard_error = cast("TextIO | None", sys.stdout), cast("TextIO | None", sys.stderr)
    logs.configure(settings.log_level, settings.log_format, standard_error, redact, run)
    for variable, nearest in loading.unknown_variables(os.environ):
        log.warning("unknown variable", extra={"variable": variable, "nearest": nearest})
    destination = Destination(settings.result_path, standard_output.fileno() if standard_output else None)
    problems = [
        *(Problem(argument, "is not an argument: see --help") for argument in arguments),
        *loaded.problems,
        *destination.problems(),
    ]

    outcome, sentence = _attempt(settings, run, stop, problems, redact)

    def document() -> dict[str, Any]:
        return result.document(outcome, redact(sentence), loaded.fields, run, problems, masked=settings.mask_data)

    try:
        destination.write(document())
    except OSError as error:
        log.error("the result can't be written", extra={"reason": str(error)})  # noqa: TRY400 - the reason is all
        if outcome is Outcome.SUCCESS:
            outcome, sentence = Outcome.FAIL, f"{sentence} But the result can't be written: {error}."
        with suppress(OSError):  # there is no third place
            destination.write_to_standard_output(document())
    log.log(
        logging.INFO if outcome is Outcome.SUCCESS else logging.ERROR,
        "finished",
        extra={"exit_code": int(outcome), "status_description": f"{outcome.status}: {sentence}"},
    )
    return outcome


def _attempt(
    settings: Settings, run: Run, stop: Stop, problems: Sequence[Problem], redact: logs.Redactor
) -> tuple[Outcome, str]:
    """Carry the run out, and return how it ended and the sentence that says so."""
    try:
        if problems:
            raise InvalidSettings(problems)  # noqa: TRY301 - one place turns errors into outcomes
        return _carry_out(settings, run, stop, redact)
    except JobError as error:
        if error.detail:
            log.error("account refused", extra={"reason": error.detail})  # noqa: TRY400 - the stack is for DEBUG
        log.debug("stack", exc_info=True)
        outcome, sentence = error.outcome, str(error)
    except Exception as error:
        log.debug("stack", exc_info=True)
        outcome, sentence = Outcome.FAIL, f"Unexpected {type(error).__name__}: {error}"
    if run.in_doubt:
        sentence += f" The execution {run.in_doubt} may have been started: look for it before you run this again."
    elif run.execution and run.execution.status in SAID_AFTER_ALL:
        sentence += f" The execution {run.execution.name} {SAID_AFTER_ALL[run.execution.status]}."
    return outcome, sentence


def _carry_out(settings: Settings, run: Run, stop: Stop, redact: logs.Redactor) -> tuple[Outcome, str]:
    retries = Retries(settings.retry_window, stop, time.monotonic)
    api = retries.ask(lambda: aws.connect(settings, os.environ, stop, redact.learn))
    try:
        execution = _begin(api, settings, run, stop, retries)
        outcome = outcome_of(execution.status)
        if outcome is None and settings.wait_for_success_or_failure:
            outcome = _wait(api, settings, run, execution, stop)
    except StopRequested as error:
        if settings.on_terminate == "stop":
            stopping.stop(api, run, stop, "SfnJob.Terminated", f"sfn-job got a signal and was told to stop: {error}")
        raise
    except WaitTimeout as error:
        if settings.on_wait_timeout == "stop":
            stopping.stop(api, run, stop, "SfnJob.WaitTimeout", f"sfn-job was told to stop: {error}")
        raise
    if outcome in {None, Outcome.SUCCESS}:
        return Outcome.SUCCESS, SUCCESS
    try:
        explaining = Retries(settings.retry_window, stop, time.monotonic)
        run.failure = explaining.ask(lambda: history.explain(api, execution.execution_arn))
    except JobError as error:
        log.warning("the history can't be read", extra={"reason": str(error)})
    return outcome, _sentence(run.known(), run.failure or history.Failure())


def _begin(api: Api, settings: Settings, run: Run, stop: Stop, retries: Retries) -> Execution:
    index = os.environ.get("JOB_COMPLETION_INDEX") or os.environ.get("AWS_BATCH_JOB_ARRAY_INDEX")
    base = naming.base(settings.execution_name, settings.run_id, index)
    Starter(api, settings, base, run, stop, retries).begin()
    execution = run.known()
    log.info(
        "resumed" if run.resumed else "started",
        extra={"execution_arn": execution.execution_arn, "run_count": run.count},
    )
    stop.check()  # a signal may have come while the start's answer was worth a moment
    return execution


def _wait(api: Api, settings: Settings, run: Run, execution: Execution, stop: Stop) -> Outcome:
    def look() -> Execution:
        seen, _ = executions.describe(api, execution.execution_arn)
        if seen.redrive_count < run.redrives:
            seen = replace(seen, status="RUNNING")  # from before the redrive, which doesn't show everywhere yet
        run.execution = seen
        return seen

    return wait(
        look,
        Schedule(settings.polling_interval),
        Limits(
            wait=settings.wait_timeout,
            outage=OUTAGE_WINDOWS * settings.retry_window,
            throttling=THROTTLING_WINDOWS * settings.retry_window,
        ),
        stop,
        time.monotonic,
        age=max(0.0, time.time() - execution.start_date.timestamp()) if run.resumed else 0.0,
    )


def _sentence(execution: Execution, failure: history.Failure) -> str:
    """Say in one line how the execution ended, in which state, and why."""
    place = f" in state {failure.state} ({failure.type})" if failure.state else ""
    verb = "was " if execution.status == "ABORTED" else ""
    reasons = [execution.error or failure.error, " ".join((execution.cause or failure.cause or "").split())]
    return ": ".join(filter(None, [f"The execution {verb}{execution.status}{place}", *reasons]))[:LONGEST_SENTENCE]
