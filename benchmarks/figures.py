"""What the benchmarks measured: kept in docs/performance.json, from which docs/performance.md gets its tables."""

import json
import os
import platform
import re
import ssl
import statistics
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "performance.md"
FIGURES = DOCS / "performance.json"

NAIVE = "naive boto3 script"
CLI = "two AWS CLI calls"
JOB = "sfn-job"
FLOOR = "floor: raw HTTP, unsigned"

Spread = dict[str, float]


def spread(values: Sequence[float]) -> Spread:
    """Return the median of some figures, and the quartiles about it."""
    low, median, high = statistics.quantiles(values, n=4)
    return {"median": round(median, 4), "low": round(low, 4), "high": round(high, 4)}


def machine() -> dict[str, Any]:
    """Describe the machine, as far as the figures depend on it; with its load at present."""
    processors = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processors[0] if processors else platform.machine(),
        "cpus": os.cpu_count(),
        "memory": f"{memory:.0f} GiB",
        "system": platform.platform(aliased=True, terse=True),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "boto3": version("boto3"),
        "load": round(os.getloadavg()[0], 1),
    }


def save(part: str, rows: Sequence[Mapping[str, Any]], rounds: int, before: Mapping[str, Any]) -> None:
    """Keep the figures of one benchmark, with the load before and after it, and write the page."""
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    known[part] = {"machine": {**before, "load after": machine()["load"]}, "rounds": rounds, "rows": rows}
    FIGURES.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def rendered(page: str) -> str:
    """Return the page with its generated parts made anew."""
    return re.sub(
        r"(<!-- generated: (.*?) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{PARTS[found[2]]()}{found[3]}",
        page,
        flags=re.DOTALL,
    )


def processes() -> str:
    """Return the table of whole processes, and the ratios between them."""
    return _tables("processes", ["CPU s", "wall s", "peak MiB", "requests"], ["cpu", "wall", "memory", "requests"])


def image() -> str:
    """Return the table of processes in their images, and the ratios between them."""
    return _tables("image", ["CPU s", "peak MiB"], ["cpu", "memory"])


def containers() -> str:
    """Return the table of `docker run`, from its start to its exit; the first row is an empty container."""
    measured = _measured("containers")
    if measured is None:
        return ""
    empty, job, *_ = medians = [row["wall"]["median"] for row in measured["rows"]]
    lines = ["| `docker run` | s | beyond empty, s | the job's share of that |", "| --- | ---: | ---: | ---: |"]
    for row, median in zip(measured["rows"], medians, strict=True):
        beyond = median - empty
        share = f"{(job - empty) / beyond:.2f}" if "naive" in row["program"] and "no JSON" not in row["program"] else ""
        lines.append(f"| {row['program']} | {_cell(row['wall'], 'wall')} | {beyond:.2f} | {share} |")
    return "\n".join([*lines, "", _note(measured), ""])


PARTS = {"processes": processes, "image": image, "containers": containers}


def _measured(part: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(FIGURES.read_text(encoding="utf-8")).get(part)
    return found


def _note(measured: Mapping[str, Any]) -> str:
    described = measured["machine"]
    docker = f", Docker {described['docker']}" if "docker" in described else ""
    return (
        f"Medians of {measured['rounds']} runs, with quartiles. {described['processor']}, {described['cpus']} CPUs, "
        f"{described['memory']}; {described['system']}, Python {described['python']}, {described['openssl']}, boto3 "
        f"{described['boto3']}{docker}; load {described['load']} before, {described['load after']} after."
    )


def _tables(part: str, titles: Sequence[str], quantities: Sequence[str]) -> str:
    measured = _measured(part)
    if measured is None:
        return ""
    lines = [
        f"| | way | {' | '.join(titles)} |",
        f"| --- | --- | {' | '.join('---:' for _ in titles)} |",
    ]
    for row in measured["rows"]:
        cells = [_cell(row[quantity], quantity) for quantity in quantities]
        lines.append(f"| {row['program']} | {row['way']} | {' | '.join(cells)} |")
    lines += ["", "| the job's share of | way | CPU | peak memory |", "| --- | --- | ---: | ---: |"]
    lines += _ratios(measured["rows"])
    return "\n".join([*lines, "", _note(measured), ""])


def _ratios(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    medians = {(row["program"], row["way"]): (row["cpu"]["median"], row["memory"]["median"]) for row in rows}
    found = []
    for (program, way), theirs in medians.items():
        ours = (JOB + program.removeprefix(NAIVE) if program.startswith(NAIVE) else JOB, way)
        if program.startswith(JOB) or ours not in medians:
            continue
        shares = [f"{mine / other:.2f}" for mine, other in zip(medians[ours], theirs, strict=True)]
        found.append(f"| {program} | {way} | {' | '.join(shares)} |")
    for program, way in medians:
        if program.startswith(JOB) and "no JSON" in program:
            share = medians[program, way][0] / medians[JOB, way][0]
            memory = medians[program, way][1] / medians[JOB, way][1]
            found.append(f"| {program}: of a success's | {way} | {share:.2f} | {memory:.2f} |")
    return found


def _cell(found: Spread, quantity: str) -> str:
    if quantity == "requests":
        return f"{found['median']:.0f}"
    if quantity == "memory":
        return f"{found['median']:.1f}"
    return f"{found['median']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
