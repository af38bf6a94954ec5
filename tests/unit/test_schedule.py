"""When the job looks at a running execution."""

import pytest

from job.schedule import Schedule


def test_the_interval_caps_the_gaps() -> None:
    """A user who asks for 2 s gets them."""
    schedule = Schedule(2.0, lambda: 0.0)
    assert [schedule.gap(elapsed) for elapsed in (0, 5, 10, 10_000)] == [0.25, 1.0, 2.0, 2.0]


def test_jitter_only_shortens_a_gap() -> None:
    """The cap holds whatever is drawn."""
    assert Schedule(2.0, lambda: 1.0).gap(100) == pytest.approx(1.6)


def test_throttling_stretches_the_gap_and_it_recovers_slowly() -> None:
    """Twice as long after one, and several answers to come back."""
    schedule = Schedule(10.0, lambda: 0.0)
    schedule.throttled()
    assert schedule.gap(1000) == 20
    schedule.answered()
    assert 10 < schedule.gap(1000) < 20
    for _ in range(20):
        schedule.answered()
    assert schedule.gap(1000) == 10
