"""What the job leaves behind: the result document, its short copy for the platform, and the report."""

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from job import files, result
from job.errors import Problem
from job.files import File
from job.settings import Settings

log = logging.getLogger(__name__)

TERMINATION_LOG = "/dev/termination-log"
"""Where Kubernetes reads a container's termination message from."""


class Outputs:
    """Knows where everything goes, and finds out before anything is started whether it can go there."""

    def __init__(self, settings: Settings, standard_output: int | None) -> None:
        """``standard_output``: its file descriptor; None where that is closed."""
        self._standard_output = standard_output
        self._result = settings.result_path and File("SFN_RESULT_PATH", settings.result_path)
        self._report = settings.report_path and File("SFN_REPORT_PATH", settings.report_path)
        self._given = [settings.result_path, settings.report_path, settings.termination_log]
        termination_log = settings.termination_log or (TERMINATION_LOG if os.path.exists(TERMINATION_LOG) else None)
        self._termination_log = termination_log and File("SFN_TERMINATION_LOG", termination_log)

    def problems(self) -> list[Problem]:
        """Return what would keep something that was asked for from being written."""
        found = []
        if not self._result and self._standard_output is None:
            found.append(Problem("SFN_RESULT_PATH", "is required: stdout is closed"))
        places = zip(self._given, [self._result, self._report, self._termination_log], strict=True)
        return found + [problem for given, place in places if given and place for problem in place.problems()]

    def write_result(self, document: Mapping[str, Any]) -> None:
        """Write the document whole or not at all; raises OSError."""
        if self._result:
            self._result.write(result.encoded(document))
        else:
            self.write_to_standard_output(document)

    def write_to_standard_output(self, document: Mapping[str, Any]) -> None:
        """Write the document there, wherever it should have gone; raises OSError."""
        if self._standard_output is None:
            raise OSError("standard output is closed")
        files.write(self._standard_output, result.encoded(document))

    def write_copy(self, document: Mapping[str, Any]) -> None:
        """Write the termination log; that it can't be written is only logged, because the result is there."""
        if self._termination_log:
            try:
                self._termination_log.write(result.shortened(document))
            except OSError as error:
                log.warning("the termination log can't be written", extra={"reason": str(error)})

    def write_report(self, make: Callable[[], str]) -> None:
        """Write the report, if one is asked for; that it can't be is only logged, because the result is there."""
        if self._report:
            try:
                self._report.write(make().encode())
            except Exception as error:  # a report that can't be drawn must not change how the run has ended
                log.warning("the report can't be written", extra={"reason": f"{type(error).__name__}: {error}"})
                log.debug("stack", exc_info=True)
