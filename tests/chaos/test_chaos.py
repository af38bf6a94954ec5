"""The chaos test, short: `make chaos RUNS=500` is the real one."""

import pytest

from tests.chaos.campaign import Campaign
from tests.support.localstack import LocalStack

pytestmark = pytest.mark.timeout(400)

SEED = 196
"""One that draws two kills a run at requests, which come on any machine: a quick one outruns those at an instant."""


@pytest.mark.parametrize(("rerun", "failing", "runs"), [("resume", False, 8), ("resume", True, 3), ("once", True, 3)])
def test_killed_at_random_instants_a_run_gets_exactly_its_executions(
    rerun: str, failing: bool, runs: int, localstack: LocalStack
) -> None:
    """One each, or one for each real attempt; the right exit status and result; and the job was killed indeed."""
    campaign = Campaign(runs, seed=SEED, jobs=3, failing=failing, rerun=rerun)
    campaign.carry_out(localstack)
    assert not "\n".join(one.log for one in campaign.judged if one.violations)
    assert campaign.figures["kills"] >= runs
    assert campaign.figures["wire faults"]


def test_a_second_execution_does_not_go_unseen(localstack: LocalStack) -> None:
    """Under `new` every restart starts one of its own, and every run with more than one is complained of."""
    campaign = Campaign(4, seed=SEED, jobs=3, rerun="new")
    campaign.carry_out(localstack)
    doubled = {one.outcome.plan.number for one in campaign.judged if len(one.executions) > 1}
    complained = {
        one.outcome.plan.number for one in campaign.judged if any(it.startswith("double") for it in one.violations)
    }
    assert doubled
    assert complained == doubled
