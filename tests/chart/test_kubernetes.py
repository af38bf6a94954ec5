"""The chart's Job on a real Kubernetes, installed by Helm, with its secrets as files, against LocalStack."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import helm_python
import pytest

from tests.chart.cluster import Object
from tests.chart.conftest import Release
from tests.support.localstack import SECRET_ACCESS_KEY
from tests.support.process import eventually

pytestmark = pytest.mark.timeout(400)  # Helm alone may wait for 90 s, and so may a test for each pod

NO_RETRY = {"backoffLimit": 0}


def terminated(pod: Object) -> Object:
    """Return how the pod's container ended."""
    (status,) = pod["status"]["containerStatuses"]
    ended: Object = status["state"]["terminated"]
    return ended


def result(pod: Object) -> dict[str, Any]:
    """Return the result, from the termination message."""
    document: dict[str, Any] = json.loads(terminated(pod)["message"])
    return document


def test_a_success_completes_the_job(release: Release) -> None:
    """`--wait --wait-for-jobs` returns when the run is over; the secrets are in no object but their own."""
    cluster = release.cluster
    arn = release.state_machines.create(Type="Pass", End=True)
    given = {"path": "$.orders", "price": "$$5 $(SFN_REGION)"}
    cluster.install(release.name, release.values(arn, {"config": {"input": given}}))
    assert cluster.conditions(release.job()) == {"Complete"}
    (pod,) = cluster.pods(release.job())
    assert terminated(pod)["exitCode"] == 0
    assert json.loads(result(pod)["result"]["output"]) == given
    assert release.state_machines.executions(arn) == ["SUCCEEDED"]
    seen = [pod, cluster.job(release.job()), cluster.config.get_all(release.name), cluster.log(pod["metadata"]["name"])]
    assert SECRET_ACCESS_KEY not in json.dumps(seen)


def test_a_failed_execution_fails_the_install(release: Release) -> None:
    """With 23 in the pod's status, and where and why in its termination message."""
    cluster = release.cluster
    arn = release.state_machines.create(Type="Fail", Error="Orders.OutOfStock", Cause="no more of these")
    with pytest.raises(helm_python.HelmReleaseError, match="Job Failed"):
        cluster.install(release.name, release.values(arn, NO_RETRY))
    (pod,) = cluster.pods(release.job())
    assert terminated(pod)["exitCode"] == result(pod)["exit_code"] == 23
    assert result(pod)["result"]["failedState"]["error"] == "Orders.OutOfStock"


def test_a_failed_execution_is_not_started_again(release: Release) -> None:
    """A cluster without podFailurePolicy replaces the pod, which reports the same execution."""
    cluster = release.cluster
    arn = release.state_machines.create(Type="Fail", Error="Orders.OutOfStock")
    with pytest.raises(helm_python.HelmReleaseError):
        cluster.install(release.name, release.values(arn, {"backoffLimit": 1}))
    pods = cluster.pods(release.job())
    assert {terminated(pod)["exitCode"] for pod in pods} == {23}
    assert {result(pod)["result"]["name"] for pod in pods} == {result(pods[0])["result"]["name"]}
    assert release.state_machines.executions(arn) == ["FAILED"]


def test_a_wrong_setting_is_named(release: Release) -> None:
    """20, with the variable, and nothing started."""
    cluster = release.cluster
    arn = release.state_machines.create(Type="Pass", End=True)
    with pytest.raises(helm_python.HelmReleaseError):
        cluster.install(release.name, release.values(arn, NO_RETRY, {"config": {"executionName": "two words"}}))
    (pod,) = cluster.pods(release.job())
    assert terminated(pod)["exitCode"] == 20
    assert [error["variable"] for error in result(pod)["errors"]] == ["SFN_EXECUTION_NAME"]
    assert release.state_machines.executions(arn) == []


def start_slowly(release: Release, seconds: int, *values: dict[str, Any]) -> tuple[str, Object]:
    """Install a run that takes so long; return its state machine and its pod, once the execution runs."""
    cluster, machines = release.cluster, release.state_machines
    arn = machines.create(Type="Wait", Seconds=seconds, End=True)
    cluster.install(release.name, release.values(arn, *values), wait=False)
    eventually(lambda: machines.executions(arn) == ["RUNNING"], "the execution runs", limit=60)
    (pod,) = cluster.pods(release.job())
    return arn, pod


def completed_by_another(release: Release, arn: str, first: Object) -> None:
    """Check that another pod went on with the first one's execution."""
    cluster = release.cluster
    eventually(lambda: cluster.conditions(release.job()) != set(), "the Job is over", limit=90)
    assert cluster.conditions(release.job()) == {"Complete"}
    last = cluster.pods(release.job())[-1]
    assert last["metadata"]["uid"] != first["metadata"]["uid"]
    assert result(last)["result"]["resumed"] is True
    assert release.state_machines.executions(arn) == ["SUCCEEDED"]


def test_a_deleted_pod_is_replaced_and_resumes(release: Release) -> None:
    """One execution, which the second pod waits for."""
    arn, pod = start_slowly(release, 10)
    release.cluster.delete_pod(pod["metadata"]["name"])
    completed_by_another(release, arn, pod)


def test_a_killed_container_is_replaced_and_resumes(release: Release) -> None:
    """The same after SIGKILL, which leaves no result."""
    arn, pod = start_slowly(release, 10)
    processes = processes_of(pod)
    if not processes:
        pytest.skip("the cluster's containers are no processes of this machine, so none can be killed")
    for process in processes:
        os.kill(process, signal.SIGKILL)
    completed_by_another(release, arn, pod)
    assert terminated(release.cluster.pods(release.job())[0])["exitCode"] == 137


def processes_of(pod: Object) -> list[int]:
    """Return the job's processes in the pod, by their control group."""
    uid = pod["metadata"]["uid"]
    found = []
    for process in Path("/proc").iterdir():
        try:
            group = (process / "cgroup").read_text().replace("_", "-")
            if uid in group and b"job" in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except (NotADirectoryError, FileNotFoundError, ProcessLookupError):
            continue  # no process, or one that has ended
    return found


def test_an_upgrade_is_a_second_run(release: Release) -> None:
    """Under a name of its own; the first Job is gone."""
    cluster = release.cluster
    arn = release.state_machines.create(Type="Pass", End=True)
    cluster.install(release.name, release.values(arn))
    cluster.upgrade(release.name, release.values(arn, {"config": {"input": {"second": True}}}))
    assert cluster.conditions(release.job(2)) == {"Complete"}
    assert release.state_machines.executions(arn) == ["SUCCEEDED", "SUCCEEDED"]
    eventually(lambda: cluster.pods(release.job()) == [], "the first run's pod is deleted", limit=60)


@pytest.mark.parametrize(("policy", "status"), [("leave", "RUNNING"), ("stop", "ABORTED")])
def test_an_uninstall_ends_the_run(release: Release, policy: str, status: str) -> None:
    """By SIGTERM: 143, nothing left behind, and the execution as configured."""
    cluster = release.cluster
    arn, pod = start_slowly(release, 600, {"config": {"onTerminate": policy}})
    name = pod["metadata"]["name"]
    cluster.keep_pod(name, kept=True)
    cluster.config.uninstall(release.name)
    eventually(
        lambda: "terminated" in cluster.pods(release.job())[0]["status"]["containerStatuses"][0]["state"],
        "SIGTERM",
        limit=60,
    )
    (ended,) = cluster.pods(release.job())
    cluster.keep_pod(name, kept=False)
    assert terminated(ended)["exitCode"] == result(ended)["exit_code"] == 143
    assert result(ended)["result"]["status"] == status
    assert release.state_machines.executions(arn) == [status]
    eventually(lambda: left_behind(release) == [], "nothing is left", limit=60)


def left_behind(release: Release) -> list[Object]:
    """Return the objects of the release that are still there."""
    kinds = {"pods": "/api/v1", "configmaps": "/api/v1", "serviceaccounts": "/api/v1", "jobs": "/apis/batch/v1"}
    label = f"app.kubernetes.io/instance={release.name}"
    return [one for kind, api in kinds.items() for one in release.cluster.find(kind, label, api=api)]


def test_helm_test_checks_and_starts_nothing(release: Release) -> None:
    """The pod of `helm test` succeeds where a run would, and no execution is its."""
    arn = release.state_machines.create(Type="Pass", End=True)
    release.cluster.install(release.name, release.values(arn))
    release.cluster.config.test(release.name, timeout=60)
    assert release.state_machines.executions(arn) == ["SUCCEEDED"]


def test_what_the_cluster_is_too_old_for_is_refused(release: Release) -> None:
    """Before anything is made. On a newer cluster it runs."""
    cluster = release.cluster
    arn = release.state_machines.create(Type="Pass", End=True)
    values = release.values(arn, {"mode": "indexed", "inputs": [{"order": 1}, {"order": 2}]})
    version = json.loads(cluster.request("GET", "/version"))
    if (int(version["major"]), int(version["minor"].rstrip("+"))) >= (1, 24):
        cluster.install(release.name, values)
        assert release.state_machines.executions(arn) == ["SUCCEEDED", "SUCCEEDED"]
    else:
        with pytest.raises(helm_python.HelmError, match=r"mode indexed needs Kubernetes 1\.24 or later"):
            cluster.install(release.name, values)
        assert left_behind(release) == []
