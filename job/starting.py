"""Starting exactly once (contract 3): a name of our own, and its execution, whatever becomes of the answers."""

import logging
import time
import uuid
from contextlib import suppress

from job import executions, naming
from job.aws import Answer, Api
from job.clocks import ServerClock
from job.errors import AnswerLost, ExecutionNameTaken, ExecutionNotFound, JobError, RequestRefused, StopRequested
from job.executions import Execution
from job.loading import Settings
from job.retries import Retries
from job.run import Run
from job.signals import Stop

log = logging.getLogger(__name__)

ANSWER_GRACE = 5.0
"""Seconds that the answer of a start may still take after a signal; as many again to look what became of the start."""

TELLING_ANSWERS = 8
"""Answers asked for to tell whose a very young execution is; each halves what is unknown of the server's clock."""


class Starter:
    """Starts the execution of one run and writes it into the run."""

    def __init__(self, api: Api, settings: Settings, run: Run, stop: Stop, retries: Retries) -> None:
        """``retries``: the window in which passing faults are ridden out, SFN_RETRY_WINDOW."""
        self._api = api
        self._settings = settings
        self._run = run
        self._stop = stop
        self._retries = retries
        self._clock = ServerClock()

    def start_new(self) -> Execution:
        """Start an execution of a name that nobody has: the next free count (``new``)."""
        base, count = self._settings.execution_name, 1
        if base is None:
            base = f"sfn-job-{uuid.uuid4()}"
            execution = self._claim(base, count, unique=True)
        else:
            execution = self._claim(base, count)
        while execution is None:
            count = self._next_free(base, count)
            execution = self._claim(base, count)
        return execution

    def _claim(self, base: str, count: int, *, unique: bool = False) -> Execution | None:
        """Ask for one name until there is an answer; return its execution, or None where that is another run's.

        ``unique``: nobody else can have the name, so whatever runs under it is this run's.
        """
        name = naming.counted(base, count)
        if len(name) > naming.LONGEST:
            raise RequestRefused(f"SFN_EXECUTION_NAME is too long: {name} has more than {naming.LONGEST} characters.")
        first_sent = None  # when the first request left that may have been carried out
        while True:
            sent = time.time()
            try:
                with self._stop.patient(ANSWER_GRACE):
                    execution, answer = executions.start(
                        self._api, self._settings.state_machine_arn, name, self._settings.input
                    )
            except ExecutionNameTaken:
                return None if first_sent is None else self._started_unheard(name, count, first_sent)
            except JobError as error:
                if isinstance(error, (AnswerLost, StopRequested)):
                    self._run.in_doubt, first_sent = name, first_sent or sent
                try:
                    self._retries.pause(error)
                except JobError:
                    with suppress(JobError), self._stop.patient(2 * ANSWER_GRACE):
                        unheard = None if first_sent is None else self._started_unheard(name, count, first_sent)
                    if unheard is None:
                        raise
                    self._stop.check()
                    return unheard
            else:
                return self._settle(execution, count, answer, None if unique else first_sent or sent)

    def _started_unheard(self, name: str, count: int, first_sent: float) -> Execution | None:
        """Return the execution of this name if a request of ours, whose answer was lost, started it."""
        arn = naming.execution_arn(self._settings.state_machine_arn, name)
        try:
            execution, answer = self._retries.ask(lambda: executions.describe(self._api, arn))
        except ExecutionNotFound:
            self._run.in_doubt = None
            return None
        if (execution.input or "{}") != (self._settings.input or "{}"):
            self._run.in_doubt = None
            return None
        return self._settle(execution, count, answer, first_sent)

    def _settle(self, execution: Execution, count: int, answer: Answer, sent: float | None) -> Execution | None:
        """Take the execution for this run's, unless it is older than the request ``sent``: then it is another's."""
        self._clock.observe(answer)
        self._run.in_doubt, self._run.execution, self._run.count = None, execution, count
        if sent is not None and self._precedes(execution, sent):
            self._run.execution = None
            return None
        return execution

    def _precedes(self, execution: Execution, sent: float) -> bool:
        """Return whether the execution was there before ``sent``. Asks for further dates where clocks leave a doubt.

        What remains in doubt after that is this run's: it is the same name and input within a moment, which AWS itself
        takes for one request (docs/guarantees.md).
        """
        for _ in range(TELLING_ANSWERS):
            verdict = self._clock.preceded(execution.start_date.timestamp(), sent)
            if verdict is not None:
                return verdict
            self._stop.sleep(self._clock.telling_moment(time.time()) - time.time())
            self._clock.observe(self._retries.ask(lambda: executions.describe(self._api, execution.execution_arn))[1])
        return False

    def _next_free(self, base: str, taken: int) -> int:
        """Return a free count above ``taken``, in a number of requests that grows with its logarithm at most.

        The newest executions are a hint where to begin. Counts need not be without gaps, because AWS frees a name 90
        days after its execution closed: any free one above a taken one does.
        """
        try:
            names = self._retries.ask(lambda: executions.newest_names(self._api, self._settings.state_machine_arn))
        except JobError as error:
            if error.transient or isinstance(error, StopRequested):
                raise
            log.warning("executions can't be listed, looking for a free name one by one", extra={"reason": str(error)})
            names = []
        taken = max([taken, *(naming.count_of(name, base) or 0 for name in names)])
        step = 1
        while self._exists(base, taken + step):
            taken, step = taken + step, step * 2
        free = taken + step
        while free - taken > 1:
            middle = (taken + free) // 2
            taken, free = (middle, free) if self._exists(base, middle) else (taken, middle)
        return free

    def _exists(self, base: str, count: int) -> bool:
        arn = naming.execution_arn(self._settings.state_machine_arn, naming.counted(base, count))
        try:
            self._retries.ask(lambda: executions.describe(self._api, arn))
        except ExecutionNotFound:
            return False
        return True
