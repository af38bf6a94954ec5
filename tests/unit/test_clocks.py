"""What can be said of the server's clock, and of who started an execution."""

from email.utils import formatdate
from random import Random

import pytest

from job.aws.api import Answer
from job.clocks import ServerClock

NOW = 1_800_000_000.0


def answer(sent: float, ahead: float, latency: float = 0.02) -> Answer:
    """An answer of a server whose clock is `ahead` of ours."""
    read_at = sent + latency / 2 + ahead
    return Answer({}, sent, sent + latency, formatdate(int(read_at), usegmt=True))


@pytest.mark.parametrize("ahead", [-3600.0, -0.4, 0.0, 0.3, 5.0])
def test_bounds_hold_and_narrow(ahead: float) -> None:
    """However far the clocks are apart, the truth stays inside, and telling moments narrow it to the latency."""
    clock, random, now = ServerClock(), Random(1), NOW + 0.123
    for _ in range(8):
        clock.observe(answer(now, ahead, random.uniform(0.001, 0.03)))
        assert clock.least <= ahead <= clock.most
        now = clock.telling_moment(now + 0.05)
    assert clock.most - clock.least < 0.1


@pytest.mark.parametrize("ahead", [-3600.0, -0.9, -0.2, 0.0, 0.2, 0.9, 3600.0])
def test_what_we_started_is_never_taken_for_anothers(ahead: float) -> None:
    """A start of our own lies after its sending by the server's clock, whatever our clock says."""
    for fraction in range(100):
        sent = NOW + fraction / 100
        clock = ServerClock()
        clock.observe(answer(sent, ahead))
        started = int((sent + 0.01 + ahead) * 1000) / 1000  # AWS cuts to milliseconds
        assert clock.preceded(started, sent) is not True


@pytest.mark.parametrize("age", [0.1, 0.5, 1.0, 60.0])
def test_an_older_one_is_never_taken_for_ours_where_the_clock_is_right(age: float) -> None:
    """At worst there is a doubt, which further answers remove."""
    for fraction in range(100):
        sent = NOW + fraction / 100
        clock = ServerClock()
        clock.observe(answer(sent, 0.0))
        began = sent - age - 0.0015  # no whole second
        verdict = clock.preceded(began, sent)
        assert verdict is not False
        now = sent
        for _ in range(8):
            if verdict is not None:
                break
            now = clock.telling_moment(now + 0.05)
            clock.observe(answer(now, 0.0))
            verdict = clock.preceded(began, sent)
        assert verdict is True


def test_a_date_in_whole_seconds_may_be_up_to_one_later() -> None:
    """Stand-ins for AWS cut it: what we started may then seem to be from before that."""
    clock = ServerClock()
    clock.observe(answer(NOW + 0.9, 0.0))
    clock.observe(answer(clock.telling_moment(NOW + 0.95), 0.0))
    assert clock.preceded(NOW, NOW + 0.9) is not True
    assert clock.preceded(NOW - 1, NOW + 0.9) is True


def test_without_a_date_the_clocks_are_taken_to_agree_to_the_second() -> None:
    """Something between here and AWS may have dropped it."""
    clock = ServerClock()
    clock.observe(Answer({}, NOW + 0.5, NOW + 0.6, None))
    assert clock.preceded(NOW - 2, NOW + 0.5) is True
    assert clock.preceded(NOW + 0.3, NOW + 0.5) is None
    assert clock.preceded(NOW + 0.55, NOW + 0.5) is False
