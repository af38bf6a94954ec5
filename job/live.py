"""The live line for people on a terminal: elapsed time and what runs now, below the log (contract 6)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from job.run import Run

if TYPE_CHECKING:
    import logging

    from rich.console import Console


@contextmanager
def shown(run: Run, handler: "logging.StreamHandler[Any]", redact: Callable[[str], str]) -> Iterator[None]:
    """Show the line on the terminal of the log's ``handler`` while the context lasts; the log goes above it."""
    from rich.console import Console  # noqa: PLC0415 - start-up is paid by everybody, this by who looks on
    from rich.live import Live  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415

    console = Console(file=handler.stream)
    spinner = Spinner("dots")

    def line() -> Spinner:
        spinner.update(text=redact(text(run, time.time())))
        return spinner

    terminal = handler.stream
    handler.setStream(_Above(console))
    try:
        with Live(get_renderable=line, console=console, transient=True, redirect_stdout=False, redirect_stderr=False):
            yield
    finally:
        handler.setStream(terminal)


def text(run: Run, now: float) -> str:
    """Return ``nightly-1  0:00:42  Charge the card  3 of 7 states  12 of 40 items``; ``now``: epoch seconds."""
    execution = run.execution
    if execution is None:
        return "starting"
    elapsed = timedelta(seconds=max(0, round(now - execution.began)))
    parts = [execution.name, str(elapsed), run.state or execution.status]
    if run.states_entered and run.states_known:
        parts.append(f"{run.states_entered} of {run.states_known} states")
    if run.items:
        parts.append(f"{run.items_done} of {run.items} items")
    return "  ".join(parts)


class _Above:
    """A stream for the log that keeps the live line below what is written."""

    def __init__(self, console: "Console") -> None:
        self._console = console

    def write(self, text: str) -> None:
        # Not wrapped: a line of the log stays one when it is copied.
        self._console.print(text.rstrip("\n"), markup=False, highlight=False, emoji=False, soft_wrap=True)

    def flush(self) -> None:
        """Do nothing: what was printed is there."""
