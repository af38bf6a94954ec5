"""Which counts of a base name are taken, found in a number of requests that doesn't grow with them (contract 3)."""

import logging

from job import executions, naming
from job.aws.api import Api
from job.errors import AccessDenied, ExecutionNotFound, JobError, StopRequested
from job.retries import Retries

log = logging.getLogger(__name__)


class Counts:
    """The counts of one base name at one state machine."""

    def __init__(self, api: Api, state_machine_arn: str, base: str, retries: Retries) -> None:
        """Nothing is asked yet."""
        self._api = api
        self._state_machine_arn = state_machine_arn
        self._base = base
        self._retries = retries

    def listed(self) -> int:
        """Return the newest count among the state machine's newest executions; 0 for none.

        A hint: the latest may be missing yet, and a name that hasn't run for long isn't among the newest 1,000.
        """
        try:
            names = self._retries.ask(lambda: executions.newest_names(self._api, self._state_machine_arn))
        except JobError as error:
            if error.transient or isinstance(error, StopRequested):
                raise
            log.warning("executions can't be listed, names are tried instead", extra={"reason": str(error)})
            return 0
        return max((naming.count_of(name, self._base) or 0 for name in names), default=0)

    def newest(self, taken: int) -> int:
        """Return a taken count whose next is free, from ``taken`` on: by doubling steps, then by halving.

        Counts need not be without gaps, because AWS frees a name 90 days after its execution closed. Above a count of
        which is known that it is taken, though, none is older than it. Without the permission to look it is ``taken``.
        """
        try:
            return self._search(taken)
        except AccessDenied as error:
            log.info("executions can't be described, names are tried one by one", extra={"reason": str(error)})
            return taken

    def _search(self, taken: int) -> int:
        step = 1
        while self._exists(taken + step):
            taken, step = taken + step, step * 2
        free = taken + step
        while free - taken > 1:
            middle = (taken + free) // 2
            taken, free = (middle, free) if self._exists(middle) else (taken, middle)
        return taken

    def _exists(self, count: int) -> bool:
        arn = naming.execution_arn(self._state_machine_arn, naming.counted(self._base, count))
        try:
            self._retries.ask(lambda: executions.describe(self._api, arn))
        except ExecutionNotFound:
            return False
        return True
