"""How bars end: well, badly with those around them, or folded because there are too many of the same."""

from datetime import datetime

from job.report.bars import Bar, Kind, Status

MOST_BARS = 1000
"""Past this, what ends well inside of other states is folded; past twice as much, also what was caught or retried."""

LONGEST_LIST = 50
"""Of the states or items beside each other the first so many are kept, and later ones that end well are folded;
the first one always is kept."""

_BADLY = {Status.FAILED, Status.ABORTED, Status.TIMED_OUT}


class Endings:
    """Ends the bars of one timeline, and counts them, so that the tree stays readable and its memory bounded."""

    def __init__(self) -> None:
        self._kept = 0

    def add(self, bar: Bar, parent: Bar) -> None:
        """Append a bar that begins to its parent's children."""
        parent.children.append(bar)
        self._kept += 1

    def end(self, bar: Bar, status: Status, at: datetime) -> None:
        """End the bar and what still runs in it; the execution goes on past it."""
        self._end_children(bar, Status.SUCCEEDED if status in {Status.RETRIED, Status.CAUGHT} else status, at)
        for last in bar.attempts[-1:]:
            last.end = last.end or at
        bar.status, bar.end = status, at
        self.fold(bar)

    def blame(self, bar: Bar, scope: Bar, status: Status, at: datetime) -> None:
        """End what is in ``bar``, because something failed in ``scope``: that and all around it with ``status``.

        What else still ran there was aborted.
        """
        path = list(scope.lineage())
        path = path[: path.index(bar)] if bar in path else []
        for inner in path:
            if inner.end is None:
                self._end_children(inner, Status.ABORTED, at)
                inner.status, inner.end = (inner.status if inner.failure else status), at
                for last in inner.attempts[-1:]:
                    last.end, last.failed = last.end or at, True
            if inner.status in {Status.FAILED, Status.TIMED_OUT} and inner.parent:
                inner.parent.culprit = inner
        self._end_children(bar, Status.ABORTED, at)
        for around in (*path, *bar.lineage()):
            around.troubled = True

    def fold(self, bar: Bar) -> None:
        """Fold the bar if it is too much. It must have ended, and the execution gone on."""
        parent = bar.parent
        if parent is None or bar.kind is Kind.FOLD or not self._too_much(bar, parent.children):
            return
        fold = parent.fold
        if fold is None:
            fold = parent.fold = Bar(Kind.FOLD, "", "", bar.start, parent, depth=bar.depth, status=Status.SUCCEEDED)
            parent.children.insert(parent.children.index(bar), fold)
            self._kept += 1
        fold.folded += 1
        fold.folded_troubled += bar.troubled
        fold.folded_kind = bar.kind
        fold.start = min(fold.start, bar.start)
        fold.end = max(filter(None, (fold.end, bar.end)), default=None)
        parent.children.remove(bar)
        self._kept -= bar.size
        _forget(bar)

    def _too_much(self, bar: Bar, beside: list[Bar]) -> bool:
        if bar is beside[0]:
            return False
        if bar.troubled:
            return self._kept > 2 * MOST_BARS
        return (bar.depth > 1 and self._kept > MOST_BARS) or bar not in beside[:LONGEST_LIST]

    def _end_children(self, bar: Bar, status: Status, at: datetime) -> None:
        for child in [child for child in bar.children if child.end is None]:
            ends = [inner.end for inner in child.children if inner.end]
            if child.kind is Kind.BRANCH and ends and len(ends) == len(child.children):
                # No event says that a branch has ended: its last state's exit does.
                self.end(child, Status.SUCCEEDED, max(ends))
            else:
                self.end(child, status, at)


def _forget(bar: Bar) -> None:
    """Free what is in a folded bar; events still refer to the bars themselves."""
    for child in bar.children:
        _forget(child)
    bar.children.clear()
    bar.attempts.clear()


def reopen(bar: Bar) -> None:
    """Let a redrive go on with what ended badly."""
    bar.status, bar.end, bar.culprit = Status.RUNNING, None, None
    for child in bar.children:
        if child.status in _BADLY:
            reopen(child)


def guilty(bar: Bar, scope: Bar) -> Bar:
    """Return where in ``bar``, which fails, that began: in ``scope``, from which its failure follows.

    In LocalStack a Map or Parallel fails from whatever came last in it, so what is known to have failed goes before.
    """
    if scope is bar or scope.failure or scope.type == "Fail":
        return scope
    failed = (inner for inner in bar.unended() if inner.failure or inner.type == "Fail")
    return bar.culprit or next(failed, scope)
