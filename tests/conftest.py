"""What all tests share. `SFN_JOB_TESTS_NO_SKIP=1` (CI) turns every skipped test into a failed one."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.hostile import HostileEndpoint
from tests.support import browser as chromium
from tests.support.localstack import ACCESS_KEY_ID, SECRET_ACCESS_KEY, LocalStack
from tests.support.process import Finished, Job, jobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How hard hypothesis tries: `make test` takes the same few examples each time, `make properties` many new ones.
# No database: an example worth keeping becomes a test of its own. No time limits: the machine may be busy.
settings.register_profile(
    "fast",
    derandomize=True,
    max_examples=60,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("fast"), derandomize=False, max_examples=1_000, print_blob=True)
settings.load_profile("fast")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SFN_JOB_TESTS_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipping is forbidden here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def localstack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


@pytest.fixture
def aws() -> Iterator[HostileEndpoint]:
    """The hostile endpoint, friendly until told otherwise."""
    with HostileEndpoint() as endpoint:
        yield endpoint


def environment(url: str, state_machine_arn: str, **variables: str) -> dict[str, str]:
    """Return the least environment with which the job works at `url`; an empty variable unsets one of these."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SFN_CREDENTIALS_USER": ACCESS_KEY_ID,
        "SFN_CREDENTIALS_PASSWORD": SECRET_ACCESS_KEY,
        "SFN_STATE_MACHINE_ARN": state_machine_arn,
        **variables,
    }


@pytest.fixture
def start_job(aws: HostileEndpoint) -> Iterator[Callable[..., Job]]:
    """Start the job against the hostile endpoint, with these variables besides; it is killed after the test."""
    with jobs() as start:
        yield lambda *arguments, options=None, **variables: start(
            environment(aws.url, aws.state_machine_arn, **variables), *arguments, **(options or {})
        )


@pytest.fixture
def run_job(start_job: Callable[..., Job]) -> Callable[..., Finished]:
    """Run the job against the hostile endpoint to its end."""
    return lambda *arguments, **variables: start_job(*arguments, **variables).finish()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once in a process: Playwright can't be there twice."""
    if not chromium.found():
        pytest.skip("no Chromium here; `apt-get install chromium` installs one")
    with chromium.running() as running:
        yield running
