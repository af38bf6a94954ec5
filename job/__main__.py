"""``python -m job``."""

import gc
import resource
import sys

from job.signals import Stop


def run() -> int:
    """Listen to signals before anything else, because a signal to PID 1 that nobody listens to is lost."""
    stop = Stop()
    stop.install()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold every secret
    gc.disable()  # what start-up makes is there to stay; collecting is for a long wait, see `job.running`
    from job.imports import postponed_patterns, without  # noqa: PLC0415 - as the next one

    with postponed_patterns(), without("dotenv.main"):  # with which environs reads .env files
        from job.app import main  # noqa: PLC0415 - takes some 0.1 s, in which a signal may come

    code = main(stop)
    gc.freeze()  # or Python looks through it all once more before it exits
    return code


if __name__ == "__main__":
    sys.exit(run())
