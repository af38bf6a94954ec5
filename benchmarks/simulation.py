# ruff: noqa: S311 - randomness here has a seed and no secrets
"""A fleet of jobs in one AWS account, as a discrete-event simulation: who asks when, what AWS answers, who sees what.

Every request takes a token from its operation's bucket (AWS, "API action quotas in Step Functions"), or is throttled.
Requests take no time, and a throttled one costs no token. All times are seconds, from the moment the first job starts.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, Protocol

from job.retries import FIRST_PAUSE, LONGEST_PAUSE
from job.schedule import Schedule
from job.waiting import OUTAGE_WINDOWS

Draw = Callable[[], float]

RETRY_WINDOW = 60.0
"""SFN_RETRY_WINDOW's default."""

SETTLED = 600.0
"""Until then a fleet that started at once is finding its pace; what comes later is its steady state."""


class Quota(NamedTuple):
    """A token bucket: its size, and the tokens that come back a second."""

    bucket: float
    refill: float


class Region(NamedTuple):
    """The two quotas that a job that starts and waits meets."""

    start: Quota
    describe: Quota


BIG_REGIONS = Region(start=Quota(1300, 300), describe=Quota(300, 15))
"""us-east-1, us-west-2, eu-west-1."""
OTHER_REGIONS = Region(start=Quota(800, 150), describe=Quota(250, 10))


class Waiter(Protocol):
    """How a job waits. Whoever gives up returns None for a pause."""

    def start_retry(self, waited: float) -> float | None:
        """Return the pause after a throttled start, `waited` seconds after the first attempt."""

    def gap(self, elapsed: float) -> float:
        """Return the seconds to the next check."""

    def throttled(self, unanswered: float) -> bool:
        """Take note of a throttled check, so many seconds after the last answer; return whether to go on."""

    def answered(self) -> None:
        """Take note of an answer."""


class Ours:
    """The job: its very Schedule, and the pauses of `job.retries` before it has started."""

    def __init__(self, interval: float, window: float, draw: Draw) -> None:
        """`interval` and `window`: SFN_POLLING_INTERVAL and SFN_RETRY_WINDOW."""
        self._schedule = Schedule(interval, draw)
        self._window = window
        self._end = self._left = math.inf
        self._draw = draw
        self._bound = FIRST_PAUSE

    def start_retry(self, waited: float) -> float | None:
        if waited >= self._window:
            return None
        pause = min(self._draw() * self._bound, self._window - waited)
        self._bound = min(2 * self._bound, LONGEST_PAUSE)
        return pause

    def gap(self, elapsed: float) -> float:
        return self._schedule.gap(elapsed, self._left)

    def throttled(self, unanswered: float) -> bool:
        self._schedule.throttled()
        if self._left == math.inf:
            self._end = max(OUTAGE_WINDOWS * self._window, unanswered + self._window)
        self._left = self._end - unanswered
        return self._left > 1e-6  # of which nothing would be left in the sum of two times

    def answered(self) -> None:
        self._schedule.answered()
        self._left = math.inf


class Script:
    """What people write: a loop around boto3's client, with boto3's own retries underneath, and it fails with them.

    Those are its default, "legacy": five attempts, and before the n-th a pause drawn from 0 to 2^(n-2) seconds.
    """

    ATTEMPTS = 5

    def __init__(self, first: float, factor: float, longest: float, draw: Draw) -> None:
        """The gaps begin at `first` and grow by `factor` up to `longest`: fixed, or exponential backoff."""
        self._gap, self._factor, self._longest = first, factor, longest
        self._draw = draw
        self._failed = 0

    def start_retry(self, waited: float) -> float | None:
        del waited
        self._failed += 1
        return self._pause() if self._failed < self.ATTEMPTS else None

    def gap(self, elapsed: float) -> float:
        del elapsed
        if self._failed:
            return self._pause()
        gap = self._gap
        self._gap = min(gap * self._factor, self._longest)
        return gap

    def throttled(self, unanswered: float) -> bool:
        del unanswered
        self._failed += 1
        return self._failed < self.ATTEMPTS

    def answered(self) -> None:
        self._failed = 0

    def _pause(self) -> float:
        return float(self._draw() * 2 ** (self._failed - 1))


class Bucket:
    """A token bucket in the course of time."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._tokens = quota.bucket
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Return whether there was a token left."""
        self._tokens = min(self._quota.bucket, self._tokens + (now - self._at) * self._quota.refill)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass
class Result:
    """What became of one or more fleets."""

    jobs: int = 0
    lags: list[tuple[float, float]] = field(default_factory=list)
    """For each execution whose end was seen: seconds from its end to that, and its duration."""
    not_started: int = 0
    failed: int = 0
    """While waiting."""
    requests: int = 0
    throttled: int = 0
    settled_requests: int = 0
    settled_throttled: int = 0
    capacity: float = 0.0
    """Tokens that there were until the last end was seen."""

    def lag(self, share: float, *, relative: bool = False) -> float:
        """Return a quantile of the lags, in seconds or as a share of the execution's duration."""
        lags = sorted(lag / duration if relative else lag for lag, duration in self.lags)
        return lags[min(len(lags) - 1, int(share * len(lags)))] if lags else math.nan

    def add(self, other: "Result") -> None:
        """Take in another fleet of the same kind."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def start(durations: Sequence[float], waiters: Sequence[Waiter], begins: Sequence[float], quota: Quota) -> list[float]:
    """Return when each job's execution starts; NaN where the job gives up."""
    bucket = Bucket(quota)
    started = [math.nan] * len(durations)
    events = [(begin, job) for job, begin in enumerate(begins)]
    heapq.heapify(events)
    while events:
        now, job = heapq.heappop(events)
        if bucket.take(now):
            started[job] = now
        elif (pause := waiters[job].start_retry(now - begins[job])) is not None:
            heapq.heappush(events, (now + pause, job))
    return started


def simulate(
    durations: Sequence[float],
    waiter: Callable[[Draw], Waiter],
    begins: Sequence[float],
    region: Region = BIG_REGIONS,
    seed: int = 0,
) -> Result:
    """Let one job for each duration begin at its time, each with its own waiter, until the last has ended."""
    draw = Random(seed).random
    waiters = [waiter(draw) for _ in durations]
    started = start(durations, waiters, begins, region.start)
    result = Result(jobs=len(durations), not_started=sum(map(math.isnan, started)))
    for job, at in enumerate(started):
        if not math.isnan(at):
            waiters[job].answered()  # a script's retries begin anew with each call
    bucket = Bucket(region.describe)
    answered = list(started)
    now = 0.0
    events = [(at + waiters[job].gap(0.0), job) for job, at in enumerate(started) if not math.isnan(at)]
    heapq.heapify(events)
    while events:
        now, job = events[0]
        taken = bucket.take(now)
        result.requests += 1
        result.throttled += not taken
        if now >= SETTLED:
            result.settled_requests += 1
            result.settled_throttled += not taken
        elapsed = now - started[job]
        if not taken:
            goes_on = waiters[job].throttled(now - answered[job])
            result.failed += not goes_on
        else:
            answered[job] = now
            goes_on = elapsed < durations[job]
            if goes_on:
                waiters[job].answered()
            else:
                result.lags.append((elapsed - durations[job], durations[job]))
        if goes_on:
            heapq.heapreplace(events, (now + waiters[job].gap(elapsed), job))
        else:
            heapq.heappop(events)
    result.capacity = region.describe.bucket + region.describe.refill * now
    return result


def central(durations: Sequence[float], begins: Sequence[float], region: Region = BIG_REGIONS) -> Result:
    """Simulate the limit: one that knows all jobs asks each live one in turn, as often as the bucket is refilled.

    It takes the executions as they come, whatever the quota of starts.
    """
    result = Result(jobs=len(durations))
    coming: Iterator[tuple[float, int]] = iter(sorted((begin, job) for job, begin in enumerate(begins)))
    following = next(coming, None)
    live: deque[int] = deque()
    now = 0.0
    while live or following:
        now += 1 / region.describe.refill
        while following and following[0] <= now:
            live.append(following[1])
            following = next(coming, None)
        if not live:
            continue
        job = live.popleft()
        result.requests += 1
        result.settled_requests += now >= SETTLED
        lag = now - begins[job] - durations[job]
        if lag < 0:
            live.append(job)
        else:
            result.lags.append((lag, durations[job]))
    result.capacity = region.describe.bucket + region.describe.refill * now
    return result
