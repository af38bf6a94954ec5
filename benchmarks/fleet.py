# ruff: noqa: S311, T201 - randomness here has a seed and no secrets, and print is how a benchmark speaks
"""Fleets of waiting jobs in one AWS account, simulated: the job against fixed intervals, backoff and the possible.

    python -m benchmarks.fleet            prints the tables and writes them and the plot into docs/waiting.md
    python -m benchmarks.fleet --check    runs real jobs against a scaled-down quota, beside the same fleet simulated

Every number has a seed: the first command writes the same page each time, in about a minute.
"""

import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

from benchmarks import plot, reality
from benchmarks.simulation import (
    BIG_REGIONS,
    OTHER_REGIONS,
    RETRY_WINDOW,
    Draw,
    Ours,
    Region,
    Result,
    Script,
    Waiter,
    central,
    simulate,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "waiting.md"
PLOT = PAGE.with_name("waiting.svg")

SHORTEST, LONGEST = 1.0, 6 * 3600.0
MEDIAN, SIGMA = 120.0, 3.0
"""Executions last between a second and six hours; within that their lengths are log-normal, the usual heavy-tailed law
of running times: one in twenty ends within 3 s, half within 2 minutes, and one in twenty takes over 2 hours."""

FLEETS = {10: 30, 150: 5, 1000: 4, 5000: 1, 10_000: 1}
"""Jobs in a fleet, and how many such fleets are simulated and taken together, lest a small one say too little."""

FIXED = (1, 5, 10, 60)
DEFAULT = 10
"""Seconds: the intervals to compare with, and SFN_POLLING_INTERVAL's default."""

HEADER = """\
| | checks a job | of the quota | throttled | throttled later | median lag | 99 % | of the length | 99 % | failed |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""

Fleet = tuple[list[float], list[float]]
"""The durations of its executions, and when its jobs begin."""


def log_normal(jobs: int, seed: int, median: float = MEDIAN, sigma: float = SIGMA) -> list[float]:
    """Draw the durations of so many executions."""
    random = Random(seed)
    endless = iter(lambda: random.lognormvariate(math.log(median), sigma), None)
    within = (duration for duration in endless if SHORTEST <= duration <= LONGEST)
    return [next(within) for _ in range(jobs)]


def log_uniform(jobs: int, seed: int) -> list[float]:
    """Draw durations of which each order of magnitude is as likely as any other."""
    random = Random(seed)
    return [SHORTEST * (LONGEST / SHORTEST) ** random.random() for _ in range(jobs)]


def fleets(jobs: int, durations: Callable[[int, int], list[float]] = log_normal, spread: float = 1.0) -> list[Fleet]:
    """Make the fleets of this size; their jobs begin within `spread` seconds, like a CronJob's, or a day's work."""
    randoms = [Random(f"begins {seed}") for seed in range(FLEETS[jobs])]
    return [
        (durations(jobs, seed), [random.uniform(0, spread) for _ in range(jobs)]) for seed, random in enumerate(randoms)
    ]


def run(all_fleets: Sequence[Fleet], waiter: Callable[[Draw], Waiter], region: Region = BIG_REGIONS) -> Result:
    """Simulate each fleet, with seeds of their own."""
    result = Result()
    for seed, (durations, begins) in enumerate(all_fleets):
        result.add(simulate(durations, waiter, begins, region, seed))
    return result


def limit(all_fleets: Sequence[Fleet], region: Region = BIG_REGIONS) -> Result:
    """Simulate the central scheduler on each fleet."""
    result = Result()
    for durations, begins in all_fleets:
        result.add(central(durations, begins, region))
    return result


def ours(interval: float, window: float = RETRY_WINDOW) -> Callable[[Draw], Waiter]:
    """The job with this SFN_POLLING_INTERVAL and SFN_RETRY_WINDOW."""
    return partial(Ours, interval, window)


def until_none_fails(all_fleets: Sequence[Fleet], region: Region = BIG_REGIONS) -> Iterator[tuple[str, Result]]:
    """Simulate the job as it is, and while jobs fail with twice the SFN_RETRY_WINDOW."""
    name, window = f"**sfn-job, {DEFAULT} s**", RETRY_WINDOW
    while True:
        result = run(all_fleets, ours(DEFAULT, window), region)
        yield name, result
        if not result.failed and not result.not_started:
            return
        window *= 2
        name = f"**sfn-job, {DEFAULT} s**, `SFN_RETRY_WINDOW={window:g}`"


def fixed(interval: float) -> Callable[[Draw], Waiter]:
    """A script that looks every so many seconds."""
    return partial(Script, interval, 1.0, interval)


def backoff() -> Callable[[Draw], Waiter]:
    """A script whose gaps double from 1 s to 60 s, whatever AWS says."""
    return partial(Script, 1.0, 2.0, 60.0)


def as_frugal(all_fleets: Sequence[Fleet], requests: int, interval: float) -> tuple[float, Result]:
    """Find the least SFN_POLLING_INTERVAL, to a hundredth, with no more than so many checks; return it and the result.

    The search begins at the fixed interval that took them.
    """
    least, most = math.log(interval / 2), math.log(interval * 16)
    while most - least > 0.01:
        middle = (least + most) / 2
        if run(all_fleets, ours(_rounded(math.exp(middle)))).requests > requests:
            least = middle
        else:
            most = middle
    found = _rounded(math.exp(most))
    return found, run(all_fleets, ours(found))


def rows(jobs: int) -> Iterator[tuple[str, Result]]:
    """Simulate everything that is compared, for fleets of this size."""
    same = fleets(jobs)
    yield "perfect central scheduler", limit(same)
    yield from until_none_fails(same)
    for interval in FIXED:
        result = run(same, fixed(interval))
        yield f"every {interval} s", result
        if not result.failed and not result.not_started:
            found, frugal = as_frugal(same, result.requests, interval)
            yield f"**sfn-job, {found:g} s**", frugal
    yield "1, 2, 4 … 60 s", run(same, backoff())


def others() -> Iterator[tuple[str, Result]]:
    """Simulate ours where something else than the size of the fleet is different."""
    for jobs in (1000, 10_000):
        hour = fleets(jobs, spread=3600)
        for name, same, region in (
            ("starts spread over an hour", hour, BIG_REGIONS),
            ("in a region with the smaller quotas", fleets(jobs), OTHER_REGIONS),
            ("log-normal, median 5 min, sigma 2", fleets(jobs, partial(log_normal, median=300, sigma=2)), BIG_REGIONS),
            ("log-uniform, 1 s to 6 h", fleets(jobs, log_uniform), BIG_REGIONS),
        ):
            yield f"{jobs:,} jobs, {name}: central", limit(same, region)
            yield from until_none_fails(same, region)


def row(name: str, result: Result) -> str:
    """Render one line of a table; of some fleets taken together, for one of them."""
    failed = result.failed + result.not_started
    cells = (
        name,
        f"{result.requests / result.jobs:,.1f}",
        _percent(result.requests / result.capacity),
        _percent(result.throttled / result.requests),
        _percent(result.settled_throttled / max(1, result.settled_requests)),
        f"{_rounded(result.lag(0.5)):g} s",
        f"{_rounded(result.lag(0.99)):g} s",
        _percent(result.lag(0.5, relative=True)),
        _percent(result.lag(0.99, relative=True)),
        f"**{failed:,}**" if failed else "0",
    )
    return f"| {' | '.join(cells)} |\n"


def report() -> tuple[str, str]:
    """Return the tables in Markdown and the plot in SVG; print each line as soon as it is known."""
    lines: list[str] = []
    sizes: dict[int, dict[str, Result]] = {}

    def write(text: str) -> None:
        lines.append(text)
        print(text, end="", flush=True)

    for jobs, repeated in FLEETS.items():
        together = f" ({repeated} fleets together)" if repeated > 1 else ""
        write(f"\n**{jobs:,} jobs{together}, all started in one second**\n\n{HEADER}")
        sizes[jobs] = {}
        for name, result in rows(jobs):
            sizes[jobs][name] = result
            write(row(name, result))
    write(f"\n**The same with other lengths, starts and quotas**\n\n{HEADER}")
    for name, result in others():
        write(row(name, result))
    few = fleets(10)
    curves = {
        "sfn-job": [run(few, ours(interval)) for interval in (1, 2, 5, 10, 20, 60, 180, 360)],
        "fixed interval": [run(few, fixed(interval)) for interval in (1, 2, 5, 10, 20, 60, 90)],
    }
    return "".join(lines) + "\n", plot.svg(curves, sizes)


def replaced(page: str, name: str, text: str) -> str:
    """Return the page with what stands between the markers of this name made anew."""
    return re.sub(
        rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{text}{found[2]}",
        page,
        flags=re.DOTALL,
    )


def main(arguments: Sequence[str]) -> None:
    """Do what the module's docstring says."""
    if arguments == ["--check"]:
        table = reality.compare()
        print(table)
        PAGE.write_text(replaced(PAGE.read_text(), "reality", table))
        return
    tables, picture = report()
    PAGE.write_text(replaced(PAGE.read_text(), "fleet", tables))
    PLOT.write_text(picture)


def _rounded(value: float) -> float:
    """Round to three significant digits."""
    return float(f"{value:.3g}")


def _percent(share: float) -> str:
    return f"{100 * share:,.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


if __name__ == "__main__":
    main(sys.argv[1:])
