"""The plot of docs/waiting.md, as an SVG that is readable on light and on dark pages."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks.simulation import Result

WIDTH, HEIGHT = 860, 360
PANEL = 330
"""Width of each of the two panels."""
TOP, BOTTOM = 60, 300

STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: 600 }
.a { --c: #0969da } .b { --c: #bc4c00 } .c { --c: #57606a }
path { fill: none; stroke: var(--c); stroke-width: 2 } .c { stroke-dasharray: 5 4 }
path.grid { stroke: #8c959f; stroke-opacity: .3; stroke-width: 1 }
circle { fill: var(--c) } text.a, text.b, text.c { fill: var(--c) }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .a { --c: #58a6ff } .b { --c: #f0883e } .c { --c: #9198a1 }
}
"""

Point = tuple[float, float, str]
"""x, y and the words beside the point."""


def svg(curves: Mapping[str, Sequence[Result]], sizes: Mapping[int, Mapping[str, Result]]) -> str:
    """Draw what a lone job's lag costs in checks, and how the lag grows with the fleet."""
    left = {
        style: [(one.requests / one.jobs, one.lag(0.5), "") for one in curves[name]]
        for style, name in zip("ab", curves, strict=True)
    }
    right: dict[str, list[Point]] = {"a": [], "b": [], "c": []}
    for jobs, results in sizes.items():
        default = next(one for name, one in results.items() if "sfn-job" in name)
        for style, one in (("a", default), ("b", results["every 10 s"]), ("c", results["perfect central scheduler"])):
            failed = (one.failed + one.not_started) / one.jobs
            right[style].append((jobs, one.lag(0.5), f"{failed:.0%} fail" if failed else ""))
    body = [
        *_panel(60, "Few jobs: lag against checks", "checks for each job", (10, 3000), (0.2, 100), left),
        *_legend(190, [("a", "sfn-job, intervals 1 s to 6 min"), ("b", "fixed intervals, 1 s to 90 s")]),
        *_panel(490, "One account's quota: lag against jobs", "jobs started at once", (7, 15_000), (0.1, 1000), right),
        *_legend(510, [("a", "sfn-job"), ("b", "every 10 s (those that don't fail)"), ("c", "perfect scheduler")]),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    title = "<title>Median seconds from an execution's end until it is seen</title>"
    return "\n".join([head, title, f"<style>\n{STYLE}</style>", *body, "</svg>", ""])


def _panel(
    left: int,
    title: str,
    label: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    lines: Mapping[str, Sequence[Point]],
) -> Iterator[str]:
    x = _scale(x_range, left, left + PANEL)
    y = _scale(y_range, BOTTOM, TOP)
    yield f'<text class="title" x="{left}" y="24">{title}</text>'
    yield f'<text x="{left}" y="44">median lag, seconds</text>'
    yield f'<text x="{left + PANEL}" y="{BOTTOM + 38}" text-anchor="end">{label}</text>'
    for power in _powers(x_range):
        yield f'<path class="grid" d="M{x(power):.1f} {TOP}V{BOTTOM}"/>'
        yield f'<text x="{x(power):.1f}" y="{BOTTOM + 18}" text-anchor="middle">{power:,g}</text>'
    for power in _powers(y_range):
        yield f'<path class="grid" d="M{left} {y(power):.1f}H{left + PANEL}"/>'
        yield f'<text x="{left - 8}" y="{y(power) + 4:.1f}" text-anchor="end">{power:,g}</text>'
    for style, points in lines.items():
        places = [f"{x(across):.1f} {y(up):.1f}" for across, up, _ in points]
        yield f'<path class="{style}" d="M{"L".join(places)}"/>'
        for across, up, words in points:
            yield f'<circle class="{style}" cx="{x(across):.1f}" cy="{y(up):.1f}" r="3.5"/>'
            if words:
                place = f'x="{x(across):.1f}" y="{y(up) + 20:.1f}"'
                yield f'<text class="{style}" {place} text-anchor="middle">{words}</text>'


def _legend(left: int, entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    for place, (style, words) in enumerate(entries):
        y = TOP + 14 + 18 * place
        yield f'<path class="{style}" d="M{left} {y - 4}h24"/><text x="{left + 30}" y="{y}">{words}</text>'


def _scale(values: tuple[float, float], first: float, last: float) -> Callable[[float], float]:
    low, high = map(math.log, values)
    return lambda value: first + (math.log(value) - low) / (high - low) * (last - first)


def _powers(values: tuple[float, float]) -> list[float]:
    low, high = values
    return [float(10.0**power) for power in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
