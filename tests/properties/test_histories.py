"""Which state an execution failed in, from histories of executions that never were, and from broken ones."""

from random import Random

from hypothesis import event, given
from hypothesis import strategies as st

from job import culprit
from tests.properties.simulator import Simulator
from tests.unit.test_culprit import ARN, History

RANDOMS = st.integers(0, 2**64).map(Random)
MISFORTUNES = st.floats(0.1, 0.9)


@given(random=RANDOMS, misfortune=MISFORTUNES)
def test_the_innermost_state_that_failed_is_found(random: Random, misfortune: float) -> None:
    """With its error, its items and its attempts, whatever failed before and was retried or caught."""
    simulator = Simulator(random, misfortune)
    truth = simulator.carry_out(simulator.definition())
    event("failed" if truth else "succeeded")
    failure = culprit.failure(History(*simulator.events), ARN)
    assert failure.state == truth, "\n".join(
        f"{one['id']} {one['type']} {one['previousEventId']} {[v for k, v in one.items() if k.endswith('tails')]}"
        for one in simulator.events
    )
