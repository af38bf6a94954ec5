"""What a state machine's definition tells."""

import json

import pytest

from job import machines

STATES = {"First": {"Type": "Pass"}, "Second": {"Type": "Succeed"}}


@pytest.mark.parametrize(
    ("states", "count"),
    [
        (STATES, 2),
        ({"Both": {"Type": "Parallel", "Branches": [{"States": STATES}, {"States": STATES}]}}, 5),
        ({"Each": {"Type": "Map", "ItemProcessor": {"States": STATES}}}, 3),
        ({"Each": {"Type": "Map", "Iterator": {"States": {"Each": {"Iterator": {"States": STATES}}}}}}, 4),
    ],
)
def test_nested_states_count_too(states: object, count: int) -> None:
    assert machines._count(json.dumps({"States": states})) == count


@pytest.mark.parametrize(
    "definition",
    [None, "", "AQIDAHi…", "[]", "{}", '{"States": null}', '{"States": {"A": {"Branches": 1}}}', "[" * 10**5],
)
def test_a_definition_that_nobody_can_read_tells_nothing(definition: str | None) -> None:
    """It may be encrypted; and how many states there are is worth no failure."""
    assert machines._count(definition) is None
