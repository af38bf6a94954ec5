"""The wait: when it looks, what it rides out, and how it ends. Time is passed in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise

import botocore.session
import pytest

from job.errors import AccessDenied, AnswerLost, CredentialsExpired, ExecutionNotFound, JobError, Throttled, WaitTimeout
from job.execution import Execution
from job.outcomes import Outcome
from job.schedule import Schedule
from job.signals import Stop
from job.waiting import ENDINGS, Limits, wait


class Time(Stop):
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.allowed: list[float] = []
        """Seconds that each look may take."""

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        self.allowed.append(seconds)
        assert len(self.allowed) < 100_000, "a wait that never ends"
        with super().within(seconds):
            yield

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
    look: Callable[[], Execution],
    time: Time,
    limit: float | None = None,
    window: float = 60,
    longest: float = 10,
    **options: float,
) -> Outcome:
    return wait(look, Schedule(longest, lambda: 0.0), Limits(limit, window), time, time.monotonic, **options)


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


@pytest.mark.parametrize(("status", "code"), [("SUCCEEDED", 0), ("FAILED", 23), ("ABORTED", 24), ("TIMED_OUT", 25)])
def test_every_ending_has_its_exit_code(status: str, code: int) -> None:
    """The contract's, written out so as not to trust the job's table: TIMED_OUT and ABORTED are no success."""
    assert waited(looks("RUNNING", "RUNNING", status), Time(), 60) == code


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_what_goes_on_is_waited_for(status: str) -> None:
    """It has no outcome yet."""
    assert waited(looks(status, "FAILED"), Time()) is Outcome.EXECUTION_FAILED


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


@pytest.mark.parametrize("fault", [AnswerLost("cut"), Throttled("slow down")])
def test_passing_faults_end_the_wait_after_ten_windows(fault: JobError) -> None:
    """Counted from the last answer, to the moment, and with the fault's own error, which says what to do."""
    time, text = Time(), str(fault)
    with pytest.raises(type(fault)) as raised:
        waited(looks("RUNNING", fault), time, window=5, longest=1)
    assert time.now - 1000 == pytest.approx(50.1)
    assert str(raised.value) == f"{text}. There was no answer for 50 s; a greater SFN_RETRY_WINDOW rides out more."


def test_what_the_contract_says_of_credentials_is_all_that_is_said() -> None:
    """Also of such as expired in the wait and couldn't be renewed for ten windows."""
    error = CredentialsExpired("Account cannot be authenticated.")
    error.transient, error.detail = True, "DescribeExecution: ExpiredTokenException"
    with pytest.raises(CredentialsExpired) as raised:
        waited(looks("RUNNING", error), Time(), window=5)
    assert str(raised.value) == "Account cannot be authenticated."


@pytest.mark.parametrize("fault", [AnswerLost("cut"), Throttled("slow down")])
def test_the_first_fault_after_a_long_gap_does_not_end_the_wait(fault: JobError) -> None:
    """The last answer is older than ten windows then; from the fault on there is one, and more than one try in it."""
    time, asked = Time(), []

    def look() -> Execution:
        asked.append(time.now)
        assert len(asked) <= 20
        raise fault

    with pytest.raises(type(fault)):
        waited(look, time, window=60, longest=3600, age=1e9)
    assert asked[0] == 1000 + 3600
    assert asked[-1] == pytest.approx(asked[0] + 60)
    assert len(asked) >= 3


def test_a_long_interval_leaves_an_outage_more_than_one_try() -> None:
    """A check that is lost is followed by others well before the wait gives up, and then by the interval again."""
    time, asked = Time(), []

    def look() -> Execution:
        asked.append(time.now - 1000)
        if len(asked) in {1, 2}:
            raise AnswerLost("cut")
        return execution("RUNNING" if len(asked) < 5 else "SUCCEEDED")

    assert waited(look, time, window=60, longest=500, age=1e9) is Outcome.SUCCESS
    assert asked == pytest.approx([500, 500 + 100 / 3, 500 + 100 / 3 + 200 / 9, 1055.6, 1555.6], abs=0.1)


def test_what_does_not_pass_ends_the_wait_at_once() -> None:
    """A permission lost is asked for once."""
    with pytest.raises(AccessDenied):
        waited(looks("RUNNING", AccessDenied("no"), "SUCCEEDED"), Time())


def test_a_young_execution_may_be_invisible_for_a_moment() -> None:
    """DescribeExecution is eventually consistent."""
    assert waited(looks(ExecutionNotFound("?"), "RUNNING", "SUCCEEDED"), Time()) is Outcome.SUCCESS


def test_an_execution_that_never_shows_is_given_up_after_seconds() -> None:
    """AWS shows a new one within that time: it doesn't exist."""
    time = Time()
    with pytest.raises(ExecutionNotFound):
        waited(looks(ExecutionNotFound("?")), time, longest=0.1)
    assert 5 <= time.now - 1000 < 5.2


def test_an_execution_that_was_seen_may_not_be_invisible() -> None:
    """Not even for a moment, however young it is."""
    time = Time()
    with pytest.raises(ExecutionNotFound):
        waited(looks("RUNNING", ExecutionNotFound("deleted"), "SUCCEEDED"), time)
    assert time.now - 1000 < 5


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
    """Some endpoints never send one; AWS has it within seconds."""
    time = Time()
    assert waited(looks(execution("SUCCEEDED", None)), time, longest=0.1) is Outcome.SUCCESS
    assert 5 <= time.now - 1000 < 5.3


@pytest.mark.parametrize("limit", [0, 0.1, 5, 100])
def test_the_wait_timeout_ends_the_wait_on_time_with_a_last_look(limit: float) -> None:
    """Neither early nor a gap late."""
    time = Time()
    with pytest.raises(WaitTimeout, match=rf"SFN_WAIT_TIMEOUT \({limit} s\)"):
        waited(looks("RUNNING"), time, limit)
    assert time.now - 1000 == pytest.approx(limit)


def test_a_look_may_take_what_is_left_and_at_least_five_seconds() -> None:
    """Of the wait, or of the time for faults, whichever is less."""
    time = Time()
    with pytest.raises(WaitTimeout):
        waited(looks("RUNNING"), time, 20)
    assert time.allowed[0] == pytest.approx(19.9)
    assert time.allowed[-1] == 5.0
    time = Time()
    with pytest.raises(AnswerLost):
        waited(looks(AnswerLost("cut")), time, 1e6)
    assert time.allowed[0] == pytest.approx(599.9)
    assert time.allowed[-1] == 5.0


def test_an_execution_that_ends_just_in_time_is_a_success() -> None:
    """The last look is at the limit itself."""
    time = Time()
    assert waited(lambda: execution("SUCCEEDED" if time.now >= 1007 else "RUNNING"), time, 7) is Outcome.SUCCESS


def test_an_execution_that_has_run_for_long_is_checked_as_seldom_from_the_start() -> None:
    """A restarted job goes on where the last one was."""
    young, old = Time(), Time()
    waited(looks("SUCCEEDED"), young)
    waited(looks("SUCCEEDED"), old, age=100_000.0)
    assert young.now - 1000 < 0.2
    assert old.now - 1000 == 10


def test_throttling_stretches_the_gaps_and_answers_shorten_them_again() -> None:
    """Jobs that together ask too often ask less often."""
    time = Time()
    asked = []

    def look() -> Execution:
        asked.append(time.now)
        if len(asked) == 3:
            raise Throttled("slower")
        return execution("RUNNING" if len(asked) < 100 else "SUCCEEDED")

    waited(look, time, longest=1)
    gaps = [after - before for before, after in pairwise(asked)]
    assert max(gaps[:2]) < 1
    assert gaps[2] == max(gaps) >= 10
    assert gaps[-1] == 1


def test_faults_are_logged_once_when_they_begin_and_once_when_they_end(caplog: pytest.LogCaptureFixture) -> None:
    """With their reason and their number; the next ones are news again."""
    caplog.set_level("INFO")
    cut, slow = AnswerLost("cut"), Throttled("slow down")
    waited(looks("RUNNING", cut, cut, slow, "RUNNING", slow, slow, "SUCCEEDED"), Time())
    assert [
        (one.levelname, one.message, vars(one).get("reason") or vars(one).get("failed_checks"))
        for one in caplog.records
    ] == [
        ("INFO", "waiting", None),
        ("WARNING", "checks fail, waiting goes on", "cut"),
        ("INFO", "checks succeed again", 3),
        ("WARNING", "throttled, waiting goes on", "slow down"),
        ("INFO", "checks succeed again", 2),
    ]
    assert {one.name for one in caplog.records} == {"job.waiting"}


def test_a_wait_says_so_at_once_after_a_minute_and_each_time_it_has_doubled(caplog: pytest.LogCaptureFixture) -> None:
    """Often enough to see that the job lives, and never a log full of it."""
    caplog.set_level("INFO")
    time = Time()
    waited(lambda: execution("SUCCEEDED" if time.now >= 1000 + 3600 else "RUNNING"), time, longest=0.25)
    assert {one.message for one in caplog.records} == {"waiting"}
    said = [vars(one)["elapsed_seconds"] for one in caplog.records]
    assert all(type(seconds) is int for seconds in said)
    assert said[0] == 0
    assert all(60 * 2**number <= seconds < 61 * 2**number for number, seconds in enumerate(said[1:]))
    assert len(said) == 7


def test_the_window_of_faults_begins_anew_with_each_answer() -> None:
    """Faults that come and go never add up."""
    time = Time()
    asked = []

    def look() -> Execution:
        asked.append(time.now)
        if time.now < 5000 and len(asked) % 3:
            raise AnswerLost("cut")
        return execution("RUNNING" if time.now < 5000 else "SUCCEEDED")

    assert waited(look, time, window=5) is Outcome.SUCCESS
