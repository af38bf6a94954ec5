"""The story: environment → settings → client → execution → outcome → result document → exit status."""

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, TextIO, cast

import job
from job import loading, logs, result, usage
from job.errors import InvalidSettings, JobError, Problem
from job.outcomes import Outcome
from job.outputs import Outputs
from job.run import Run
from job.running import Runner
from job.signals import Stop

log = logging.getLogger(__name__)

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

    for variable in [name for name, value in os.environ.items() if name.startswith("AWS_") and not value]:
        del os.environ[variable]  # unset, as an empty one of ours is; botocore takes some for a value
    loaded, run = loading.load(os.environ), Run()
    settings, redact = loaded.settings, logs.Redactor(loaded.secrets)
    # Python has no standard stream where its descriptor was closed, whatever the types say.
    standard_output, standard_error = cast("TextIO | None", sys.stdout), cast("TextIO | None", sys.stderr)
    terminal = logs.configure(settings.log_level, settings.log_format, standard_error, redact, run)
    for variable, nearest in loading.unknown_variables(os.environ):
        log.warning("unknown variable", extra={"variable": variable, "nearest": nearest})
    outputs = Outputs(settings, standard_output.fileno() if standard_output else None)
    problems = [
        *(Problem(argument, "is not an argument: see --help") for argument in arguments),
        *loaded.problems,
        *outputs.problems(),
    ]

    def watch() -> AbstractContextManager[None]:
        if terminal is None:
            return nullcontext()
        from job import live  # noqa: PLC0415 - for people only

        return live.shown(run, terminal, redact)

    runner = Runner(settings, run, stop, redact.learn, watch)
    outcome, sentence = _attempt(runner, run, problems)

    def document() -> dict[str, Any]:
        return result.document(outcome, redact(sentence), loaded.fields, run, problems, masked=settings.mask_data)

    try:
        outputs.write_result(document())
    except OSError as error:
        log.error("the result can't be written", extra={"reason": str(error)})  # noqa: TRY400 - the reason is all
        if outcome is Outcome.SUCCESS:
            outcome, sentence = Outcome.FAIL, f"{sentence} But the result can't be written: {error}."
        with suppress(OSError):  # there is no third place
            outputs.write_to_standard_output(document())
    outputs.write_copy(document())
    log.log(
        logging.INFO if outcome is Outcome.SUCCESS else logging.ERROR,
        "finished",
        extra={"exit_code": int(outcome), "status_description": f"{outcome.status}: {sentence}"},
    )
    return outcome


def _attempt(runner: Runner, run: Run, problems: Sequence[Problem]) -> tuple[Outcome, str]:
    """Carry the run out, and return how it ended and the sentence that says so."""
    try:
        if problems:
            raise InvalidSettings(problems)  # noqa: TRY301 - one place turns errors into outcomes
        return runner.carry_out()
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
