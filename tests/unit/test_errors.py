"""The tree of errors is drawn in its module as it is."""

import re
import signal

import pytest

from job import errors
from job.outcomes import Outcome


def tree(error: type[errors.JobError]) -> set[type[errors.JobError]]:
    return {error}.union(*(tree(subclass) for subclass in error.__subclasses__()))


def test_the_docstring_draws_every_error_with_its_code() -> None:
    """Names and exit codes in the drawing are those of the classes."""
    drawn = dict(re.findall(r"^[│├└─ ]*(\w+) +(?:(\d+)|[a-z])", str(errors.__doc__), re.MULTILINE))
    drawn.pop("Everything")
    assert set(drawn) == {error.__name__ for error in tree(errors.JobError)}
    for error in tree(errors.JobError) - {errors.StopRequested}:
        assert drawn[error.__name__] in {"", str(int(error.outcome))}


def test_what_the_docstring_calls_transient_is() -> None:
    """The drawing's word and the attribute agree."""
    said = set(re.findall(r"^[│├└─ ]*(\w+) +\d+ .*; transient$", str(errors.__doc__), re.MULTILINE))
    assert said == {error.__name__ for error in tree(errors.JobError) if error.transient}


@pytest.mark.parametrize(
    ("received", "outcome"), [(signal.SIGINT, Outcome.INTERRUPTED), (signal.SIGTERM, Outcome.TERMINATED)]
)
def test_a_signals_code_is_128_plus_its_number(received: signal.Signals, outcome: Outcome) -> None:
    """As shells have it; the sentence names it."""
    error = errors.StopRequested(received)
    assert error.outcome is outcome
    assert outcome == 128 + received
    assert received.name in str(error)


def test_invalid_settings_name_every_problem() -> None:
    """One sentence holds all of them, and the result's list each."""
    problems = [errors.Problem("SFN_A", "is wrong"), errors.Problem("SFN_B", "is missing")]
    error = errors.InvalidSettings(problems)
    assert str(error) == "SFN_A: is wrong; SFN_B: is missing"
    assert error.problems == problems


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("Rate exceeded", "It goes on"), "Rate exceeded. It goes on."),
        (("Denied.", "", "Is it? Yes!", "Why?"), "Denied. Is it? Yes! Why?"),
        (("",), ""),
    ],
)
def test_sentences_have_one_full_stop_each(parts: tuple[str, ...], text: str) -> None:
    """AWS's own often lack it."""
    assert errors.sentences(*parts) == text
