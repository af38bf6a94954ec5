"""The report of any run, with any texts in it."""

import re
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from job.history.explaining import explain
from job.report import timeline
from job.report.bars import Bar
from job.report.markup import text
from job.report.page import html
from tests.properties.simulator import Simulator
from tests.properties.test_histories import MISFORTUNES, RANDOMS
from tests.properties.test_result import documents
from tests.support.histories import START
from tests.unit.history.test_explaining import PREFIX, Account
from tests.unit.report.test_page import Page

HOSTILE = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ["<script>alert(1)</script>", '" onload="x', "' style='x", "</style><b>", "&lt;", "-->", "]]>", "\u202eevil", "\0"]
)
STYLE = re.compile(r"--depth:\d+|--step:[\d.]+%|left:(?P<left>[\d.]+)%(;width:(?P<width>[\d.]+)%)?")


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], str | None]:
    """The events of an execution with times and with somebody's names and words; and the state in which it failed."""
    random: Random = draw(RANDOMS)
    simulator = Simulator(random, draw(MISFORTUNES))
    truth = simulator.carry_out(simulator.definition(), draw(st.none() | st.integers(1, 80)))
    names = draw(st.lists(HOSTILE, min_size=1, max_size=5))
    at = START
    for event in simulator.events:
        at += timedelta(seconds=random.choice([0, 0, 0.001, 1, 3600]))
        event["timestamp"] = at
        for details in event.values():
            if isinstance(details, dict):
                for key in details.keys() & {"name", "state", "error", "cause", "resource"}:
                    details[key] += (
                        random.choice(names) if key in {"error", "cause"} else names[len(details[key]) % len(names)]
                    )
    return simulator.events, truth and truth.name


@given(made=histories(), document=documents(), data=st.booleans(), late=st.integers(0, 10**9))
def test_any_page_is_whole_and_has_nobody_elses_markup(
    made: tuple[list[dict[str, Any]], str | None], document: dict[str, Any], late: int, *, data: bool
) -> None:
    """Its tags close as they opened, and no style or link is more than what the report itself says."""
    drawn = timeline.bars(iter(made[0]))
    written = html(document, drawn, now=START + timedelta(seconds=late), data=data)
    shown = Page(written.encode().decode())
    assert {tag for tag, _ in shown.seen}.isdisjoint({"script", "img", "iframe", "object", "link", "base", "form"})
    assert not [name for _, found in shown.seen for name in found if name.startswith("on")]
    assert all(href == "#failed" or href.startswith("https://") for href in shown.attributes("href"))
    for styled in shown.attributes("style"):
        found = STYLE.fullmatch(styled)
        assert found, styled
        left, width = float(found["left"] or 0), float(found["width"] or 0)
        assert left <= 100
        assert left + width <= 100.01


@given(value=HOSTILE)
def test_any_text_stays_text(value: str) -> None:
    """In an element and in a quoted attribute, and UTF-8 can hold it."""
    page = Page(f'<p title="{text(value)}">{text(value)}</p>'.encode().decode())
    assert [tag for tag, _ in page.seen] == ["p"]
    assert page.attributes("title") == [page.text]
    assert not set(page.text) & {"\0", "\u202e", "\ud800"}


def walked(bars: list[Bar]) -> list[Bar]:
    return [inner for bar in bars for inner in (bar, *walked(bar.children))]


@given(made=histories())
def test_no_bar_ends_before_it_begins_or_outlives_what_it_is_in(made: tuple[list[dict[str, Any]], str | None]) -> None:
    """Nor does anything still run in an execution that has ended."""
    drawn = timeline.bars(iter(made[0]))
    ended = made[0][-1]["type"] in {"ExecutionFailed", "ExecutionSucceeded"}
    for bar in walked(drawn.bars):
        assert bar.end is None or bar.start <= bar.end
        assert not ended or bar.end
        for child in bar.children:
            assert bar.start <= child.start
            assert not (child.end and bar.end) or child.end <= bar.end


@given(random=RANDOMS, misfortune=MISFORTUNES)
def test_the_timeline_blames_the_state_that_failed(random: Random, misfortune: float) -> None:
    """The same that the result names."""
    simulator = Simulator(random, misfortune)
    truth = simulator.carry_out(simulator.definition())
    if truth is None:
        return
    for event in simulator.events:
        event["timestamp"] = START
    found = explain(Account(e0=simulator.events), f"{PREFIX}:execution:machine:e0")
    drawn = timeline.bars(iter(simulator.events), found.entered)
    assert drawn.culprit
    assert (drawn.culprit.name, drawn.culprit.type) == (truth.name, truth.type)
