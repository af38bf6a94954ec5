"""The objects that the chart makes: valid, restricted, and nothing that wasn't asked for."""

from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped] # it ships none
import pytest

from job import __version__
from tests.chart.helm import (
    FIRST,
    SCENARIOS,
    SERVER_VERSIONS,
    container,
    files,
    job_spec,
    pod_spec,
    render,
    values_of,
    variables,
)
from tests.chart.pod_security import violations

FAN_OUT = {"mode": "indexed", "inputs": [{}, {}]}
scenarios = pytest.mark.parametrize("scenario", SCENARIOS, ids=[path.stem for path in SCENARIOS])


@scenarios
@pytest.mark.parametrize("version", SERVER_VERSIONS)
def test_objects_are_valid(scenario: Path, version: str) -> None:
    """By Kubernetes' own schemas, in their strict form: an unknown field is an error."""
    for manifest in render(values_of(scenario), version=version).values():
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", ["1.29.0", SERVER_VERSIONS[-1]])
def test_limits_by_index_are_valid(version: str) -> None:
    """From the first version on that has them."""
    limits = {"backoffLimitPerIndex": 1, "maxFailedIndexes": 0, "backoffLimit": 100}
    kubernetes_validate.validate(render(FAN_OUT | limits, version=version)["Job"], version, strict=True)


def test_an_invalid_object_is_noticed() -> None:
    """The test above can fail."""
    manifest = render({"podSecurityContext": {"runAsUsr": 1}})["Job"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, SERVER_VERSIONS[0], strict=True)


@scenarios
def test_pods_are_restricted(scenario: Path) -> None:
    """All of them, by the restricted Pod Security Standard, also the one of `helm test`."""
    rendered = render(values_of(scenario))
    assert violations(pod_spec(rendered)) == []
    assert violations(rendered["Pod"]["spec"]) == []


RESTRICTED = pod_spec(render())
LAX: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"hostNetwork": True}, {}, "hostNetwork"),
    ({"hostPID": True}, {}, "hostPID"),
    ({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, {}, "volume v"),
    ({"securityContext": {}}, {}, "runAsNonRoot"),
    ({"securityContext": {"runAsUser": 0}}, {}, "runAsUser"),
    ({"securityContext": {"sysctls": [{"name": "kernel.msgmax"}]}}, {}, "sysctl kernel.msgmax"),
    ({"securityContext": {}}, {}, "seccompProfile"),
    ({}, {"seccompProfile": {"type": "Unconfined"}}, "seccompProfile"),
    ({}, {"privileged": True}, "privileged"),
    ({}, {"allowPrivilegeEscalation": None}, "allowPrivilegeEscalation"),
    ({}, {"capabilities": {"drop": ["NET_RAW"]}}, "capabilities"),
    ({}, {"capabilities": {"drop": ["ALL"], "add": ["SYS_TIME"]}}, "capabilities"),
    ({}, {"procMount": "Unmasked"}, "procMount"),
    ({}, {"appArmorProfile": {"type": "Unconfined"}}, "appArmorProfile"),
    ({}, {"seLinuxOptions": {"user": "root"}}, "seLinuxOptions"),
    ({}, {"windowsOptions": {"hostProcess": True}}, "hostProcess"),
]


@pytest.mark.parametrize(("pod", "context", "violation"), LAX, ids=[violation for *_, violation in LAX])
def test_a_lax_pod_is_noticed(pod: dict[str, Any], context: dict[str, Any], violation: str) -> None:
    """The check knows each of the standard's rules."""
    (only,) = RESTRICTED["containers"]
    lax = {**RESTRICTED, "containers": [{**only, "securityContext": {**only["securityContext"], **context}}], **pod}
    assert violation in violations(lax)
    assert violations(RESTRICTED) == []


def test_nothing_is_there_that_was_not_asked_for() -> None:
    """A Job, its service account, and the pod of `helm test`."""
    rendered = render()
    assert set(rendered) == {"Job", "ServiceAccount", "Pod"}
    assert set(job_spec(rendered)) == {"backoffLimit", "podFailurePolicy", "template"}
    assert set(pod_spec(rendered)) == {
        *("automountServiceAccountToken", "containers", "enableServiceLinks", "restartPolicy", "securityContext"),
        *("serviceAccountName", "terminationGracePeriodSeconds"),
    }
    assert set(container(rendered)) == {
        *("env", "image", "name", "resources", "securityContext", "terminationMessagePolicy"),
    }
    assert set(variables(rendered)) == {"SFN_RERUN", "SFN_RUN_ID", "SFN_STATE_MACHINE_ARN"}
    assert "annotations" not in rendered["Job"]["metadata"]
    assert "annotations" not in rendered["ServiceAccount"]["metadata"]
    assert "annotations" not in job_spec(rendered)["template"]["metadata"]


def test_pods_have_no_token_and_no_service_links() -> None:
    """Nothing for Kubernetes' API, and no variable of a Service called sfn-…."""
    spec = pod_spec(render())
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["restartPolicy"] == "Never"


def test_each_revision_has_a_job_of_its_own() -> None:
    """A Job's template can't be changed, so `helm upgrade` of one name would fail."""
    first, second = (render(revision=revision)["Job"]["metadata"]["name"] for revision in (1, 2))
    assert (first, second) == ("nightly-sfn-job-1", "nightly-sfn-job-2")
    inputs = render(FAN_OUT, revision=7)
    assert inputs["ConfigMap"]["metadata"]["name"] == "nightly-sfn-job-7"
    assert inputs["ConfigMap"]["immutable"] is True


def test_a_schedule_keeps_its_name() -> None:
    """A CronJob's template can be changed."""
    cronjob = render({"mode": "cronjob", "schedule": "@daily"}, revision=7)["CronJob"]
    assert cronjob["metadata"]["name"] == "nightly-sfn-job"
    assert cronjob["spec"]["concurrencyPolicy"] == "Forbid"


def test_long_names_are_cut_and_stay_apart() -> None:
    """With room for a revision and an index in the 63 characters of a host's name; dots aren't for those."""
    long = "a.release.whose-name-is-as-long-as-helm-lets-it-be-5"
    names = {render(FAN_OUT, name=f"{long}{end}", revision=12)["Job"]["metadata"]["name"] for end in "ab"}
    assert len(names) == 2
    assert all(len(f"{name}-99999") <= 63 and "." not in name for name in names)


def test_the_image_is_named_as_asked() -> None:
    """By the chart's version, a tag, or a digest."""
    digest = f"sha256:{'0' * 64}"
    assert container(render())["image"] == f"sfn-job:{__version__}"
    assert container(render({"image": {"tag": "1.2"}}))["image"] == "sfn-job:1.2"
    given = {"image": {"repository": "mirror/sfn-job", "tag": "1.2", "digest": digest, "pullPolicy": "Never"}}
    assert container(render(given))["image"] == f"mirror/sfn-job@{digest}"
    assert container(render(given))["imagePullPolicy"] == "Never"


def test_secrets_are_files_for_the_jobs_group_only() -> None:
    """Mode 0440, in the group that the pod has; in no variable."""
    spec = pod_spec(render({"credentials": {"existingSecret": "aws"}}))
    (volume,) = spec["volumes"]
    assert volume["secret"] == {
        "secretName": "aws",
        "defaultMode": 0o440,
        "items": [{"key": "user", "path": "user"}, {"key": "password", "path": "password"}],
    }
    assert spec["securityContext"]["fsGroup"] == 65532
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert mount == {"name": "credentials", "mountPath": "/etc/sfn-job/credentials", "readOnly": True}


def test_certificates_are_mounted_from_config_maps() -> None:
    """The key is the file."""
    rendered = render(
        {"caBundle": {"existingConfigMap": "ca", "key": "root.pem"}, "proxy": {"caBundle": {"existingConfigMap": "p"}}}
    )
    assert variables(rendered)["AWS_CA_BUNDLE"] == "/etc/sfn-job/ca/root.pem"
    assert variables(rendered)["SFN_PROXY_CA_BUNDLE_FILE"] == "/etc/sfn-job/proxy-ca/ca.crt"
    assert [volume["configMap"]["name"] for volume in pod_spec(rendered)["volumes"]] == ["ca", "p"]


@pytest.mark.parametrize(
    ("inputs", "lines"),
    [
        (
            [{"b": 1, "a": "$x"}, "text\nof two lines", 1000000, None],
            ['{"a":"$x","b":1}', '"text\\nof two lines"', "1000000", "null"],
        ),
        ('{"b": 1, "a": 2}\n[1]', ['{"b": 1, "a": 2}', "[1]"]),
        ('{"b": " 1 "}\r\n"x"\r\n\n', ['{"b": " 1 "}', '"x"']),
        ([], []),
    ],
)
def test_inputs_become_lines(inputs: object, lines: list[str]) -> None:
    """One for each index; text stays as it was given."""
    rendered = render({"mode": "indexed", "inputs": inputs})
    text = rendered["ConfigMap"]["data"]["inputs.jsonl"]
    assert text.split("\n") == [*lines, ""] if lines else text == "\n"
    assert rendered["Job"]["spec"]["completions"] == len(lines)
    assert rendered["Job"]["spec"]["completionMode"] == "Indexed"
    assert variables(rendered)["SFN_INPUTS_FILE"] == "/etc/sfn-job/inputs/inputs.jsonl"


def test_inputs_can_be_somebody_elses() -> None:
    """A ConfigMap that is there already; none is made."""
    given = {"mode": "indexed", "completions": 1000, "inputsConfigMap": {"name": "orders", "key": "today"}}
    rendered = render(given)
    assert "ConfigMap" not in rendered
    assert variables(rendered)["SFN_INPUTS_FILE"] == "/etc/sfn-job/inputs/today"
    assert pod_spec(rendered)["volumes"][0]["configMap"]["name"] == "orders"


def test_the_network_policy_lets_out_what_the_job_needs() -> None:
    """DNS, HTTPS, the agent of Pod Identity, and the proxy's ports where there is one."""
    config = {"useProxy": True, "proxy": "http://proxy.example:3128,https://[::1]:3129"}
    policy = render({"networkPolicy": {"enabled": True}, "config": config})["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert not policy.get("ingress")
    ports = [[port["port"] for port in rule["ports"]] for rule in policy["egress"]]
    assert ports == [[53, 53], [443], [80], [3128], [3129]]
    selected = policy["podSelector"]["matchLabels"].items()
    assert selected <= job_spec(render())["template"]["metadata"]["labels"].items()


def test_the_network_policy_opens_nothing_else() -> None:
    """A rule without ports would be one for all: not for a proxy that comes from elsewhere, nor for one port twice."""
    enabled = {"networkPolicy": {"enabled": True, "egress": []}, "config": {"useProxy": True}}
    elsewhere = {"extraEnv": [{"name": "SFN_PROXY", "value": "http://proxy.example:3128"}]}
    assert not render(enabled, elsewhere)["NetworkPolicy"]["spec"].get("egress")
    twice = {"config": {"proxy": "http://a.example:3128,https://b.example:3128"}}
    (only,) = render(enabled, twice)["NetworkPolicy"]["spec"]["egress"]
    assert only == {"ports": [{"protocol": "TCP", "port": 3128}]}


def test_a_service_account_can_be_somebody_elses() -> None:
    """Then none is made."""
    rendered = render({"serviceAccount": {"create": False, "name": "runner"}})
    assert "ServiceAccount" not in rendered
    assert pod_spec(rendered)["serviceAccountName"] == "runner"
    assert pod_spec(render({"serviceAccount": {"create": False}}))["serviceAccountName"] == "default"


def test_labels_do_not_change_what_is_selected() -> None:
    """The user's are added, the chart's own stay."""
    labels = {"team": "orders", "app.kubernetes.io/name": "else"}
    rendered = render({"labels": labels, "podLabels": {"tier": "batch"}, "annotations": {"a": "b"}})
    assert rendered["Job"]["metadata"]["labels"]["team"] == "orders"
    pod = job_spec(rendered)["template"]["metadata"]["labels"]
    assert (pod["team"], pod["tier"], pod["app.kubernetes.io/name"]) == ("orders", "batch", "sfn-job")
    assert rendered["Job"]["metadata"]["annotations"] == {"a": "b"}


def test_helm_test_checks_and_starts_nothing() -> None:
    """The same pod with `--check`, in all modes; as the first index in a fan-out."""
    pod = render(FAN_OUT)["Pod"]
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    (checking,) = pod["spec"]["containers"]
    assert checking["args"] == ["--check"]
    environ = {one["name"]: one.get("value") for one in checking["env"]}
    assert (environ["JOB_COMPLETION_INDEX"], environ["SFN_RUN_ID"]) == ("0", "check")
    (running,) = pod_spec(render(FAN_OUT))["containers"]
    assert {**checking, "args": None, "env": None} == {**running, "args": None, "env": None}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ["logs -f job/nightly-sfn-job-1", "-l job-name=nightly-sfn-job-1", "terminated.message", "doesn't wait"]),
        ({"config": {"executionName": "a"}}, ["nothing is started"]),
        ({"mode": "cronjob", "schedule": "@daily"}, ["create job --from=cronjob/nightly-sfn-job", "@daily"]),
        (FAN_OUT, ["runs 2 executions, 10 at once", "terminated.message"]),
    ],
)
def test_the_notes_say_how_to_follow_the_run(values: dict[str, Any], said: list[str]) -> None:
    """And where its result is."""
    notes = files(values)["NOTES.txt"]
    assert [sentence for sentence in said if sentence not in notes] == []
    assert "<no value>" not in notes


def test_the_oldest_cluster_gets_what_it_knows() -> None:
    """Everything that came after it is left out."""
    assert set(job_spec(render(version=FIRST))) == {"backoffLimit", "template"}
