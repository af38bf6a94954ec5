"""When the job looks at a running execution. Each test is a small simulation; its randomness has a seed."""

import itertools
import math
from random import Random

import pytest

from job.schedule import JITTER, RECOVERY, STRETCH, STRETCHED_LEAST, STRETCHED_MOST, Schedule

INTERVAL = 10.0
"""Seconds: the default of SFN_POLLING_INTERVAL."""


def checks(duration: float, schedule: Schedule, age: float = 0.0) -> list[float]:
    """When a lone job looks at an execution of so many seconds: the last of these sees that it has ended."""
    times = [age]
    while len(times) == 1 or times[-1] < duration:
        times.append(times[-1] + schedule.gap(times[-1]))
        schedule.answered()
    return times[1:]


def draws(seed: int) -> list[Schedule]:
    """Schedules with the least and the greatest jitter, and some between."""
    random = Random(seed)
    return [
        Schedule(INTERVAL, itertools.repeat(draw).__next__)
        for draw in (0.0, 1.0, *(random.random() for _ in range(20)))
    ]


@pytest.mark.parametrize(("duration", "lag"), [(0.5, 0.48), (1.0, 0.5), (60.0, 3.0)])
def test_the_end_of_a_lone_execution_is_seen_soon(duration: float, lag: float) -> None:
    """Always, not on average, at the default interval: wherever before the end the last look falls."""
    for thousandth in range(1000):
        elapsed = duration * thousandth / 1000
        assert elapsed + Schedule(INTERVAL, lambda: 0.0).gap(elapsed) - duration <= lag
    for seed in range(20):
        for schedule in draws(seed):
            assert 0 <= checks(duration, schedule)[-1] - duration <= lag


@pytest.mark.parametrize("duration", [*(1.03**exponent for exponent in range(300))])
def test_a_lone_execution_takes_few_checks(duration: float) -> None:
    """Of whatever length, from a second to two hours."""
    for schedule in draws(0):
        assert len(checks(duration, schedule)) <= 2 * duration / INTERVAL + 15


@pytest.mark.parametrize("interval", [0.1, 1.0, 2.0, 60.0, 3600.0])
@pytest.mark.parametrize("duration", [0.2, 3.0, 100.0, 7000.0])
def test_the_lag_is_less_than_a_share_of_the_length_and_than_the_interval(duration: float, interval: float) -> None:
    """With any interval; a very short one is seen to end within half a second."""
    for seed in range(20):
        lag = checks(duration, Schedule(interval, Random(seed).random))[-1] - duration
        assert lag <= min(max(0.6 * duration, 0.5), interval)


@pytest.mark.parametrize("interval", [0.1, 2.0, 10.0, 600.0])
def test_the_gaps_never_shrink_and_end_at_the_interval(interval: float) -> None:
    """A user who asks for 10 s gets them, in the long run."""
    schedule = Schedule(interval, lambda: 0.0)
    gaps = [schedule.gap(elapsed) for elapsed in (0.0, *(1.1**exponent for exponent in range(150)))]
    assert gaps == sorted(gaps)
    assert gaps[0] == min(0.1, interval)
    assert gaps[-1] == interval


def test_an_execution_found_running_is_looked_at_by_its_age() -> None:
    """A resumed run doesn't begin with short gaps."""
    times = checks(5000, Schedule(INTERVAL, lambda: 0.0), age=4000)
    assert times[0] == pytest.approx(4010)
    assert len(times) == 100


@pytest.mark.parametrize("seed", range(30))
def test_every_gap_is_in_bounds_whatever_happens(seed: int) -> None:
    """Positive; at most the interval before any throttling; each throttled check doubles that at most, in limits."""
    random = Random(seed)
    interval = random.choice([0.1, 1.0, 10.0, 300.0])
    schedule, elapsed, bound = Schedule(interval, random.random), random.choice([0.0, 1e5]), interval
    for _ in range(500):
        gap = schedule.gap(elapsed)
        assert 0 < gap <= bound
        elapsed += gap
        if random.random() < 0.3:
            schedule.throttled()
            bound = min(max(bound * STRETCH, STRETCHED_LEAST), max(STRETCHED_MOST, interval))
        elif random.random() < 0.9:  # else a fault that is neither
            schedule.answered()
    assert math.isfinite(elapsed)


@pytest.mark.parametrize(
    ("interval", "elapsed", "gaps"),
    [
        (10.0, 0.0, [0.1, 10, 20, 40, 80, 160, 320, 500, 500]),
        (10.0, 1e5, [10, 20, 40, 80, 160, 320, 500, 500]),
        (3600.0, 1e7, [3600, 3600]),
    ],
)
def test_throttling_stretches_the_gap_as_a_whole(interval: float, elapsed: float, gaps: list[float]) -> None:
    """Wherever it was: to ten seconds at least, then doubling, far beyond the interval, but not for ever."""
    schedule = Schedule(interval, lambda: 0.0)
    for gap in gaps:
        assert schedule.gap(elapsed) == pytest.approx(gap)
        schedule.throttled()


def test_a_wait_that_comes_near_to_giving_up_asks_more_often() -> None:
    """A third of what is left, at least a second and never longer than it; the stretch itself is not forgotten."""
    schedule = Schedule(INTERVAL, lambda: 0.0)
    for _ in range(10):
        schedule.gap(1e5)
        schedule.throttled()
    lefts = (math.inf, 600.0, 60.0, 30.0, 3.0, 2.0, 0.5, 0.0)
    assert [schedule.gap(1e5, left) for left in lefts] == [500.0, 200.0, 20.0, 10.0, 1.0, 1.0, 0.5, 0.0]
    schedule.answered()
    assert schedule.gap(1e5) == 500.0 * RECOVERY


@pytest.mark.parametrize(("interval", "left", "gap"), [(10.0, 600.0, 10.0), (3600.0, 600.0, 200.0), (10.0, 3.0, 1.0)])
def test_an_outage_shortens_only_long_gaps(interval: float, left: float, gap: float) -> None:
    """Nothing has stretched them, but a long interval would leave a single try."""
    schedule = Schedule(interval, lambda: 1.0)
    for _ in range(3):
        schedule.gap(1e9)
    assert schedule.gap(1e9, left) == gap


def test_it_is_calm_while_checks_are_answered() -> None:
    """Neither throttled nor lost: then there is time to look at more."""
    schedule, calm = Schedule(INTERVAL, lambda: 0.0), []
    for left in (math.inf, 600.0, math.inf):
        schedule.gap(5.0, left)
        calm.append(schedule.calm)
    schedule.throttled()
    schedule.gap(5.0)
    assert [*calm, schedule.calm] == [True, False, True, False]


def test_a_stretched_gap_is_drawn_anew_each_time() -> None:
    """Between half of it and all: jobs that were throttled together don't come back together."""
    schedule = Schedule(INTERVAL, Random(1).random)
    schedule.gap(1e5)
    schedule.throttled()
    gaps = [schedule.gap(1e5) for _ in range(1000)]
    patient = [schedule.gap(1e5, 45.0) for _ in range(1000)]
    assert min(patient) == pytest.approx(15 * (1 - JITTER), rel=0.01)
    assert max(patient) == pytest.approx(15, rel=0.01)
    assert min(gaps) == pytest.approx(INTERVAL * STRETCH * (1 - JITTER), rel=0.01)
    assert max(gaps) == pytest.approx(INTERVAL * STRETCH, rel=0.01)


def test_it_recovers_slowly_and_wholly() -> None:
    """One throttled check takes some twenty answers to forget, and then nothing of it is left."""
    schedule = Schedule(INTERVAL, lambda: 0.0)
    schedule.gap(1e5)
    schedule.throttled()
    gaps = []
    for _ in range(25):
        gaps.append(schedule.gap(1e5))
        schedule.answered()
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] == 2 * INTERVAL
    assert gaps[10] > 1.3 * INTERVAL
    assert gaps[-1] == INTERVAL


def test_a_quota_used_up_throttles_under_one_check_in_twenty() -> None:
    """At balance: each job finds its own gap, here five times the interval, and few checks are spent on it."""
    random = Random(1)
    schedule, throttled, fair = Schedule(INTERVAL, random.random), 0, 5 * INTERVAL
    for check in range(20_000):
        gap = schedule.gap(1e5)
        # As in a crowd: the more often one looks, the likelier the bucket is empty.
        if random.random() < min(1.0, (fair / gap) ** 2 / 20):
            schedule.throttled()
            throttled += check >= 100
        else:
            schedule.answered()
    share = math.log(1 / RECOVERY) / (math.log(STRETCH) + math.log(1 / RECOVERY))
    assert throttled / 19_900 == pytest.approx(share, rel=0.1)
    assert share < 0.05


def test_a_fleet_that_starts_in_one_second_is_soon_out_of_step() -> None:
    """100 jobs of a CronJob: at no time do more than a few look within the same tenth of a gap's time."""
    fleet = [checks(600, Schedule(INTERVAL, Random(seed).random)) for seed in range(100)]
    times = sorted(time for times in fleet for time in times)
    for begin in (30.0, 300.0):
        gap = next(later - earlier for earlier, later in itertools.pairwise(fleet[0]) if later > begin)
        counts = [
            sum(begin + tenth * gap / 10 <= time < begin + (tenth + 1) * gap / 10 for time in times)
            for tenth in range(10)
        ]
        assert sum(counts) == pytest.approx(100, abs=15)
        assert max(counts) < 40
