"""Text and times as the report shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.report import markup
from tests.support.histories import START


@given(st.text(st.characters(codec=None)))
def test_no_text_can_leave_its_place(anything: str) -> None:
    """Neither an element nor an attribute, whichever quotes are around it; and it can be written as UTF-8."""
    shown = markup.text(anything)
    assert not {"<", ">", '"', "'"} & set(shown)
    shown.encode()
    assert not any(character < " " and character not in "\t\n" for character in shown)


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2066\u200f\ufeff", "\\u2066\\u200f\\ufeff"),
        ("\x00\x1b[31m\r\x7f\x85", "\\x00\\x1b[31m\\x0d\\x7f\\x85"),
        ("half \ud800", "half \\ud800"),
        ("two\n\tlines", "two\n\tlines"),
        ("שלום é 👩‍👩‍👧 日本", "שלום é 👩‍👩‍👧 日本"),
        (3, "3"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(given_: object, shown: str) -> None:
    """And what somebody wrote in their own language stays as it is."""
    assert markup.text(given_) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.0004, "0 ms"),
        (0.42, "420 ms"),
        (0.9996, "1 s"),
        (1.5, "1.5 s"),
        (9.99, "9.99 s"),
        (9.996, "10 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (125, "2 min 5 s"),
        (3599.7, "1 h"),
        (3661, "1 h 1 min"),
        (86_399.7, "1 d"),
        (200_000, "2 d 8 h"),
        (31_536_000, "365 d"),
    ],
)
def test_a_duration_is_said_in_two_units_at_most(seconds: float, said: str) -> None:
    assert markup.duration(seconds) == said


@given(st.floats(0.0011, 31_536_000))
def test_an_axis_has_a_few_round_ticks(span: float) -> None:
    ticks = markup.ticks(span)
    assert ticks[0] == 0
    assert ticks[-1] <= span
    assert 2 <= len(ticks) <= markup.MOST_TICKS


def test_an_axis_of_any_length_has_ticks() -> None:
    assert len(markup.ticks(1e10)) == markup.MOST_TICKS
    assert markup.ticks(0.0001) == [0]


def test_times_are_in_the_process_s_zone() -> None:
    here = START.astimezone()
    assert markup.moment(START).startswith(here.strftime("%Y-%m-%d %H:%M:%S.412 "))
    assert markup.clock(START) == here.strftime("%H:%M:%S.412")
