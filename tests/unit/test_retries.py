"""Requests are tried again while that may help, and no longer."""

from collections.abc import Iterator

import pytest

from job.errors import AccessDenied, AnswerLost, JobError, ServiceUnreachable
from job.retries import LONGEST_PAUSE, Retries
from tests.unit.test_waiting import Time


def asked(window: float, *answers: str | JobError) -> tuple[str, float, int]:
    """Return the answer, how long it took and how many requests."""
    time, requests = Time(), 0
    retries = Retries(window, time, time.monotonic)

    def sequence() -> Iterator[str | JobError]:
        yield from answers
        while True:
            yield answers[-1]

    following = sequence()

    def request() -> str:
        nonlocal requests
        requests += 1
        answer = next(following)
        if isinstance(answer, JobError):
            raise answer
        return answer

    answer = retries.ask(request)
    return answer, time.now - 1000, requests


def test_what_passes_is_asked_again() -> None:
    """Until there is an answer."""
    assert asked(60, AnswerLost("cut"), ServiceUnreachable("refused"), "yes")[0] == "yes"


def test_what_does_not_pass_is_asked_once() -> None:
    """A refusal stays one."""
    with pytest.raises(AccessDenied):
        asked(60, AccessDenied("no"), "yes")


def test_a_window_of_nothing_is_one_attempt() -> None:
    """For those who retry themselves."""
    with pytest.raises(AnswerLost):
        asked(0, AnswerLost("cut"), "yes")


def test_the_window_ends_the_attempts() -> None:
    """With the last error, and on time."""
    time = Time()
    retries = Retries(60, time, time.monotonic)

    def fail() -> None:
        raise AnswerLost("cut")

    with pytest.raises(AnswerLost):
        retries.ask(fail)
    assert time.now - 1000 == pytest.approx(60)


def test_pauses_grow_but_not_for_ever() -> None:
    """Bounded, so that a long window isn't slept through."""
    time = Time()
    retries, pauses = Retries(100_000, time, time.monotonic), []
    for _ in range(200):
        before = time.now
        retries.pause(AnswerLost("cut"))
        pauses.append(time.now - before)
    assert max(pauses) <= LONGEST_PAUSE
    assert sum(pauses[-50:]) > 50 * LONGEST_PAUSE / 4
