"""Finding the newest count: correct for every set of taken counts that AWS can be in, in few requests."""

import itertools
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from job import naming
from job.aws.api import Answer
from job.counting import Counts
from job.errors import AccessDenied, ExecutionNotFound, ServiceUnreachable, StopRequested, Throttled
from job.retries import Retries
from job.signals import Stop

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:nightly"
EXECUTION = MACHINE.replace("stateMachine", "execution")
DESCRIPTION = {"stateMachineArn": MACHINE, "status": "SUCCEEDED", "startDate": datetime.now(UTC)}


class Taken:
    """An `Api` for which these counts are taken, and these of them listed, newest first; it counts its requests."""

    def __init__(self, counts: Iterable[int], listed: Iterable[str] = (), *errors: Exception) -> None:
        self._counts = set(counts)
        self._listed = list(listed)
        self._errors = list(errors)
        self.asked: list[str] = []

    def request(self, operation: str, **parameters: Any) -> Answer:
        self.asked.append(operation)
        if self._errors:
            raise self._errors.pop(0)
        if operation == "list_executions":
            assert parameters == {"stateMachineArn": MACHINE, "maxResults": 1000}
            return answer({"executions": [{"name": name} for name in self._listed]})
        arn = parameters["executionArn"]
        if naming.count_of(arn.rpartition(":")[2], "run") not in self._counts:
            raise ExecutionNotFound(arn)
        return answer({"executionArn": arn, "name": arn.rpartition(":")[2], **DESCRIPTION})


def answer(body: dict[str, Any]) -> Answer:
    return Answer(body, 0.0, 0.0, None)


def counts(api: Taken, window: float = 0.0, qualifier: str = "") -> Counts:
    return Counts(api, MACHINE + qualifier, "run", Retries(window, Stop(), time.monotonic))  # type: ignore[arg-type]


@pytest.mark.parametrize("newest", [*range(1, 40), 99, 100, 127, 128, 129, 1000, 5000, 100_000])
def test_from_any_taken_count_the_newest_is_found(newest: int) -> None:
    """Where those above it are without gaps; with requests as the logarithm of how far it is."""
    for first in {1, (newest + 1) // 2, newest}:
        api = Taken(range(first, newest + 1))
        assert counts(api).newest(first) == newest
        assert len(api.asked) <= 2 * (newest - first + 1).bit_length()


def test_what_is_found_is_taken_and_the_next_is_free_whatever_is_taken() -> None:
    """All ways in which counts 2 to 9 can be taken or free: the claim that follows is never of a taken name."""
    for bits in itertools.product([False, True], repeat=8):
        taken = {1, *(count for count, is_taken in enumerate(bits, 2) if is_taken)}
        found = counts(Taken(taken)).newest(1)
        assert found in taken
        assert found + 1 not in taken


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        ([], 0),
        (["run-1"], 1),
        (["run-7", "run-9"], 9),
        (["run-9", "run-10"], 10),
        (["other-12", "run", "run-", "run-x", "run-07", "run-3-4", "run-2"], 2),
    ],
)
def test_the_list_tells_the_newest_of_this_base(names: list[str], newest: int) -> None:
    """By number, whatever the order of ending is; other names don't count."""
    assert counts(Taken([], names)).listed() == newest


@pytest.mark.parametrize("qualifier", ["", ":3", ":PROD"])
def test_the_list_is_the_state_machines(qualifier: str) -> None:
    """A version's executions take their names from the state machine's."""
    assert counts(Taken([], ["run-4"]), qualifier=qualifier).listed() == 4


def test_without_permission_to_list_there_is_no_hint(caplog: pytest.LogCaptureFixture) -> None:
    """And a warning that says why."""
    assert counts(Taken([], ["run-4"], AccessDenied("not allowed to list"))).listed() == 0
    assert [record.__dict__["reason"] for record in caplog.records] == ["not allowed to list"]


@pytest.mark.parametrize("error", [Throttled("slow"), ServiceUnreachable("gone")])
def test_passing_faults_are_ridden_out(error: Exception) -> None:
    """Neither a list nor a look gives up at once."""
    assert counts(Taken([], ["run-4"], error), window=10).listed() == 4
    assert counts(Taken([1, 2], [], error), window=10).newest(1) == 2


@pytest.mark.parametrize("error", [Throttled("slow"), ServiceUnreachable("gone")])
def test_past_the_window_they_end_the_run(error: Exception) -> None:
    """A list that can't be had for now isn't an empty one."""
    with pytest.raises(type(error)):
        counts(Taken([], ["run-4"], error)).listed()


def test_a_signal_is_no_missing_permission() -> None:
    """It ends the run at once."""
    import signal

    with pytest.raises(StopRequested):
        counts(Taken([], ["run-4"], StopRequested(signal.SIGTERM)), window=10).listed()


def test_without_the_permission_to_look_the_next_count_is_tried() -> None:
    """Access denied says nothing of whether it exists, so whoever claims it finds out."""
    assert counts(Taken([1], [], AccessDenied("not allowed to look"))).newest(1) == 1
