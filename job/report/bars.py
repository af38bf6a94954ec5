"""What a timeline consists of: a tree of bars, each a state, a branch, an item, or many of these folded into one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple


class Status(StrEnum):
    """How a bar ended."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    RETRIED = "retried"
    """It succeeded, but not at the first attempt."""
    CAUGHT = "caught"
    """It failed, and the definition's Catch went on elsewhere."""
    FAILED = "failed"
    ABORTED = "aborted"
    """It was still running when something else ended it."""
    TIMED_OUT = "timed out"


class Kind(StrEnum):
    """What a bar stands for."""

    STATE = "state"
    BRANCH = "branch"
    ITEM = "item"
    FOLD = "fold"


@dataclass(slots=True)
class Attempt:
    """One try of a state, with the error and the cause of its failure where the history tells them."""

    start: datetime
    end: datetime | None = None
    failed: bool = False
    error: str | None = None
    cause: str | None = None


@dataclass(slots=True, eq=False)
class Bar:
    """One row of the timeline."""

    kind: Kind
    name: str
    """Of a state; an item and a branch have a number instead."""
    type: str
    """Of a state: Task, Map, Parallel …"""
    start: datetime
    parent: "Bar | None" = field(repr=False)
    number: int = 0
    """A branch counts from 1, in the order in which they began; an item has its index, from 0, as in AWS's console."""
    attempt: int = 1
    """The attempt of the Parallel or Map around it to which it belongs."""
    depth: int = 0
    """1 at the top."""
    end: datetime | None = None
    """None while it runs."""
    status: Status = Status.RUNNING
    children: "list[Bar]" = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    attempts_made: int = 0
    """At least as many as `attempts` remembers."""
    resource: str | None = None
    length: int | None = None
    """Items of a Map."""
    execution_arn: str | None = None
    """The execution that the state started."""
    map_run_arn: str | None = None
    troubled: bool = False
    """Something in it failed, whatever came of that."""
    culprit: "Bar | None" = field(default=None, repr=False)
    """The child that made it fail."""
    fold: "Bar | None" = field(default=None, repr=False)
    """The child that stands for the folded ones."""
    folded: int = 0
    """How many others a fold stands for."""
    folded_kind: Kind = Kind.STATE
    folded_troubled: int = 0
    """How many of these are troubled."""

    @property
    def failure(self) -> Attempt | None:
        """The last attempt, where that failed."""
        return self.attempts[-1] if self.attempts and self.attempts[-1].failed else None

    @property
    def size(self) -> int:
        """The bar and all that are in it."""
        return 1 + sum(child.size for child in self.children)

    def lineage(self) -> Iterator["Bar"]:
        """Yield the bar and all that it is in, from the inside out."""
        bar: Bar | None = self
        while bar:
            yield bar
            bar = bar.parent

    def nearest(self, *, name: str | None = None, type_: str | None = None, running: bool = False) -> "Bar | None":
        """Return the innermost state around, or the bar itself, that hasn't ended and is of this name and type.

        ``running``: nor failed, waiting to be tried again.
        """
        for bar in self.lineage():
            unended = bar.kind is Kind.STATE and bar.parent and bar.end is None
            wanted = name in {None, bar.name} and type_ in {None, bar.type}
            if unended and wanted and (bar.status is Status.RUNNING or not running):
                return bar
        return None

    def unended(self) -> Iterator["Bar"]:
        """Yield what is in it and hasn't ended, the newest and innermost first."""
        for child in reversed(self.children):
            if child.end is None:
                yield from child.unended()
                yield child

    def innermost_culprit(self) -> "Bar | None":
        """Return the bar in which the failure of this one began; None where none did."""
        culprit = self.culprit
        while culprit and culprit.culprit:
            culprit = culprit.culprit
        return culprit


class Timeline(NamedTuple):
    """All bars, and what the history tells of the execution itself."""

    bars: list[Bar]
    start: datetime | None
    """None where the history is empty."""
    last: datetime | None
    """When the last event happened: up to then is known what still runs."""
    status: Status
    culprit: Bar | None
    """The state in which the execution failed; None where that was in no state."""
    redrives: list[datetime]


FEWEST_GATHERED = 4


def gathered(bars: list[Bar]) -> Iterator[Bar]:
    """Yield the bars, but instead of many items beside each other that ended alike a fold that holds them."""

    def alike(bar: Bar) -> Status | int:
        items = Kind.ITEM in {bar.kind, bar.folded_kind}
        return bar.status if items and not bar.troubled and not bar.folded_troubled else id(bar)

    for _, run in groupby(bars, alike):
        same = list(run)
        if len(same) < FEWEST_GATHERED:
            yield from same
        else:
            fold = Bar(Kind.FOLD, "", "", min(bar.start for bar in same), same[0].parent, children=same)
            fold.status, fold.folded, fold.folded_kind = same[0].status, sum(bar.folded or 1 for bar in same), Kind.ITEM
            ends = [bar.end for bar in same if bar.end]
            fold.end = max(ends) if len(ends) == len(same) else None
            yield fold
