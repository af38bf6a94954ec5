"""The gaps between checks, whatever becomes of these."""

import math

from hypothesis import given
from hypothesis import strategies as st

from job.schedule import (
    FIRST_GAP,
    GROWTH,
    JITTER,
    LEAST_GAP,
    LEAST_PATIENCE,
    PATIENCE,
    STRETCHED_LEAST,
    STRETCHED_MOST,
    Schedule,
    usual_gap,
)

INTERVALS = st.floats(0.001, 100_000)
TIMES = st.floats(0, 1e9)
SHARES = st.floats(0, 1)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["answered", "throttled", "failed"]), SHARES, st.floats(0, 1e6)), max_size=60
)


LEFT = st.just(math.inf) | st.floats(0, 10_000)


def happen(schedule: Schedule, event: str) -> None:
    """A check that failed otherwise says nothing to the schedule."""
    if event != "failed":
        getattr(schedule, event)()


@given(interval=INTERVALS, began=TIMES, events=EVENTS, left=LEFT)
def test_every_gap_is_within_its_bounds(
    interval: float, began: float, events: list[tuple[str, float, float]], left: float
) -> None:
    """Never negative, and beyond the interval only where checks were throttled; never beyond what is documented."""
    drawn = 0.0
    schedule = Schedule(interval, lambda: drawn)
    elapsed, ever_throttled = began, False
    for event, drawn, passing in events:  # noqa: B007 - the schedule draws it
        gap = schedule.gap(elapsed, left)
        most = max(interval, STRETCHED_MOST) if ever_throttled else interval
        least = min(FIRST_GAP, interval) if elapsed < FIRST_GAP else min(LEAST_GAP, interval)
        assert min((1 - JITTER) * least, left) <= gap <= min(most, left, max(PATIENCE * left, LEAST_PATIENCE))
        happen(schedule, event)
        ever_throttled = ever_throttled or event == "throttled"
        elapsed += gap + passing


@given(interval=INTERVALS, first=TIMES, second=TIMES)
def test_the_usual_gap_grows_with_the_time(interval: float, first: float, second: float) -> None:
    """From well under a second in proportion to it, up to the interval."""
    first, second = sorted((first, second))
    assert usual_gap(first, interval) <= usual_gap(second, interval) <= interval
    assert usual_gap(first, interval) <= max(LEAST_GAP, GROWTH * first)


@given(interval=INTERVALS, elapsed=TIMES, before=EVENTS, draw=SHARES)
def test_a_throttled_check_stretches_the_next_gap(
    interval: float, elapsed: float, before: list[tuple[str, float, float]], draw: float
) -> None:
    """Without jitter to at least the double, as far as the bound lets it; jitter never takes more than its share."""
    schedule = Schedule(interval, lambda: 0.0)
    for event, _, _ in before:
        schedule.gap(elapsed)
        happen(schedule, event)
    gap = schedule.gap(elapsed)
    schedule.throttled()
    schedule._draw = lambda: draw
    wanted = min(max(2 * gap, STRETCHED_LEAST), max(STRETCHED_MOST, interval))
    assert (1 - JITTER) * wanted <= schedule.gap(elapsed) <= max(wanted, interval)


@given(interval=INTERVALS, elapsed=TIMES, before=EVENTS)
def test_it_recovers(interval: float, elapsed: float, before: list[tuple[str, float, float]]) -> None:
    """By answers alone, after whatever was before: in as many as take the greatest stretch back."""
    schedule = Schedule(interval, lambda: 0.0)
    for event, _, _ in before:
        schedule.gap(elapsed)
        happen(schedule, event)
    for _ in range(600):
        schedule.gap(elapsed)
        schedule.answered()
    assert schedule.gap(elapsed) == usual_gap(elapsed, interval) or elapsed < FIRST_GAP
    assert schedule.calm
