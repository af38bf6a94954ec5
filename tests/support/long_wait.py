"""`python -m tests.support.long_wait CHECKS`: the job, on a clock that jumps, until it has slept so often.

Its sleeps take no time, and are over on its clock; all else is real. Then a signal ends it. Writes to standard error,
as its last line and as JSON, how far the clock came (seconds), and the memory in use (KiB) after a tenth and at last.
"""

import gc
import json
import os
import signal
import sys
import time
from pathlib import Path

from job.app import main
from job.errors import StopRequested
from job.signals import Stop


class JumpingClock(Stop):
    """A request to stop that comes after so many sleeps."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self.jumped = 0.0
        self.memory: list[int] = []
        self._marks = {checks // 10, checks}
        self._checks = checks
        self._slept = 0
        passing = time.monotonic
        time.monotonic = lambda: passing() + self.jumped

    def sleep(self, seconds: float) -> None:
        self.jumped += seconds
        self._slept += 1
        if self._slept in self._marks:
            self.memory.append(in_use())
        if self._slept == self._checks:
            raise StopRequested(signal.SIGTERM)


def in_use() -> int:
    """Resident KiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


if __name__ == "__main__":
    gc.disable()  # as `job.__main__` does
    clock = JumpingClock(int(sys.argv.pop()))
    code = main(clock)
    print(json.dumps({"elapsed": clock.jumped, "memory": clock.memory}), file=sys.stderr)
    sys.exit(code)
