"""Every row of the settings table is a value of the chart, and arrives at the container as the job takes it."""

from typing import Any

import pytest

from job.loading import load
from tests.chart.helm import ARN, FIRST, KEYS, NEWEST, render, variables
from tests.support.examples import examples

ROLE = "arn:aws:iam::123456789012:role/runner"
PROXY = {"useProxy": True, "proxy": "http://proxy.example:3128"}
EXAMPLES: dict[str, tuple[Any, str]] = {
    "action": ("Start Asynchronous Execution", "Start Asynchronous Execution"),
    "region": ("eu-central-1", "eu-central-1"),
    "roleBasedAccess": (True, "true"),
    "roleArn": (ROLE, ROLE),
    "stateMachineArn": (f"{ARN}:PROD", f"{ARN}:PROD"),
    "executionName": ("nightly-2026-11-22", "nightly-2026-11-22"),
    "input": ({"b": 1, "a": ["<&>", None, 1000000]}, '{"a":["<&>",null,1000000],"b":1}'),
    "useProxy": (True, "true"),
    "waitForSuccessOrFailure": (True, "true"),
    "pollingInterval": (0.5, "0.5"),
    "proxyType": ("HTTPS With Credentials", "HTTPS With Credentials"),
    "proxy": ("http://proxy.example:3128", "http://proxy.example:3128"),
    "proxyCaBundleFile": ("/bundles/ca.crt", "/bundles/ca.crt"),
    "externalId": ("partner", "partner"),
    "roleSessionName": ("nightly", "nightly"),
    "roleDuration": (43200, "43200"),
    "runId": ("2026-11-22", "2026-11-22"),
    "rerun": ("redrive", "redrive"),
    "stateMachineType": ("standard", "standard"),
    "inputsFile": ("/inputs/lines", "/inputs/lines"),
    "traceHeader": ("Root=1-5759e988-bd862e3fe1be46a994272793", "Root=1-5759e988-bd862e3fe1be46a994272793"),
    "waitTimeout": (31536000, "31536000"),
    "onWaitTimeout": ("stop", "stop"),
    "onTerminate": ("stop", "stop"),
    "retryWindow": (0, "0"),
    "connectTimeout": (1, "1"),
    "readTimeout": (2.5, "2.5"),
    "resultPath": ("/results/result.json", "/results/result.json"),
    "terminationLog": ("/results/short.json", "/results/short.json"),
    "reportPath": ("/results/report.html", "/results/report.html"),
    "reportData": (True, "true"),
    "maskData": (False, "false"),
    "logLevel": ("DEBUG", "DEBUG"),
    "logFormat": ("json", "json"),
}
"""A value for each setting that isn't a secret, and the variable's text."""
EXAMPLES |= {
    key: (row.kind.parse(right[0]), right[0])
    for key, row in KEYS.items()
    if key not in EXAMPLES and (right := examples(row)[0])
}
SECRETS = [key for key, row in KEYS.items() if row.secret]
FROM_SECRETS = {"credentials": {"existingSecret": "aws"}, "proxy": {"existingSecret": "squid"}}
NEEDED: dict[str, dict[str, Any]] = {"useProxy": PROXY, "roleBasedAccess": {"roleArn": ROLE}}
"""What has to be given with a setting."""


def test_each_row_has_an_example() -> None:
    """A setting that is added to the table needs one here, where its kind doesn't tell one."""
    assert {*EXAMPLES, *SECRETS} == set(KEYS)


@pytest.mark.parametrize("key", EXAMPLES)
def test_each_setting_can_be_set(key: str) -> None:
    """And its variable is the table's."""
    given, text = EXAMPLES[key]
    rendered = render({"config": {**NEEDED.get(key, {}), key: given}})
    assert variables(rendered)[KEYS[key].variable] == text


NOT_GIVEN = [
    (key, empty)
    for key, (given, _) in EXAMPLES.items()
    if key not in {"stateMachineArn", "rerun", "runId"}
    for empty in ((None, "") if isinstance(given, str) else (None,))
]


@pytest.mark.parametrize(("key", "empty"), NOT_GIVEN)
def test_a_setting_that_is_not_given_is_no_variable(key: str, empty: object) -> None:
    """Null and empty text both: the job's own default holds."""
    assert KEYS[key].variable not in variables(render({"config": {key: empty}}))


@pytest.mark.parametrize("key", SECRETS)
def test_each_secret_is_a_file(key: str) -> None:
    """Where the variable's `_FILE` form says, and nowhere else."""
    rendered = variables(render(FROM_SECRETS))
    directory = "credentials" if key.startswith("credentials") else "proxy"
    file = "user" if key.endswith("User") else "password"
    assert rendered[f"{KEYS[key].variable}_FILE"] == f"/etc/sfn-job/{directory}/{file}"
    assert KEYS[key].variable not in rendered


def test_all_at_once_is_what_the_job_takes() -> None:
    """The job's own parser finds no problem but the files, which aren't here."""
    config = {key: given for key, (given, _) in EXAMPLES.items()} | {"stateMachineArn": ARN}
    del config["inputsFile"]  # instead of the input
    problems = {problem.variable for problem in load(variables(render(FROM_SECRETS, {"config": config}))).problems}
    secrets = {f"{KEYS[key].variable}_FILE" for key in SECRETS}
    assert problems == {*secrets, "SFN_PROXY_CA_BUNDLE_FILE"}


@pytest.mark.parametrize(
    "text", ['{"path": "$.orders[0]"}', '"$$"', '"$(SFN_REGION)"', '{"b":1,  "a":1e400}', '"\\u00e4 ä"']
)
def test_text_arrives_byte_for_byte(text: str) -> None:
    """Also what Kubernetes would take for a variable of its own."""
    rendered = render({"config": {"input": text}})
    assert variables(rendered)["SFN_INPUT"] == text
    raw = next(
        one["value"]
        for one in rendered["Job"]["spec"]["template"]["spec"]["containers"][0]["env"]
        if one["name"] == "SFN_INPUT"
    )
    assert raw.replace("$$", "").count("$") == 0


def test_scalars_are_inputs_too() -> None:
    """JSON isn't only objects."""
    assert variables(render({"config": {"input": [1, "x"]}}))["SFN_INPUT"] == '[1,"x"]'
    assert variables(render({"config": {"input": False}}))["SFN_INPUT"] == "false"
    assert variables(render({"config": {"input": 0}}))["SFN_INPUT"] == "0"


@pytest.mark.parametrize(
    ("version", "label"),
    [
        (FIRST, "controller-uid"),
        ("1.26.9", "controller-uid"),
        ("1.27.0", "batch.kubernetes.io/controller-uid"),
        (NEWEST, "batch.kubernetes.io/controller-uid"),
    ],
)
def test_the_run_is_the_jobs_own(version: str, label: str) -> None:
    """A pod that takes another's place has the same run id, from the label that this version gives the Job's pods."""
    source = variables(render(version=version))["SFN_RUN_ID"]
    assert source["valueFrom"] == {"fieldRef": {"fieldPath": f"metadata.labels['{label}']"}}


def test_a_retry_starts_nothing_again() -> None:
    """Unless it's asked for."""
    assert variables(render())["SFN_RERUN"] == "once"
    assert variables(render({"config": {"rerun": "resume"}}))["SFN_RERUN"] == "resume"


def test_express_has_no_run_id() -> None:
    """The job would refuse it; and no pod is replaced, since none could find the execution."""
    rendered = render({"config": {"stateMachineType": "express"}})
    assert not {"SFN_RUN_ID", "SFN_RERUN"} & set(variables(rendered))
    assert rendered["Job"]["spec"]["backoffLimit"] == 0


def test_an_extra_variable_replaces_the_charts() -> None:
    """A list with one name twice is refused by the API."""
    extra = {"name": "SFN_RUN_ID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['run']"}}}
    rendered = render({"extraEnv": [extra]})
    names = [one["name"] for one in rendered["Job"]["spec"]["template"]["spec"]["containers"][0]["env"]]
    assert len(names) == len(set(names))
    assert variables(rendered)["SFN_RUN_ID"] == extra
