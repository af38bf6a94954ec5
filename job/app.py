"""The story: environment → settings → client → execution → outcome → result document → exit status."""

import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from typing import Any, TextIO, cast

import job
from job import loading, logs, policy, result, usage
from job.errors import ExecutionNotFound, InvalidSettings, JobError, Problem, sentences
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
    this = _Process(stop)
    if arguments == ["--iam-policy"] and not this.loaded.problems:
        print(json.dumps(policy.document(this.loaded.settings), indent=2))
        return Outcome.SUCCESS
    if arguments == ["--check"]:
        return this.check()
    return this.carry_out([argument for argument in arguments if argument != "--iam-policy"])


class _Process:
    """What the process was told, and the one place that turns however it ends into its exit status."""

    def __init__(self, stop: Stop) -> None:
        """Take everything from the environment; the log works from now on."""
        self.loaded = loading.load(os.environ)
        self._stop = stop
        self._run = Run()
        self._redact = logs.Redactor(self.loaded.secrets)
        settings = self.loaded.settings
        # Python has no standard stream where its descriptor was closed, whatever the types say.
        self._stdout, stderr = cast("TextIO | None", sys.stdout), cast("TextIO | None", sys.stderr)
        self._terminal = logs.configure(settings.log_level, settings.log_format, stderr, self._redact, self._run)
        for variable, nearest in loading.unknown_variables(os.environ):
            log.warning("unknown variable", extra={"variable": variable, "nearest": nearest})
        self._outputs = Outputs(settings, self._stdout.fileno() if self._stdout else None)
        self._problems = [*self.loaded.problems, *self._outputs.problems()]

    def carry_out(self, wrong_arguments: Sequence[str]) -> Outcome:
        """Carry the run out, if nothing is wrong with what was told."""
        self._problems[:0] = [Problem(argument, "is not an argument: see --help") for argument in wrong_arguments]
        runner = Runner(self.loaded.settings, os.environ, self._run, self._stop, self._redact.learn, self._watch)
        outcome, sentence = self._ended(runner.carry_out)
        return self._leave(outcome, sentence, runner)

    def check(self) -> Outcome:
        """Find out whether a run would work; see `job.check`."""
        from job import check  # noqa: PLC0415 - start-up is paid by everybody

        steps = [
            check.Step("variables", holds=False, message=f"{problem.variable} {problem.message}")
            for problem in self._problems
        ]
        checking = check.Check(self.loaded.settings, os.environ, self._stop, self._redact.learn, steps)
        outcome, sentence = self._ended(checking.carry_out)
        as_text = self.loaded.settings.log_format == "text" or (
            self.loaded.settings.log_format == "auto" and self._stdout is not None and self._stdout.isatty()
        )
        if as_text and not self.loaded.settings.result_path:
            print(self._redact(check.text(steps)))
            return outcome
        return self._leave(outcome, sentence, None, checks=[step._asdict() for step in steps])

    def _ended(self, undertaking: Callable[[], tuple[Outcome, str]]) -> tuple[Outcome, str]:
        """Return how the undertaking ended, and the sentence that says so."""
        try:
            if self._problems:
                raise InvalidSettings(self._problems)  # noqa: TRY301 - one place turns errors into outcomes
            return undertaking()
        except JobError as error:
            if error.detail:
                log.error("account refused", extra={"reason": error.detail})  # noqa: TRY400 - the stack is for DEBUG
            log.debug("stack", exc_info=True)
            gone = isinstance(error, ExecutionNotFound)
            return error.outcome, sentences(str(error), "" if gone else self._left_behind())
        except Exception as error:
            log.debug("stack", exc_info=True)
            return Outcome.FAIL, sentences(f"Unexpected {type(error).__name__}: {error}", self._left_behind())

    def _left_behind(self) -> str:
        """Say what a run that ended before its execution leaves behind."""
        run = self._run
        if run.in_doubt:
            return f"The execution {run.in_doubt} may have been started: look for it before you run this again."
        if run.execution and run.execution.status in SAID_AFTER_ALL:
            running = run.execution.status == "RUNNING"
            said = "was told to stop" if running and run.told_to_stop else SAID_AFTER_ALL[run.execution.status]
            return f"The execution {run.execution.name} {said}."
        return ""

    def _leave(self, outcome: Outcome, sentence: str, runner: Runner | None, **more: Any) -> Outcome:
        """Write what the job leaves behind, and the last line of the log. A ``runner`` knows the report's timeline."""

        def document() -> dict[str, Any]:
            masked = self.loaded.settings.mask_data
            made = result.document(
                outcome, self._redact(sentence), self.loaded.fields, self._run, self._problems, masked=masked
            )
            return made | more

        try:
            self._outputs.write_result(document())
        except OSError as error:
            log.error("the result can't be written", extra={"reason": str(error)})  # noqa: TRY400 - the reason is all
            if outcome is Outcome.SUCCESS:
                outcome, sentence = Outcome.FAIL, f"{sentence} But the result can't be written: {error}."
            with suppress(OSError):  # there is no third place
                self._outputs.write_to_standard_output(document())
        self._outputs.write_copy(document())
        if runner:
            self._outputs.write_report(lambda: self._report(document(), runner))
        log.log(
            logging.INFO if outcome is Outcome.SUCCESS else logging.ERROR,
            "finished",
            extra={"exit_code": int(outcome), "status_description": f"{outcome.status}: {sentence}"},
        )
        return outcome

    def _report(self, document: dict[str, Any], runner: Runner) -> str:
        from job.report.page import html  # noqa: PLC0415 - start-up is paid by everybody

        timeline, reason = runner.timeline()
        settings = self.loaded.settings
        data = settings.report_data and not settings.mask_data
        return html(document, timeline, now=datetime.now().astimezone(), reason=self._redact(reason), data=data)

    def _watch(self) -> AbstractContextManager[None]:
        """Show the run to who looks on, if anybody does."""
        if self._terminal is None:
            return nullcontext()
        from job import live  # noqa: PLC0415 - start-up is paid by everybody

        return live.shown(self._run, self._terminal, self._redact)
