"""What the chart refuses, with a sentence that says why, before anything reaches the cluster."""

import json
from typing import Any

import helm_python
import pytest

from tests.chart.helm import CHART, FIRST, KEYS, NEWEST, SCENARIOS, chart, files, render, values_of

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
FAN_OUT = {"mode": "indexed", "inputs": [{}, {}]}
SCHEDULE = {"mode": "cronjob", "schedule": "0 3 * * *"}


def refusal(*values: dict[str, Any], version: str = NEWEST) -> str:
    with pytest.raises((helm_python.HelmValuesError, helm_python.HelmRenderError)) as caught:
        files(*values, version=version)
    return str(caught.value)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"mode": "cron"}, "at '/mode': value must be one of 'job', 'cronjob', 'indexed'"),
    ({"config": {"pollInterval": 5}}, "at '/config': additional properties 'pollInterval' not allowed"),
    ({"confg": {}}, "additional properties 'confg' not allowed"),
    ({"image": {"name": "x"}}, "at '/image': additional properties 'name' not allowed"),
    ({"image": {"repository": ""}}, "at '/image/repository': minLength"),
    ({"image": {"digest": "latest"}}, "at '/image/digest': 'latest' does not match pattern"),
    ({"image": {"pullPolicy": "always"}}, "at '/image/pullPolicy': value must be one of"),
    ({"config": {"pollingInterval": 0}}, "at '/config/pollingInterval': exclusiveMinimum: got 0, want 0"),
    ({"config": {"pollingInterval": "10s"}}, "at '/config/pollingInterval': got string, want null or number"),
    ({"config": {"waitTimeout": -1}}, "at '/config/waitTimeout': minimum: got -1, want 0"),
    ({"config": {"roleDuration": 60}}, "at '/config/roleDuration': minimum: got 60, want 900"),
    ({"config": {"useProxy": "yes"}}, "at '/config/useProxy': got string, want null or boolean"),
    ({"config": {"proxyType": "SOCKS"}}, "at '/config/proxyType': value must be one of 'HTTP', 'HTTPS'"),
    ({"config": {"stateMachineArn": "nightly"}}, "'nightly' does not match pattern '^$|^arn:aws'"),
    ({"config": {"runId": 7}}, "at '/config/runId': got number, want null or string"),
    ({"backoffLimit": -1}, "at '/backoffLimit': minimum: got -1, want 0"),
    ({"backoffLimit": 1.5}, "at '/backoffLimit': got number, want null or integer"),
    ({"parallelism": None}, "missing property 'parallelism'"),
    ({"extraEnv": {"A": "b"}}, "at '/extraEnv': got object, want array"),
    ({"extraEnv": [{"value": "b"}]}, "at '/extraEnv/0': missing property 'name'"),
    ({"podLabels": {"a": 1}}, "at '/podLabels/a': got number, want string"),
    ({"serviceAccount": {"create": "no"}}, "at '/serviceAccount/create': got string, want boolean"),
    ({"fullnameOverride": "Night Run"}, "at '/fullnameOverride'"),
    ({"config": {"stateMachineArn": ""}}, "config.stateMachineArn is required"),
    ({"config": {"roleBasedAccess": True}}, "config.roleArn is required with config.roleBasedAccess"),
    ({"config": {"useProxy": True}}, "config.proxy is required with config.useProxy"),
    ({"config": {"input": "{"}}, "config.input is not JSON"),
    ({"config": {"input": json.dumps("x" * 131_000)}}, "config.input is longer than a variable may be"),
    ({"mode": "cronjob"}, "mode cronjob needs a schedule"),
    ({"schedule": "0 3 * * *"}, "schedule is for mode cronjob, and mode is job"),
    (SCHEDULE | {"config": {"executionName": "a"}}, "config.executionName is the same for each run of the CronJob"),
    (SCHEDULE | {"config": {"runId": "a", "rerun": "resume"}}, "config.runId is the same for each run of the CronJob"),
    ({"mode": "indexed"}, "mode indexed needs inputs, or completions"),
    ({"inputs": [1]}, "inputs is for mode indexed, and mode is job"),
    ({"inputsConfigMap": {"name": "a"}}, "inputs is for mode indexed, and mode is job"),
    ({"mode": "indexed", "inputs": "{}\n{}\n{\n{}"}, "inputs, line 3 is not JSON"),
    ({"mode": "indexed", "inputs": "{}\n\n{}"}, "inputs, line 2 is not JSON"),
    ({"mode": "indexed", "inputs": ["x" * 1_000_000]}, "inputs has more than the 1,000,000 bytes"),
    (FAN_OUT | {"completions": 3}, "completions is 3, and inputs has only 2"),
    (FAN_OUT | {"config": {"input": {}}}, "inputs and config.input exclude each other"),
    (FAN_OUT | {"config": {"inputsFile": "/f"}}, "inputs and config.inputsFile exclude each other"),
    (FAN_OUT | {"inputsConfigMap": {"name": "a"}}, "inputs and inputsConfigMap.name exclude each other"),
    ({"extraEnv": [{"name": "SFN_RERUN", "value": "new"}]}, "SFN_RERUN decides which failures replace a pod"),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_wrong_values_are_refused(values: dict[str, Any], sentence: str) -> None:
    """By the schema where it can say it, else by a sentence of the templates."""
    assert sentence in refusal(values)


SECRETS: list[tuple[dict[str, Any], str]] = [
    *(({"config": {key: SECRET}}, "a secret is never a value") for key, row in KEYS.items() if row.secret),
    *(
        ({"extraEnv": [{"name": name, "value": SECRET}]}, f"{name} is a secret, and a secret is never a value")
        for name in (
            *(row.variable for row in KEYS.values() if row.secret),
            *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        )
    ),
    (
        {"extraEnv": [{"name": "HTTPS_PROXY", "value": f"http://user:{SECRET.replace('/', '')}@p:1"}]},
        "a secret is never",
    ),
    ({"config": {"proxy": f"http://user:{SECRET}@proxy.example:3128"}}, "a secret is never a value"),
    ({"credentials": {"user": SECRET}}, "at '/credentials': additional properties 'user' not allowed"),
    ({"proxy": {"password": SECRET}}, "at '/proxy': additional properties 'password' not allowed"),
]


@pytest.mark.parametrize(("values", "reason"), SECRETS, ids=[json.dumps(values)[:60] for values, _ in SECRETS])
def test_secret_text_is_refused_with_the_reason(values: dict[str, Any], reason: str) -> None:
    """And the refusal doesn't repeat it."""
    sentence = refusal(values)
    assert reason in sentence
    assert SECRET not in sentence
    assert SECRET.replace("/", "") not in sentence


def test_secret_text_is_refused_without_the_schema_too() -> None:
    """`--skip-schema-validation` doesn't open that door: the one text that the schema lets pass is refused as well."""
    text = chart().schema
    assert text
    (_, allowed) = text["properties"]["config"]["properties"]["credentialsUser"]["enum"]
    assert "config.credentialsUser: a secret is never a value" in refusal({"config": {"credentialsUser": allowed}})


def test_a_secret_by_reference_is_welcome() -> None:
    """From a Secret of the user's."""
    source = {"secretKeyRef": {"name": "aws", "key": "token"}}
    assert render({"extraEnv": [{"name": "AWS_SESSION_TOKEN", "valueFrom": source}]})


@pytest.mark.parametrize(
    ("values", "too_old", "enough", "sentence"),
    [
        (SCHEDULE, FIRST, "1.21.0", "mode cronjob needs Kubernetes 1.21 or later, and this is v1.20.2"),
        (FAN_OUT, "1.23.17", "1.24.0", "mode indexed needs Kubernetes 1.24 or later, and this is v1.23.17"),
        (SCHEDULE | {"timeZone": "UTC"}, "1.24.0", "1.25.0", "timeZone needs Kubernetes 1.25 or later"),
        (FAN_OUT | {"maxFailedIndexes": 0}, "1.28.0", "1.29.0", "maxFailedIndexes needs Kubernetes 1.29 or later"),
        (FAN_OUT | {"backoffLimitPerIndex": 0}, "1.28.0", "1.29.0", "backoffLimitPerIndex needs Kubernetes 1.29"),
    ],
)
def test_a_cluster_that_is_too_old_is_told_so(values: dict[str, Any], too_old: str, enough: str, sentence: str) -> None:
    """Where leaving it out would change what runs; a vendor's build of a version is that version."""
    assert sentence in refusal(values, version=too_old)
    assert render(values, version=enough)
    assert render(values, version=f"{enough}-eks-1a2b3c4")


@pytest.mark.parametrize(
    "values",
    [
        SCHEDULE | {"config": {"executionName": "a", "rerun": "new"}},
        SCHEDULE | {"config": {"executionName": "a", "rerun": "fail"}},
        {"mode": "indexed", "completions": 3, "config": {"inputsFile": "/inputs"}},
        {"mode": "indexed", "completions": 3, "inputsConfigMap": {"name": "lines"}},
        {"mode": "indexed", "completions": 3},
        FAN_OUT | {"completions": 1},
        {"config": {"stateMachineArn": None}, "extraEnvFrom": [{"configMapRef": {"name": "settings"}}]},
        {
            "config": {"stateMachineArn": None},
            "extraEnv": [{"name": "SFN_STATE_MACHINE_ARN_FILE", "value": "/settings/arn"}],
        },
        {"config": {"input": ""}},
        {"global": {"imageRegistry": "x"}},
    ],
)
def test_what_only_looks_wrong_is_taken(values: dict[str, Any]) -> None:
    """Refusals don't reach further than their reason."""
    assert render(values)


def test_the_linter_finds_nothing() -> None:
    """`helm lint --strict`, by itself and with each scenario's values."""
    cases = [(FIRST, {}), (NEWEST, {}), *((NEWEST, values_of(scenario)) for scenario in SCENARIOS)]
    for version, values in cases:
        report = helm_python.lint(CHART, values, strict=True, kube_version=f"v{version}")
        # An icon would be an address, and this is information only.
        assert [message for message in report["messages"] if message["error"] != "icon is recommended"] == []
        assert report["errors"] == []


def test_the_linter_can_find_something() -> None:
    """It reads the values."""
    assert helm_python.lint(CHART, {"mode": "cron"}, strict=True)["errors"]
