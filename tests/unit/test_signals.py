"""A signal ends what the job waits for, and a call has its time limit."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from job.errors import StopRequested
from job.signals import Stop


@pytest.fixture
def stop() -> Iterator[Stop]:
    """A Stop that listens; the old handlers come back after the test."""
    old = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    stop = Stop()
    stop.install()
    yield stop
    signal.set_wakeup_fd(-1)
    for number, handler in old.items():
        signal.signal(number, handler)


def send_once(ready: threading.Event, number: signal.Signals = signal.SIGTERM) -> None:
    """Send a signal to this process as soon as `ready` is set."""

    def send() -> None:
        ready.wait(10)
        os.kill(os.getpid(), number)

    threading.Thread(target=send, daemon=True).start()


def hanging(release: threading.Event, running: threading.Event) -> bool:
    """Say that it runs, then wait for its release."""
    running.set()
    return release.wait(30)


def test_a_call_returns_what_the_function_returns(stop: Stop) -> None:
    """From a thread of its own."""
    assert stop.call(threading.current_thread, 5) is not threading.current_thread()


def test_a_call_raises_what_the_function_raises(stop: Stop) -> None:
    """The very exception, with its traceback."""
    error = KeyError("x")

    def fail() -> None:
        raise error

    with pytest.raises(KeyError) as raised:
        stop.call(fail, 5)
    assert raised.value is error


def test_a_hanging_call_ends_at_its_limit(stop: Stop) -> None:
    """Whatever the function does."""
    release = threading.Event()
    with pytest.raises(TimeoutError):
        stop.call(release.wait, 0.05)
    release.set()


def test_a_hanging_call_ends_with_the_time_of_what_it_is_part_of(stop: Stop) -> None:
    """Whatever its own limit is; after that only its own counts again."""
    release = threading.Event()
    with stop.within(0.05), pytest.raises(TimeoutError):
        stop.call(release.wait, 1000)
    release.set()
    assert stop.call(release.wait, 1000)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_hanging_call(stop: Stop, number: signal.Signals) -> None:
    """The signal arrives when the function certainly runs."""
    release, running = threading.Event(), threading.Event()
    send_once(running, number)
    with pytest.raises(StopRequested, match=number.name):
        stop.call(lambda: hanging(release, running), 30)
    release.set()


def test_a_signal_ends_a_sleep(stop: Stop) -> None:
    """At once: the sleep would last longer than the test may."""
    ready = threading.Event()
    send_once(ready)
    ready.set()
    with pytest.raises(StopRequested):
        stop.sleep(1000)


def test_a_signal_from_before_ends_the_next_wait(stop: Stop) -> None:
    """Also one that came while nobody waited."""
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(StopRequested):
        stop.sleep(0)
    with pytest.raises(StopRequested):
        stop.call(lambda: None, 5)


def test_patience_lets_an_answer_come_after_the_signal(stop: Stop) -> None:
    """The answer to a start is worth a moment."""
    with stop.patient(30):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.call(lambda: "answer", 5) == "answer"
    with pytest.raises(StopRequested):
        stop.check()


def test_patience_ends(stop: Stop) -> None:
    """Well before the platform's own."""
    release = threading.Event()
    began = time.monotonic()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(StopRequested), stop.patient(0.1):
        stop.call(release.wait, 60)
    assert time.monotonic() - began >= 0.1
    release.set()


def test_a_second_signal_ends_patience(stop: Stop) -> None:
    """Who asks twice doesn't want to wait."""
    release, running = threading.Event(), threading.Event()
    os.kill(os.getpid(), signal.SIGTERM)
    send_once(running)
    with pytest.raises(StopRequested), stop.patient(1000):
        stop.call(lambda: hanging(release, running), 60)
    release.set()


def test_the_outcome_of_an_abandoned_call_is_dropped(stop: Stop) -> None:
    """It can't be taken for the next one's."""
    release, done = threading.Event(), threading.Event()

    def late() -> str:
        release.wait(30)
        return "late"

    with pytest.raises(TimeoutError):
        stop.call(late, 0.01)

    def next_one() -> str:
        release.set()
        done.wait(0.2)
        return "mine"

    assert stop.call(next_one, 30) == "mine"
