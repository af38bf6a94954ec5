"""The wait: when it looks, what it rides out, and how it ends. Time is passed in."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import botocore.session
import pytest

from job.errors import AccessDenied, AnswerLost, ExecutionNotFound, JobError, Throttled, WaitTimeout
from job.executions import Execution
from job.outcomes import Outcome
from job.schedule import Schedule
from job.signals import Stop
from job.waiting import ENDINGS, Limits, wait


class Time(Stop):
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def execution(status: str, output: str | None = "{}") -> Execution:
    return Execution(
        execution_arn="arn",
        state_machine_arn="arn",
        name="name-1",
        status=status,
        start_date=datetime.now(UTC),
        output=output if status == "SUCCEEDED" else None,
    )


def waited(
    look: Callable[[], Execution], time: Time, limit: float | None = None, outage: float = 600, longest: float = 10
) -> Outcome:
    return wait(look, Schedule(longest, lambda: 0.0), Limits(limit, outage, 2 * outage), time, time.monotonic)


def looks(*answers: str | JobError | Execution) -> Callable[[], Execution]:
    """Answer these, one after another, and the last for ever."""

    def sequence() -> Iterator[str | JobError | Execution]:
        yield from answers
        while True:
            yield answers[-1]

    following = sequence()

    def look() -> Execution:
        answer = next(following)
        if isinstance(answer, JobError):
            raise answer
        return execution(answer) if isinstance(answer, str) else answer

    return look


def test_the_table_of_statuses_is_botocores_enum() -> None:
    """A status that AWS adds fails here until somebody has decided what it means."""
    model = botocore.session.get_session().get_service_model("stepfunctions")
    assert set(ENDINGS) == set(model.shape_for("ExecutionStatus").enum)


@pytest.mark.parametrize(("status", "outcome"), [(status, end) for status, end in ENDINGS.items() if end is not None])
def test_every_ending_has_its_outcome(status: str, outcome: Outcome) -> None:
    """Above all: TIMED_OUT and ABORTED are no successes."""
    assert waited(looks("RUNNING", "RUNNING", status), Time()) is outcome
    assert (outcome is Outcome.SUCCESS) == (status == "SUCCEEDED")


def test_an_unknown_status_is_an_error() -> None:
    """Never success, never "go on"."""
    with pytest.raises(JobError, match="PAUSED") as raised:
        waited(looks("PAUSED"), Time())
    assert raised.value.outcome is Outcome.FAIL


@pytest.mark.parametrize("length", [1.0, 10.0, 60.0, 3600.0])
def test_an_end_is_seen_within_a_fraction_of_the_execution_length(length: float) -> None:
    """And never later than the polling interval."""
    time = Time()
    end = time.now + length
    waited(lambda: execution("SUCCEEDED" if time.now >= end else "RUNNING"), time)
    assert time.now - end <= min(max(0.5, 0.6 * length), 10)


@pytest.mark.parametrize("fault", [AnswerLost("cut"), Throttled("slow down")])
def test_passing_faults_do_not_end_the_wait(fault: JobError) -> None:
    """Within the window."""
    assert waited(looks("RUNNING", fault, fault, fault, "RUNNING", "SUCCEEDED"), Time()) is Outcome.SUCCESS


def test_passing_faults_end_the_wait_after_the_window() -> None:
    """Counted from the last answer, and with the fault's own error."""
    time = Time()
    with pytest.raises(AnswerLost):
        waited(looks("RUNNING", AnswerLost("cut")), time, outage=50)
    assert 50 < time.now - 1000 < 51


def test_throttling_may_last_longer() -> None:
    """AWS is there, and asks for patience."""
    time = Time()
    with pytest.raises(Throttled):
        waited(looks(Throttled("slow down")), time, outage=50)
    assert time.now - 1000 == pytest.approx(100)


def test_what_does_not_pass_ends_the_wait_at_once() -> None:
    """A permission lost is asked for once."""
    with pytest.raises(AccessDenied):
        waited(looks("RUNNING", AccessDenied("no"), "SUCCEEDED"), Time())


def test_a_young_execution_may_be_invisible_for_a_moment() -> None:
    """DescribeExecution is eventually consistent."""
    assert waited(looks(ExecutionNotFound("?"), "RUNNING", "SUCCEEDED"), Time()) is Outcome.SUCCESS


def test_an_older_execution_that_vanishes_ends_the_wait() -> None:
    """It was deleted."""
    time = Time()

    def look() -> Execution:
        if time.now > 1060:
            raise ExecutionNotFound("deleted")
        return execution("RUNNING")

    with pytest.raises(ExecutionNotFound):
        waited(look, time)


def test_succeeded_without_output_is_asked_again() -> None:
    """AWS may say SUCCEEDED before the output is there."""
    seen = []

    def look() -> Execution:
        seen.append(1)
        return execution("SUCCEEDED", "{}" if len(seen) == 3 else None)

    assert waited(look, Time()) is Outcome.SUCCESS
    assert len(seen) == 3


def test_succeeded_without_output_is_believed_in_the_end() -> None:
    """Some endpoints never send one."""
    time = Time()
    assert waited(looks(execution("SUCCEEDED", None)), time) is Outcome.SUCCESS
    assert time.now - 1000 < 10


@pytest.mark.parametrize("limit", [0, 0.1, 5, 100])
def test_the_wait_timeout_ends_the_wait_on_time_with_a_last_look(limit: float) -> None:
    """Neither early nor a gap late."""
    time = Time()
    with pytest.raises(WaitTimeout):
        waited(looks("RUNNING"), time, limit)
    assert time.now - 1000 == pytest.approx(limit)


def test_an_execution_that_ends_just_in_time_is_a_success() -> None:
    """The last look is at the limit itself."""
    time = Time()
    assert waited(lambda: execution("SUCCEEDED" if time.now >= 1007 else "RUNNING"), time, 7) is Outcome.SUCCESS
