"""The report's timeline: bars on a time axis, as nested lists that read well without their pictures too."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from job import naming
from job.history import causes
from job.report.bars import Attempt, Bar, Kind, Status, Timeline, gathered
from job.report.markup import clock, duration, moment, name, text, ticks

LONGEST_OPEN = 12
"""A Parallel or Map of at most so many branches or items is shown unfolded, and any in which the execution failed."""

_NOUNS = {Kind.STATE: "states", Kind.BRANCH: "branches", Kind.ITEM: "items", Kind.FOLD: "states"}
_LEGEND = (
    ("run", "ran"),
    ("warn", "failed, then caught or tried again"),
    ("bad", "failed for good"),
    ("off", "stopped before its end"),
)
_TONES = {
    Status.RUNNING: "run",
    Status.SUCCEEDED: "run",
    Status.RETRIED: "warn",
    Status.CAUGHT: "warn",
    Status.FAILED: "bad",
    Status.TIMED_OUT: "bad",
    Status.ABORTED: "off",
}


class _Axis(NamedTuple):
    """From when, for how many seconds, and where in it the execution failed."""

    start: datetime
    span: float
    culprit: Bar | None

    def left(self, at: datetime) -> float:
        """Return where a moment is, in percent; what began at the very end stays visible."""
        return min(max((at - self.start).total_seconds() / self.span * 100, 0), 99.7)

    def width(self, start: datetime, end: datetime) -> float:
        return max(min((end - start).total_seconds() / self.span * 100, 100 - self.left(start)), 0)


def timeline_html(timeline: Timeline, now: datetime) -> str:
    """Return the timeline's heading, axis and bars. ``now``: up to when runs what hasn't ended."""
    if timeline.start is None or timeline.last is None or not timeline.bars:
        return "<p>No state was entered.</p>"
    end = now if timeline.status is Status.RUNNING else timeline.last
    axis = _Axis(timeline.start, max((end - timeline.start).total_seconds(), 0.001), timeline.culprit)
    marks = ticks(axis.span)
    labels = "".join(_tick(seconds, seconds / axis.span * 100) for seconds in marks)
    whole = ""
    if timeline.culprit is None and timeline.status in {Status.FAILED, Status.TIMED_OUT}:
        whole = f'<p class="error">The execution {timeline.status} as a whole, in no state.</p>'
    redrives = "".join(f"<p>Redriven at {moment(at)}.</p>" for at in timeline.redrives)
    step = marks[1] / axis.span * 100 if len(marks) > 1 else 100
    return (
        f"{_legend(timeline.bars)}{redrives}{whole}"
        f'<div class="chart" style="--step:{step:.3f}%">'
        f'<div class="axis" aria-hidden="true"><div class="labels">{labels}</div></div>'
        f"{_list(timeline.bars, axis, 0, 'States, in the order in which they were entered')}</div>"
    )


def _tick(seconds: float, percent: float) -> str:
    late = ' class="late"' if percent > 78 else ""
    return f'<span{late} style="left:{percent:.3f}%">{duration(seconds) if seconds else 0}</span>'


def _legend(bars: list[Bar]) -> str:
    def tones(bars: list[Bar]) -> Iterator[str]:
        for bar in bars:
            yield _TONES[bar.status]
            yield from tones(bar.children)

    present = set(tones(bars))
    shown = "".join(f'<span class="key {tone}"><i></i>{said}</span>' for tone, said in _LEGEND if tone in present)
    return f'<p class="soft">{shown}</p>' if present != {"run"} else ""


def _list(bars: Iterable[Bar], axis: _Axis, depth: int, label: str = "") -> str:
    named = f' aria-label="{label}"' if label else ""
    return f'<ol class="bars"{named}>{"".join(_item(bar, axis, depth) for bar in bars)}</ol>'


def _item(bar: Bar, axis: _Axis, depth: int) -> str:
    culprit = axis.culprit is bar
    tone = f"{_TONES[bar.status]}{' culprit' if culprit else ''}"
    identity = ' id="failed"' if culprit else ""
    row = _row(bar, axis)
    notes = "".join(_notes(bar))
    inside = f'<ul class="notes {tone}">{notes}</ul>' if notes else ""
    if bar.children:
        folded = bar.kind is Kind.FOLD or len(bar.children) <= LONGEST_OPEN
        inside += _list(bar.children if folded else gathered(bar.children), axis, depth + 1)
    if inside:
        opened = " open" if _opened(bar, axis) else ""
        row = f'<details{opened}><summary class="row {tone}">{row}</summary>{inside}</details>'
    else:
        row = f'<div class="row {tone}">{row}</div>'
    return f'<li style="--depth:{depth}"{identity}>{row}</li>'


def _opened(bar: Bar, axis: _Axis) -> bool:
    if axis.culprit and bar in axis.culprit.lineage():
        return True
    return bar.kind is Kind.BRANCH or (bar.kind is Kind.STATE and 0 < len(bar.children) <= LONGEST_OPEN)


def _row(bar: Bar, axis: _Axis) -> str:
    shape = ("many" if bar.children else "fold") if bar.kind is Kind.FOLD else "group" if bar.children else "leaf"
    when = f"{clock(bar.start)} to {clock(bar.end) if bar.end else 'now: it still runs'}"
    return (
        f'<span class="what">{_label(bar)}</span>'
        f'<span class="track {shape}" title="{when}">{"".join(_segments(bar, axis))}</span>'
        f'<span class="how">{_said(bar, axis)}</span>'
    )


def _label(bar: Bar) -> str:
    again = bar.parent.attempts_made > 1 if bar.parent else False
    tail = f' <span class="soft">attempt {bar.attempt}</span>' if again else ""
    if bar.kind is Kind.FOLD:
        return f"{bar.folded:,} {'' if bar.children else 'more '}{_NOUNS[bar.folded_kind]}"
    if bar.kind is not Kind.STATE:
        return f"{bar.kind.capitalize()} {bar.number}{tail}"
    length = f"{bar.length:,}\N{NO-BREAK SPACE}items" if bar.length is not None else None
    tries = f"{bar.attempts_made:,}\N{NO-BREAK SPACE}attempts" if bar.attempts_made > 1 else None
    facts = [bar.type, bar.resource and shortened(bar.resource), length, tries]
    return f'<b>{name(bar.name)}</b> <span class="soft">{text(" · ".join(filter(None, facts)))}</span>'


def _segments(bar: Bar, axis: _Axis) -> Iterator[str]:
    if bar.kind is Kind.FOLD and bar.children:
        for child in bar.children:
            yield from _segments(child, axis)
    elif bar.end is None:
        yield _segment("whole running", axis.left(bar.start), 100 - axis.left(bar.start))
    else:
        yield _segment("whole", axis.left(bar.start), axis.width(bar.start, bar.end))
    for attempt in bar.attempts:
        kind = "try failed" if attempt.failed else "try"
        width = 100 - axis.left(attempt.start) if attempt.end is None else axis.width(attempt.start, attempt.end)
        yield _segment(kind, axis.left(attempt.start), width)


def _segment(kind: str, left: float, width: float) -> str:
    return f'<i class="{kind}" style="left:{left:.2f}%;width:{width:.2f}%"></i>'


def _said(bar: Bar, axis: _Axis) -> str:
    """Say how it ended and how long it took, and for who can't see the bar when it began."""
    if bar.kind is Kind.FOLD and not bar.children:
        return f"{bar.folded_troubled:,} had failures" if bar.folded_troubled else "none failed"
    began = duration(max((bar.start - axis.start).total_seconds(), 0))
    word = f'<span class="status">{bar.status.capitalize()}</span>'
    if bar.status is Status.SUCCEEDED and bar.troubled:
        word = '<span class="status warn">Recovered</span>'
    elif bar.status is Status.SUCCEEDED and bar.kind is not Kind.FOLD:
        word = '<span class="unseen">Succeeded</span>'
    took = duration(max((bar.end - bar.start).total_seconds(), 0)) if bar.end else ""
    return f'{word}<span class="unseen"> began after {began}, took </span> <span class="took">{took}</span>'


def _notes(bar: Bar) -> Iterator[str]:
    """Yield what a row has no room for: failed attempts, and what was started elsewhere."""
    yield from _attempts(bar)
    if bar.execution_arn:
        yield f"<li>Started the execution {arn(bar.execution_arn)}</li>"
    if bar.map_run_arn:
        yield f"<li>Map run <code>{name(bar.map_run_arn)}</code></li>"


def _attempts(bar: Bar) -> Iterator[str]:
    forgotten = bar.attempts_made - len(bar.attempts)
    numbered = [
        (number if number <= len(bar.attempts) // 2 else number + forgotten, attempt)
        for number, attempt in enumerate(bar.attempts, 1)
        if attempt.failed and (attempt.error or attempt.cause or bar.attempts_made > 1)
    ]
    for _, same in groupby(numbered, lambda pair: (pair[1].error, pair[1].cause)):
        alike = list(same)
        yield f"<li>{_which(bar, alike)}{failure_html(alike[0][1])}</li>"


def _which(bar: Bar, alike: list[tuple[int, Attempt]]) -> str:
    if bar.attempts_made == 1:
        return ""
    first, last = alike[0][0], alike[-1][0]
    return f"Attempt {first} failed. " if first == last else f"Attempts {first} to {last} failed. "


def failure_html(attempt: Attempt) -> str:
    """Return error and cause of an attempt."""
    error = f'<b class="error">{name(attempt.error)}</b>' if attempt.error else ""
    return error + (f' <span class="cause">{name(causes.message(attempt.cause))}</span>' if attempt.cause else "")


def shortened(resource: str) -> str:
    """Return the resource of a Task without what all of AWS's own have in common."""
    return re.sub(r"^arn:aws[a-z-]*:states:::", "", resource)


def arn(value: str) -> str:
    """Return an execution's ARN, as a link where the AWS console has a page for it."""
    shown = f"<code>{name(value)}</code>"
    parts = value.split(":")
    url = naming.console_url(value) if len(parts) == 8 and parts[5] == "execution" else None
    return f'<a href="{text(url)}">{shown}</a>' if url else shown
