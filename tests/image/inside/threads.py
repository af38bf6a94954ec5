"""Run in the image: exit while a daemon thread is busy. Python then has it ended by glibc, which needs a library."""

import sys
import threading
import time
from collections.abc import Callable


class SlowEnd:
    """Keeps Python in its last steps long enough for the thread to wake up and be ended."""

    def __del__(self, sleep: Callable[[float], None] = time.sleep) -> None:  # an argument, for modules are gone by then
        sleep(0.3)


def busy() -> None:
    while True:
        time.sleep(0.01)


threading.Thread(target=busy, daemon=True).start()
sys.slow_end = SlowEnd()  # type: ignore[attr-defined] # the last module that Python takes down
