"""The fan-out, short: `make fanout` is the real one."""

import pytest

from tests.chaos.fanout import fan_out
from tests.support.localstack import LocalStack


@pytest.mark.timeout(300)
def test_every_input_gets_exactly_one_execution(localstack: LocalStack) -> None:
    """Whatever is killed, and how often."""
    figures = fan_out(localstack, inputs=24, jobs=3, seed=3)
    assert figures.right, figures
    assert figures.kills >= 3
