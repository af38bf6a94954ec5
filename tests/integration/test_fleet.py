"""Many jobs at once, as processes: they share a quota, and ride out an endpoint that fails as often as not."""

from collections.abc import Callable
from random import Random

import pytest

from benchmarks import reality
from job.outcomes import Outcome
from tests.hostile import (
    HostileEndpoint,
    cut_after,
    cut_before,
    hang_after,
    hang_before,
    internal_failure,
    service_unavailable,
    throttling,
)
from tests.support.process import Job

FAULTS = [
    cut_before(),
    cut_after(),
    internal_failure(),
    internal_failure(done=True),
    service_unavailable(),
    throttling(),
    hang_before(),
    hang_after(),
]


@pytest.mark.timeout(300)
def test_forty_jobs_settle_under_a_quota_far_too_small_for_them() -> None:
    """All succeed, and under half of their checks are throttled, although each would like to look every second."""
    fleet, _ = reality.real()
    assert fleet.failed == 0
    assert len(fleet.lags) == fleet.jobs == 40
    assert fleet.throttled < fleet.requests / 2


@pytest.mark.timeout(300)
def test_twenty_runs_come_right_although_four_in_ten_requests_fail(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """Refused, cut before or after they were carried out, throttled, hanging: one execution each, seen to succeed."""
    random = Random(1)
    for _ in range(2000):
        let_through = 0
        while random.random() >= 0.4:
            let_through += 1
        aws.fail("*", random.choice(FAULTS), skip=let_through)
    aws.plan(duration=2)
    jobs = [
        start_job(
            SFN_EXECUTION_NAME=f"run-{number}",
            SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true",
            SFN_READ_TIMEOUT="2",
        )
        for number in range(20)
    ]
    for job in jobs:
        finished = job.finish()
        assert finished.code == Outcome.SUCCESS, finished.stderr
        assert finished.document["result"]["status"] == "SUCCEEDED"
    assert aws.started == 20
    assert sorted(aws.executions) == sorted(f"run-{number}-1" for number in range(20))
    failed = sum(not isinstance(request.answered, int) for request in aws.requests)
    assert failed / len(aws.requests) == pytest.approx(0.4, abs=0.15)
