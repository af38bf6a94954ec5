"""The result document (contract 2): made from what the run reached, and written whole or not at all."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import job
from job import naming
from job.errors import Problem
from job.history import Failure
from job.outcomes import Outcome
from job.run import Run
from job.secrets import MASK

VARIABLE = "SFN_RESULT_PATH"


def document(
    outcome: Outcome, sentence: str, fields: Mapping[str, Any], run: Run, problems: Sequence[Problem], *, masked: bool
) -> dict[str, Any]:
    """Return the document. ``fields`` are already masked; ``masked`` hides the output."""
    made = {
        "exit_code": int(outcome),
        "status_description": f"{outcome.status}: {sentence}",
        "changed": run.execution is not None,
        "invocation": {"extension": "sfn-job", "version": job.__version__, "fields": dict(fields)},
        "result": _result(run, masked=masked),
    }
    if problems:
        made["errors"] = [problem._asdict() for problem in problems]
    return made


def _result(run: Run, *, masked: bool) -> dict[str, Any] | None:
    execution = run.execution
    if execution is None:
        return None
    failure = run.failure or Failure()
    failed_state = {
        "name": failure.state,
        "type": failure.type,
        "error": failure.error,
        "cause": failure.cause,
        "resource": failure.resource,
    }
    return _without_none(
        {
            "executionArn": execution.execution_arn,
            "stateMachineArn": execution.state_machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": date(execution.start_date),
            "stopDate": execution.stop_date and date(execution.stop_date),
            "output": MASK if masked and execution.output is not None else execution.output,
            "outputDetails": execution.output_details,
            "resumed": run.resumed,
            "runCount": run.count,
            "consoleUrl": naming.console_url(execution.execution_arn),
            "error": execution.error or failure.error,
            "cause": execution.cause or failure.cause,
            "failedState": _without_none(failed_state) if failure.state else None,
        }
    )


def _without_none(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}


def date(moment: datetime) -> str:
    """Return ``2023-08-15 16:27:58.977000+03:00``: six digits of fraction, in the process's time zone."""
    return moment.astimezone().isoformat(sep=" ", timespec="microseconds")


def encoded(made: Mapping[str, Any]) -> bytes:
    """Return the document as one line of UTF-8; a lone surrogate, which that can't hold, becomes JSON's escape."""
    return json.dumps(made, ensure_ascii=False, allow_nan=False).encode(errors="backslashreplace") + b"\n"


class Destination:
    """Where the document goes: a file, or else standard output."""

    def __init__(self, path: str | None, standard_output: int | None) -> None:
        """Take SFN_RESULT_PATH and standard output's file descriptor; None where that is closed."""
        # A link to a file stays one, and its target is replaced. A link to a pipe, as /dev/stdout is, has no target.
        self._path = os.path.realpath(path) if path and not _special(path) else path
        self._standard_output = standard_output

    def problems(self) -> list[Problem]:
        """Return, before anything is started, what would keep the document from being written."""
        if self._path is None:
            return [] if self._standard_output is not None else [Problem(VARIABLE, "is required: stdout is closed")]
        try:
            if os.path.isdir(self._path):
                return [Problem(VARIABLE, "names a directory")]
            if not (os.path.exists(self._path) and os.access(self._path, os.W_OK)):
                os.close(os.open(self._partial, os.O_WRONLY | os.O_CREAT, 0o666))
                os.unlink(self._partial)
        except OSError as error:
            return [Problem(VARIABLE, f"can't be written: {error.strerror}")]
        return []

    def write(self, made: Mapping[str, Any]) -> None:
        """Write the document whole or not at all; raises OSError."""
        if self._path is None:
            self.write_to_standard_output(made)
        elif _special(self._path):
            self._write_in_place(encoded(made))  # a pipe or device keeps its place
        else:
            self._replace(encoded(made))

    def write_to_standard_output(self, made: Mapping[str, Any]) -> None:
        """Write the document to standard output; raises OSError."""
        if self._standard_output is None:
            raise OSError("standard output is closed")
        _write(self._standard_output, encoded(made))

    @property
    def _partial(self) -> str:
        return f"{self._path}.{os.getpid()}.partial"

    def _replace(self, content: bytes) -> None:
        try:
            descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            try:
                _write(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(self._partial, str(self._path))
        except OSError:
            with suppress(OSError):
                os.unlink(self._partial)
            # A file mounted by itself can be neither replaced nor have a neighbour. A full disk fails here again.
            if not os.path.ismount(str(self._path)):
                raise
            self._write_in_place(content)

    def _write_in_place(self, content: bytes) -> None:
        descriptor = os.open(str(self._path), os.O_WRONLY | os.O_TRUNC)
        try:
            _write(descriptor, content)
        finally:
            os.close(descriptor)


def _special(path: str) -> bool:
    """Return whether something is there that can't be replaced, such as a pipe or a device."""
    return os.path.exists(path) and not os.path.isfile(path)


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
