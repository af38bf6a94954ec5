"""docs/kubernetes.md keeps its word: its values render to valid, restricted objects, and its commands are Helm's."""

import json
import re
import shlex
from itertools import pairwise
from typing import Any

import helm_python
import kubernetes_validate  # type: ignore[import-untyped] # it ships none
import pytest
import yaml  # type: ignore[import-untyped] # it ships none

from job import __version__
from job.outcomes import Outcome
from tests.chart.failure_policy import action
from tests.chart.helm import NEWEST, container, files, job_spec, merged, pod_spec, render
from tests.chart.pod_security import violations
from tests.support.process import ROOT

PAGE = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
README = (ROOT / "charts/sfn-job/README.md").read_text(encoding="utf-8")
VALUES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHELL = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE + README, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
COMMANDS = [shlex.split(line) for line in SHELL.splitlines()]
PARSERS = {"--set": helm_python.parse_set_string, "--set-json": helm_python.parse_set_json}


def values_of(command: list[str]) -> dict[str, Any]:
    """Return the values on a command line of Helm's."""
    pairs = pairwise(command)
    return merged(*(PARSERS[option](value) for option, value in pairs if option in PARSERS))


@pytest.mark.parametrize("text", VALUES, ids=[text.splitlines()[0] for text in VALUES])
def test_its_values_render(text: str) -> None:
    """By themselves, to what the newest Kubernetes takes in a restricted namespace."""
    values = helm_python.values_from_yaml(text)
    assert values["config"]["stateMachineArn"]
    rendered = render(values)
    for manifest in rendered.values():
        kubernetes_validate.validate(manifest, NEWEST, strict=True)
    assert violations(pod_spec(rendered)) == []


def test_its_commands_are_helms() -> None:
    """Install and upgrade with values that the chart takes, and a release, a chart and options that exist."""
    verbs = [command[1] for command in COMMANDS if command[0] == "helm"]
    assert verbs == ["install", "upgrade", "test", "install"]
    for command in COMMANDS:
        if command[:2] in (["helm", "install"], ["helm", "upgrade"]):
            assert command[2:4] == ["nightly", "charts/sfn-job"]
            assert render(values_of(command))["Job"]["metadata"]["name"] == "nightly-sfn-job-1"


def test_the_readme_installs_the_same() -> None:
    """One command, in the README and on the page."""
    page = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    (command,) = (shlex.split(line) for line in page.splitlines() if line.startswith("helm install"))
    assert command in COMMANDS


def test_the_plain_job_is_what_the_chart_would_make() -> None:
    """Valid, restricted, and final by the same exit statuses."""
    (job,) = yaml.safe_load_all((ROOT / "examples/kubernetes/job.yaml").read_text(encoding="utf-8"))
    kubernetes_validate.validate(job, NEWEST, strict=True)
    spec = job["spec"]["template"]["spec"]
    assert violations(spec) == []
    charts = job_spec(render())["podFailurePolicy"]
    for code in Outcome:
        assert action(job["spec"]["podFailurePolicy"], "sfn-job", code) == action(charts, "sfn-job", code)


def test_the_first_run_fits_together() -> None:
    """The image that is built is the one that the chart asks for, the Secret has its keys, the Job its name."""
    build, load, secret, install, logs = COMMANDS[:5]
    assert len(SHELL.split("\n\n")[0].splitlines()) <= 10
    rendered = render(values_of(install))
    image = container(rendered)["image"]
    assert build == ["make", "image", f"IMAGE={image}"]
    assert load[-1] == image == f"sfn-job:{__version__}"
    (volume,) = pod_spec(rendered)["volumes"]
    assert secret[4] == volume["secret"]["secretName"]
    given = {option.removeprefix("--from-literal=").split("=")[0] for option in secret[5:]}
    assert given == {item["key"] for item in volume["secret"]["items"]}
    assert logs[-1] == f"job/{rendered['Job']['metadata']['name']}"
    assert "--wait-for-jobs" in install


def test_its_table_is_the_policy() -> None:
    """What follows each exit code, for a Job and for an index."""
    table = PAGE.split("## Retries and exit codes")[1]
    said = {
        int(code): consequence
        for codes, consequence in re.findall(r"^\| ([\d, ]+) \| (.*?) \|", table, re.MULTILINE)
        for code in codes.split(",")
    }
    single = job_spec(render())["podFailurePolicy"]
    index = job_spec(render({"mode": "indexed", "inputs": [1]}))["podFailurePolicy"]
    sentences = {
        ("FailJob", "FailJob"): "the Job fails",
        ("FailJob", "FailIndex"): "the Job fails; in a fan-out the index",
        ("Count", "Count"): "another pod, `backoffLimit` times",
    }
    expected = {
        int(code): sentences[action(single, "sfn-job", code), action(index, "sfn-job", code)]
        for code in Outcome
        if code
    }
    assert said == {0: "the Job is complete", **expected}


@pytest.mark.parametrize(
    ("version", "values"),
    [
        ("1.20.2", {"mode": "cronjob", "schedule": "@daily"}),
        ("1.23.0", {"mode": "indexed", "inputs": [1]}),
        ("1.24.0", {"mode": "cronjob", "schedule": "@daily", "timeZone": "UTC"}),
        ("1.28.0", {"mode": "indexed", "inputs": [1], "maxFailedIndexes": 1}),
    ],
)
def test_its_table_of_versions_is_the_charts(version: str, values: dict[str, Any]) -> None:
    """The version that a refusal names is in the table."""
    with pytest.raises(helm_python.HelmRenderError) as caught:
        files(values, version=version)
    needed = re.search(r"needs Kubernetes ([\d.]+) or later", str(caught.value))
    assert needed
    assert re.search(rf"^\| {re.escape(needed[1])} \| .* \| refused", PAGE, re.MULTILINE)


def test_the_notes_of_the_chart_agree() -> None:
    """The page's way to the result is the one that `helm install` prints."""
    assert "-l job-name=nightly-sfn-job-1" in files()["NOTES.txt"]
    assert json.dumps(COMMANDS).count("job-name=nightly-sfn-job-1") == 1
