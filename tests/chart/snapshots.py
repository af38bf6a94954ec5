"""What the chart renders of each scenario in its ci/, kept in tests/chart/snapshots so that a change of it is seen.

`python -m tests.chart.snapshots` writes them anew, for a look at the difference.
"""

from pathlib import Path

from tests.chart.helm import SCENARIOS, files, values_of

SNAPSHOTS = Path(__file__).parent / "snapshots"


def snapshots() -> dict[Path, str]:
    """Return the text of each snapshot, by its path."""
    return {SNAPSHOTS / path.name: _rendered(path) for path in SCENARIOS}


def _rendered(scenario: Path) -> str:
    # A fixed version, so that a newer schema package alone changes nothing.
    rendered = sorted(files(values_of(scenario), version="1.35.0").items())
    return "".join(f"---\n# {name}\n{text.strip()}\n" for name, text in rendered if name != "NOTES.txt")


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    for path, text in snapshots().items():
        path.write_text(text, encoding="utf-8")
        print(path)
