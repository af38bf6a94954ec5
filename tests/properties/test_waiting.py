"""The wait and the retries, whatever is answered; their clock is a number."""

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from job.errors import AccessDenied, AnswerLost, ExecutionNotFound, JobError, StopRequested, Throttled, WaitTimeout
from job.execution import Execution
from job.outcomes import Outcome
from job.retries import LONGEST_PAUSE, Retries
from job.schedule import STRETCHED_MOST, Schedule
from job.signals import Stop
from job.waiting import ENDINGS, OUTAGE_WINDOWS, Limits, wait

RUNNING = Execution(
    execution_arn="", state_machine_arn="", name="", status="RUNNING", start_date=datetime(2026, 11, 22, tzinfo=UTC)
)
ANSWERS = st.sampled_from(
    [
        *(replace(RUNNING, status=status, output="{}") for status in ENDINGS),
        replace(RUNNING, status="SUCCEEDED"),
        replace(RUNNING, status="PAUSED"),
        *(Throttled("slower"), AnswerLost("cut"), AccessDenied("no"), ExecutionNotFound("none")),
        *[RUNNING] * 8,
    ]
)
FIRST = st.lists(ANSWERS, max_size=30)
LIMITS = st.builds(Limits, wait=st.none() | st.floats(0, 5_000), window=st.floats(0, 100))
LAST = st.sampled_from([RUNNING, replace(RUNNING, status="FAILED"), Throttled("slower"), AnswerLost("cut")])


class Clock:
    """Time that passes by sleeping, and a moment for each question; a signal comes when it is told to."""

    def __init__(self, signal_at: float | None = None) -> None:
        self.now = 0.0
        self.answered = 0.0
        self._signal_at = signal_at

    def within(self, seconds: float) -> AbstractContextManager[None]:
        assert seconds > 0
        return nullcontext()

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        if self._signal_at is not None and self.now + seconds >= self._signal_at:
            self.now = max(self.now, self._signal_at)
            raise StopRequested(signal.SIGTERM)
        self.now += seconds


def ended(
    clock: Clock, limits: Limits, interval: float, first: list[Execution | JobError], last: Execution | JobError
) -> Outcome | JobError:
    """How the wait ends, where `last` is answered again and again after the first answers."""
    answers = iter(first)

    def look() -> Execution:
        clock.now += 0.01
        answer = next(answers, last)
        if isinstance(answer, JobError):
            raise answer
        clock.answered = clock.now
        return answer

    try:
        return wait(look, Schedule(interval), limits, cast("Stop", clock), lambda: clock.now)
    except JobError as error:
        return error


@given(first=FIRST, last=LAST, limits=LIMITS, interval=st.floats(0.1, 100))
def test_every_wait_ends_as_its_answers_say(
    first: list[Execution | JobError], last: Execution | JobError, limits: Limits, interval: float
) -> None:
    """And within its bounds: no success that wasn't answered, no failure but what was answered or a limit."""
    clock = Clock(signal_at=20_000.0)
    end = ended(clock, limits, interval, first, last)
    answered = [*first, last]
    statuses = {answer.status for answer in answered if isinstance(answer, Execution)}
    if isinstance(end, Outcome):
        assert end in {ENDINGS[status] for status in statuses if status in ENDINGS}
    elif isinstance(end, StopRequested):
        assert last == RUNNING or clock.now >= 20_000
        assert limits.wait is None or limits.wait + 1 > 20_000
    elif isinstance(end, WaitTimeout):
        assert limits.wait is not None
        assert limits.wait <= clock.now <= limits.wait + 1
    else:
        assert end in answered or "PAUSED" in statuses
    # From the last answer on, a check that fails for the first time comes after a gap, and all others in the window.
    gap = max(STRETCHED_MOST, interval)
    assert clock.now <= clock.answered + max(OUTAGE_WINDOWS * limits.window, gap + limits.window) + 1


@given(first=FIRST, limits=LIMITS, signal_at=st.floats(0, 500))
def test_a_signal_ends_any_wait_at_once(first: list[Execution | JobError], limits: Limits, signal_at: float) -> None:
    """Unless it was over before."""
    clock = Clock(signal_at)
    end = ended(clock, limits, 10.0, first, RUNNING)
    assert not isinstance(end, StopRequested) or clock.now <= signal_at + 0.05
    assert isinstance(end, StopRequested) or clock.now <= signal_at + 0.05


@given(
    window=st.floats(0, 1_000),
    errors=st.lists(st.sampled_from([Throttled("slower"), AnswerLost("cut"), AccessDenied("no")]), max_size=50),
    endless=st.booleans(),
)
def test_retries_end_within_their_window(window: float, errors: list[JobError], *, endless: bool) -> None:
    """With the answer, the first error that doesn't pass, or the last one when the window is over."""
    clock, asked = Clock(), 0
    retries = Retries(window, cast("Stop", clock), lambda: clock.now)

    def request() -> str:
        nonlocal asked
        clock.now += 0.01
        asked += 1
        if asked <= len(errors):
            raise errors[asked - 1]
        if endless:
            raise AnswerLost("again")
        return "answer"

    end = answer_or_error(lambda: retries.ask(request))
    if isinstance(end, JobError):
        assert not end.transient or clock.now >= window
        assert all(one.transient for one in errors[: asked - 1])
    else:
        assert not endless
        assert asked == len(errors) + 1
    assert clock.now <= window + LONGEST_PAUSE


def answer_or_error(ask: Callable[[], str]) -> str | JobError:
    try:
        return ask()
    except JobError as error:
        return error
