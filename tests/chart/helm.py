"""The chart, rendered and checked by Helm's own engine, as `helm template` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate  # type: ignore[import-untyped] # it ships none
from helm_python import _native

from job.settings import TABLE
from tests.support.process import ROOT
from tools.generate_chart import camel_case

CHART = ROOT / "charts" / "sfn-job"
SCENARIOS = sorted(CHART.glob("ci/*.yaml"))

FIRST = "1.20.2"
"""The first version that the chart is for, and the one that the tests run for real."""
OLDEST = "1.26.0"
"""The oldest version with podFailurePolicy, and the oldest whose objects are validated."""
NEWEST = kubernetes_validate.latest_version()
SERVER_VERSIONS = (OLDEST, "1.27.0", "1.28.0", "1.29.0", NEWEST)
"""Those in which the chart renders something else than in the one before, and the newest."""

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"
LEAST = {"config": {"stateMachineArn": ARN}}
KEYS = {camel_case(row.key): row for row in TABLE}
"""The settings by their name under `config`."""

Manifest = dict[str, Any]


@cache
def chart() -> helm_python.Chart:
    return helm_python.Chart.load(CHART)


def merged(*values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values on top of each other, maps key by key, as several `-f` are."""
    result: dict[str, Any] = {}
    for layer in values:
        for key, value in layer.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = merged(result[key], value) if both else value
    return result


def files(
    *values: Mapping[str, Any], version: str = NEWEST, revision: int = 1, name: str = "nightly"
) -> dict[str, str]:
    """Return the rendered text of each template, for a Kubernetes of that version.

    Raises `helm_python.HelmValuesError` where the schema refuses the values, and HelmRenderError where a template does.
    """
    options = {"name": name, "namespace": "jobs", "revision": revision, "kube_version": f"v{version}"}
    # `Chart.render` has no way to say the version, which the library knows as kube_version.
    rendered = _native.call_string(
        "helm_render", chart()._raw(), json.dumps(merged(LEAST, *values)), json.dumps(options)
    )
    return {Path(template).name: text for template, text in json.loads(rendered).items() if text.strip()}


def render(*values: Mapping[str, Any], **options: Any) -> dict[str, Manifest]:
    """Return the objects by their kind; `files` says what the options are."""
    rendered = files(*values, **options)
    manifests = [helm_python.values_from_yaml(text) for name, text in rendered.items() if name != "NOTES.txt"]
    by_kind = {manifest["kind"]: manifest for manifest in manifests}
    assert len(by_kind) == len(manifests)
    return by_kind


def job_spec(rendered: Mapping[str, Manifest]) -> Manifest:
    """Return the spec of the Job, or of those that the CronJob makes."""
    if "CronJob" in rendered:
        spec: Manifest = rendered["CronJob"]["spec"]["jobTemplate"]["spec"]
    else:
        spec = rendered["Job"]["spec"]
    return spec


def pod_spec(rendered: Mapping[str, Manifest]) -> Manifest:
    spec: Manifest = job_spec(rendered)["template"]["spec"]
    return spec


def container(rendered: Mapping[str, Manifest]) -> Manifest:
    (only,) = pod_spec(rendered)["containers"]
    found: Manifest = only
    return found


def variables(rendered: Mapping[str, Manifest]) -> dict[str, Any]:
    """Return what the container's variables hold when Kubernetes has expanded them, or where they come from."""
    return {one["name"]: expanded(one["value"]) if "value" in one else one for one in container(rendered)["env"]}


def expanded(text: str) -> str:
    """Return a value as Kubernetes gives it to a container that has none of the variables that it names.

    Source: Kubernetes, API reference of EnvVar: `$$` is `$`, and `$(NAME)` stays where there is no such variable.
    """
    return text.replace("$$", "$")


def values_of(path: Path) -> dict[str, Any]:
    return helm_python.values_from_yaml(path.read_text(encoding="utf-8"))
