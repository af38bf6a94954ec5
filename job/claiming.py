"""Claiming one name: asking for its execution until it is certain whether that is this run's (contract 3)."""

import json
import time
from contextlib import suppress

from job import executions, naming
from job.aws.api import Api
from job.clocks import ServerClock
from job.errors import AnswerLost, ExecutionNameTaken, ExecutionNotFound, JobError, RequestRefused, StopRequested
from job.execution import Execution
from job.machines import StateMachine
from job.retries import Retries
from job.run import Run
from job.settings import Settings
from job.signals import Stop
from job.waiting import outcome_of

ANSWER_GRACE = 5.0
"""Seconds that the answer of a start may still take after a signal; as many again to look what became of the start."""

LAST_LOOKS = 4.0
"""Seconds of those for looking, so that what was found is said before they are over."""

SHOWING = 5.0
SHOWING_GAP = 0.5
"""Seconds for which at least, and in which steps, an execution is looked for that must be there."""

OLDEST = 500 * 86400.0
"""Seconds: AWS has no older executions. They run for a year at most, and are kept for 90 days after that."""

SHOWN = 60.0
"""Seconds after which AWS shows an execution to everybody: an older one isn't there where it wasn't seen."""

MOST_TWINS = 16
"""So many runs at the same moment don't share an execution. Where more dates in a row say that a name was taken just
before it was asked for, it is the dates that are wrong, and an end to starting executions matters more."""

TELLING_ANSWERS = 8
"""Answers asked for to tell whose a very young execution is; each halves what is unknown of the server's clock."""


class Claims:
    """Claims names of one base for one run, and writes the execution that it got into the run."""

    def __init__(
        self,
        api: Api,
        settings: Settings,
        machine: StateMachine,
        base: str,
        run: Run,
        stop: Stop,
        retries: Retries,
        *,
        unique: bool,
        shares: bool,
    ) -> None:
        """Nothing is sent yet.

        ``unique``: nobody else can have a name of this base, so whatever runs under it is this run's. ``shares``:
        whoever runs something under it is a process of this run, so a running one is this run's too.
        """
        self._api = api
        self._settings = settings
        self._machine = machine
        self._base = base
        self._run = run
        self._stop = stop
        self._retries = retries
        self._unique = unique
        self._shares = shares
        self._twins = 0
        self._oldest = 0.0
        self.clock = ServerClock()
        self.patience = max(settings.retry_window, SHOWING)

    def claim(self, count: int, absent: float = 0.0) -> bool:
        """Ask for one name until there is an answer; return whether its execution is this run's.

        ``absent``: when (epoch seconds) nobody had the name, where that was looked up.
        """
        name = naming.counted(self._base, count)
        if len(name) > naming.LONGEST:
            raise RequestRefused(f"SFN_EXECUTION_NAME is too long: {name} has more than {naming.LONGEST} characters.")
        self._oldest = max(time.time() - OLDEST, absent - SHOWN)
        first_sent = None  # when the first request left that may have been carried out
        while True:
            sent = time.time()
            try:
                with self._stop.patient(ANSWER_GRACE):
                    execution, answer = executions.start(
                        self._api,
                        self._settings.state_machine_arn,
                        name,
                        self._settings.input,
                        self._settings.trace_header,
                    )
            except ExecutionNameTaken:
                if self._shares or first_sent is None:
                    return False
                return self._started_unheard(count, first_sent, self.patience)
            except JobError as error:
                if isinstance(error, (AnswerLost, StopRequested)):
                    self._run.in_doubt, first_sent = name, first_sent or sent
                try:
                    self._pause(error)
                except JobError:
                    if not self._found_at_last(count, first_sent):
                        raise
                    return True
            else:
                self.clock.observe(answer)
                return self._settle(execution, count, first_sent or sent)

    def _pause(self, error: JobError) -> None:
        """Sleep before the next attempt; raise ``error`` where that is of no use, or could start a second execution."""
        if isinstance(error, AnswerLost) and self._machine.is_express():
            raise error  # nobody can tell whether it was carried out
        self._retries.pause(error)

    def _found_at_last(self, count: int, first_sent: float | None) -> bool:
        """Look once more for what a request started whose answer was lost, where no further one is sent."""
        found = False
        with suppress(JobError), self._stop.patient(2 * ANSWER_GRACE):
            if first_sent is not None and not self._machine.is_express():
                found = self._started_unheard(count, first_sent, LAST_LOOKS)
        if found:
            self._stop.check()
        return found

    def _started_unheard(self, count: int, first_sent: float, patience: float) -> bool:
        """Look whether the execution of this name is what a request of ours, whose answer was lost, started."""
        execution = self.describe(count, patience=patience)
        if execution is None:
            self._run.in_doubt = None  # for so long AWS would have shown it
            return False
        return self.has_our_input(execution) and self._settle(execution, count, first_sent)

    def _settle(self, execution: Execution, count: int, sent: float) -> bool:
        """Take the execution for this run's; return False where it is older than ``sent``, and so another's."""
        self._run.in_doubt, self._run.execution, self._run.count = None, execution, count
        if naming.is_express(execution.execution_arn):
            self._run.count = None
            return True
        if self._unique or execution.began < self._oldest:  # then it is no date of AWS's, but of a stand-in
            return True
        if self._shares:
            self._run.resumed = self.precedes(execution, sent, in_doubt=True)
            anothers = self._run.resumed and outcome_of(execution.status) is not None  # an attempt before this one
        else:
            anothers = self._twins < MOST_TWINS and self.precedes(execution, sent, in_doubt=False)
            self._twins += anothers
        if anothers:
            self._run.execution = None
        return not anothers

    def precedes(self, execution: Execution, sent: float, *, in_doubt: bool) -> bool:
        """Return whether the execution was there before ``sent``. Asks for further dates where clocks leave a doubt.

        ``in_doubt`` is the answer where a doubt remains: about the same name and input within a moment, which AWS
        itself takes for one request (docs/guarantees.md), or about an execution that AWS doesn't show yet.
        """
        for _ in range(TELLING_ANSWERS):
            verdict = self.clock.preceded(execution.began, sent)
            if verdict is not None:
                return verdict
            if execution.began.is_integer():  # as some stand-ins for AWS have it: no answer tells more
                return False
            self._stop.sleep(self.clock.telling_moment(time.time()) - time.time())
            with suppress(ExecutionNotFound):
                _, answer = self._retries.ask(lambda: executions.describe(self._api, execution.execution_arn))
                self.clock.observe(answer)
        return in_doubt

    def describe(self, count: int, *, patience: float) -> Execution | None:
        """Return the execution of this count as it is now; None where there is none.

        ``patience``: seconds for which it is asked again, where AWS has said otherwise that there is one: what it says
        with StartExecution and ListExecutions may not show in DescribeExecution for a while.
        """
        arn = naming.execution_arn(self._settings.state_machine_arn, naming.counted(self._base, count))
        end = time.monotonic() + patience
        while True:
            try:
                execution, answer = self._retries.ask(lambda: executions.describe(self._api, arn))
            except ExecutionNotFound:
                if time.monotonic() >= end:
                    return None
                self._stop.sleep(SHOWING_GAP)
            else:
                self.clock.observe(answer)
                return execution

    def has_our_input(self, execution: Execution) -> bool:
        """Compare as JSON: AWS gives back what it was sent, other implementations what they made of it."""
        theirs, ours = execution.input or "{}", self._settings.input or "{}"
        if theirs == ours:
            return True
        try:
            parsed: list[object] = [json.loads(text, parse_int=float) for text in (theirs, ours)]
        except (ValueError, RecursionError):
            return False
        return parsed[0] == parsed[1]
