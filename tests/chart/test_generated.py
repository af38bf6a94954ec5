"""What is made from the settings table and from values.yaml is current, and complete."""

import json
from pathlib import Path

import helm_python
import jsonschema
import pytest

import job
from tests.chart.helm import CHART, KEYS, chart
from tests.chart.snapshots import SNAPSHOTS, snapshots
from tools import generate_chart

VALUES = (CHART / "values.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", generate_chart.generated(), ids=lambda path: path.name)
def test_what_is_generated_is_current(path: Path) -> None:
    """`make docs` was run after the last change of the settings or of values.yaml."""
    assert path.read_text(encoding="utf-8") == generate_chart.generated()[path]


def test_stale_files_are_noticed() -> None:
    """The test above can fail: each of the three follows its source."""
    stale = VALUES.replace("# -- How many pods at once; 0 pauses.", "# -- Else.")
    assert generate_chart.with_config(VALUES.replace("pollingInterval", "interval")) == VALUES
    assert generate_chart.schema(stale) != generate_chart.schema(VALUES)
    page = (CHART / "README.md").read_text(encoding="utf-8")
    assert generate_chart.readme(page, stale) != page


def test_a_value_without_a_comment_is_noticed() -> None:
    """Nothing gets into the chart that its README doesn't have."""
    with pytest.raises(ValueError, match="no comment describes parallelism"):
        generate_chart.described(VALUES.replace("# -- How many pods at once; 0 pauses.", "# Else."))


def test_every_setting_is_a_value() -> None:
    """In the table's order."""
    paths = [value.path for value in generate_chart.described(VALUES)]
    assert [path[1] for path in paths if path[0] == "config"] == list(KEYS)


def test_the_schema_is_one() -> None:
    """Of draft 7, which all versions of Helm know, and closed wherever the keys are the chart's."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)

    def closed(level: dict[str, object]) -> bool:
        properties = level.get("properties")
        if not isinstance(properties, dict):
            return True
        return level["additionalProperties"] is False and all(closed(one) for one in properties.values())

    assert closed(schema)
    jsonschema.validate(helm_python.values_from_yaml(VALUES), schema)


def test_the_chart_is_the_jobs() -> None:
    """Its appVersion is the image's tag."""
    assert chart().metadata["appVersion"] == job.__version__


def test_the_image_has_no_host() -> None:
    """Where it comes from is the user's business."""
    assert chart().values["image"]["repository"] == "sfn-job"


@pytest.mark.parametrize("path", snapshots(), ids=lambda path: path.stem)
def test_snapshots_are_current(path: Path) -> None:
    """`python -m tests.chart.snapshots` makes them anew; the difference is what a change does."""
    assert path.read_text(encoding="utf-8") == snapshots()[path]


def test_no_snapshot_is_left_over() -> None:
    """Each has its scenario."""
    assert set(SNAPSHOTS.iterdir()) == set(snapshots())
