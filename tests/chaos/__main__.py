"""`python -m tests.chaos --runs 500`: exit status 1 where any run was not what the contract promises."""

import argparse
import random
import sys

from tests.chaos.campaign import Campaign
from tests.support.localstack import LocalStack


def main() -> int:
    """Carry one campaign out and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--failing", action="store_true", help="the executions fail, and the job is started again")
    parser.add_argument("--rerun", choices=["resume", "once"], default="resume", help="SFN_RERUN")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="draws the same fates again")
    given = parser.parse_args()
    campaign = Campaign(given.runs, given.seed, given.jobs, failing=given.failing, rerun=given.rerun)
    print(f"seed {given.seed}", flush=True)
    with LocalStack() as localstack:
        campaign.carry_out(localstack, tell=lambda line: print(line, flush=True))
    for what, count in campaign.figures.items():
        print(f"{what:45}{count:8,}")
    return 1 if campaign.figures["runs violated"] else 0


if __name__ == "__main__":
    sys.exit(main())
