"""A real cluster, LocalStack where its pods can reach it, and in a namespace of its own a release for each test.

Without SFN_JOB_KUBECONFIG these tests are skipped, by that name: no test touches the cluster that somebody happens to
have in KUBECONFIG. `.ci/kubernetes up` starts one for them, and `make test-kubernetes` takes the user's. The cluster
has the image already: SFN_JOB_KUBERNETES_IMAGE, else sfn-job:latest. SFN_JOB_KUBERNETES_HOST is what its pods call this
machine.
"""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.chart.cluster import Cluster
from tests.chart.helm import merged
from tests.integration.conftest import ROLE
from tests.support.localstack import ACCESS_KEY_ID, SECRET_ACCESS_KEY, LocalStack

NODE = "10.77.0.1"
"""What the pods of .ci/kubernetes call this machine; there they reach its loopback."""
FIRST_PORT = 14566
"""LocalStack's, and one more for each further worker of pytest's; .ci/kubernetes lets pods reach these."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    kubeconfig = os.environ.get("SFN_JOB_KUBECONFIG")
    if not kubeconfig:
        pytest.skip("SFN_JOB_KUBECONFIG names no cluster; `.ci/kubernetes up` starts one")
    running = Cluster(Path(kubeconfig), f"sfn-job-test-{uuid.uuid4()}")
    running.create_namespace()
    try:
        running.create_secret("aws", user=ACCESS_KEY_ID, password=SECRET_ACCESS_KEY)
        yield running
    finally:
        running.delete_namespace()


@dataclass(frozen=True)
class StateMachines:
    """State machines in LocalStack, each with the executions of one test."""

    url: str
    """Where pods reach it."""
    client: Any

    def create(self, **state: Any) -> str:
        """Return the ARN of a new one, of one state."""
        arn: str = self.client.create_state_machine(
            name=f"test-{uuid.uuid4()}",
            definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
            roleArn=ROLE,
        )["stateMachineArn"]
        return arn

    def executions(self, arn: str) -> list[str]:
        """Return the status of each execution, the newest first."""
        return [one["status"] for one in self.client.list_executions(stateMachineArn=arn)["executions"]]


@pytest.fixture(scope="session")
def state_machines(cluster: Cluster) -> Iterator[StateMachines]:  # noqa: ARG001 - not without a cluster
    host = os.environ.get("SFN_JOB_KUBERNETES_HOST", NODE)
    port = FIRST_PORT + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    localstack = LocalStack()
    localstack.url = f"http://{'127.0.0.1' if host == NODE else '0.0.0.0'}:{port}"
    with localstack:
        yield StateMachines(f"http://{host}:{port}", localstack.client("stepfunctions"))


@dataclass(frozen=True)
class Release:
    """What a test installs: the chart, with the least that a run needs here."""

    cluster: Cluster
    state_machines: StateMachines
    image: str
    name: str
    """Of the test's release."""

    def job(self, revision: int = 1) -> str:
        """Return the name of a revision's Job."""
        return f"{self.name}-sfn-job-{revision}"

    def values(self, arn: str, *more: dict[str, Any]) -> dict[str, Any]:
        """Return the values for a run of that state machine, which waits."""
        repository, _, tag = self.image.rpartition(":")
        least: dict[str, Any] = {
            "image": {"repository": repository, "tag": tag, "pullPolicy": "Never"},
            "config": {"stateMachineArn": arn, "waitForSuccessOrFailure": True, "pollingInterval": 1},
            "credentials": {"existingSecret": "aws"},
            "extraEnv": [{"name": "AWS_ENDPOINT_URL", "value": self.state_machines.url}],
        }
        return merged(least, *more)


@pytest.fixture
def release(cluster: Cluster, state_machines: StateMachines) -> Iterator[Release]:
    """A release of its own for each test, which is uninstalled after it."""
    image = os.environ.get("SFN_JOB_KUBERNETES_IMAGE", "sfn-job:latest")
    name = f"run-{uuid.uuid4().hex[:8]}"
    yield Release(cluster, state_machines, image, name)
    cluster.config.uninstall(name, ignore_not_found=True)
