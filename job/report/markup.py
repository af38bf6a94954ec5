"""Somebody else's text, and times, as HTML. All that the report shows of a run goes through `text`."""

import html
import re
from datetime import datetime

_UNSEEN = re.compile(
    # Control characters, those that turn the direction of what follows or take no space, and what UTF-8 can't hold.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff]"
)

_STEPS = [
    *(base * 10**power for power in (-3, -2, -1) for base in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30),
    *(minutes * 60 for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * 3600 for hours in (1, 2, 3, 6, 12)),
    *(days * 86_400 for days in (1, 2, 7, 14, 30, 90, 365)),
]
"""Seconds between two ticks that people find round."""

MOST_TICKS = 8

_SIZES = [(86_400, "d", "h"), (3600, "h", "min"), (60, "min", "s")]


def text(value: object) -> str:
    r"""Return the value as text for an element or a quoted attribute; what can't be seen shows as ``\u202e``."""
    return html.escape(_UNSEEN.sub(lambda found: _escape(found[0]), str(value)))


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def name(value: object) -> str:
    """Return a name as text that keeps its direction, and that of what is around it."""
    return f"<bdi>{text(value)}</bdi>"


def duration(seconds: float) -> str:
    """Return ``420 ms``, ``1.5 s``, ``2 min 5 s``, ``3 h 20 min`` or ``2 d 4 h``: two units at most."""
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        digits = f"{seconds:.2f}" if seconds < 9.995 else f"{seconds:.1f}"
        return digits.rstrip("0").removesuffix(".") + " s"
    whole, unit, rest = next(size for size in _SIZES if round(seconds) >= size[0])
    smaller = next((size for size, other, _ in _SIZES if other == rest), 1)
    count, remainder = divmod(round(seconds / smaller) * smaller, whole)
    return f"{count} {unit}" + (f" {remainder // smaller} {rest}" if remainder else "")


def moment(at: datetime) -> str:
    """Return ``2026-11-22 03:00:05.123 +01:00``, in the process's time zone."""
    zoned = at.astimezone().isoformat(" ", "milliseconds")
    return f"{zoned[:23]} {zoned[23:]}"


def clock(at: datetime) -> str:
    """Return ``03:00:05.123``, in the process's time zone."""
    return at.astimezone().strftime("%H:%M:%S.%f")[:-3]


def ticks(span: float) -> list[float]:
    """Return the seconds from 0 on that are marked on an axis of ``span`` seconds: round ones, `MOST_TICKS` at most."""
    step = next((step for step in _STEPS if span / step < MOST_TICKS), span / (MOST_TICKS - 1))
    return [step * number for number in range(int(span / step) + 1)]
