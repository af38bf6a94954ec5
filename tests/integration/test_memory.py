"""The job's memory: less than a naive script's, and no more after a long wait than after a short one."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.support.localstack import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.support.process import ROOT

LARGEST = 262_144
"""Bytes of an input or an output."""

EIGHT_HOURS = 8 * 3600.0
CHECKS = 10_000
MOST_GROWTH = 512
"""KiB, over 9,000 checks: 58 bytes a check would be more."""


def peak(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run it, and return the KiB that it had in memory at most."""
    meter = [sys.executable, "-IBS", str(ROOT / "benchmarks" / "meter.py")]
    done = subprocess.run(
        [*meter, sys.executable, *command],
        env=environ,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Outcome.SUCCESS, done.stderr
    return int(done.stderr.split()[-1])


def test_the_peak_is_under_the_naive_scripts_with_the_largest_input_and_output(
    aws: HostileEndpoint, tmp_path: Path
) -> None:
    """Though the script has no input here: a variable, from which it takes it, can't hold as much."""
    aws.plan(duration=0.0, output=json.dumps("x" * (LARGEST - 2)))
    path = tmp_path / "input.json"
    path.write_text(json.dumps("x" * (LARGEST - 2)), encoding="utf-8")
    variables = {"SFN_INPUT_FILE": str(path), "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
    ours = peak(["-m", "job"], environment(aws.url, aws.state_machine_arn, **variables))
    naive = {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "STATE_MACHINE_ARN": aws.state_machine_arn,
    }
    assert ours < peak(["benchmarks/naive.py"], naive)


@pytest.mark.timeout(300)
def test_a_long_wait_takes_no_more_memory_than_a_short_one(aws: HostileEndpoint) -> None:
    aws.plan(duration=None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.long_wait", str(CHECKS)],
        env=environment(aws.url, aws.state_machine_arn, SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true"),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Outcome.TERMINATED, done.stderr
    found = json.loads(done.stderr.splitlines()[-1])
    early, late = found["memory"]
    assert found["elapsed"] > EIGHT_HOURS
    assert len(aws.requests) >= CHECKS
    assert late - early < MOST_GROWTH
