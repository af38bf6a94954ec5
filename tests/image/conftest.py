"""A real engine, the job's image built from this tree, and LocalStack beside it on a network.

Where no engine answers, these tests are skipped, by that name; `.ci/engine up` starts one. SFN_JOB_IMAGE names an image
to be tested instead of the one that is built here.
"""

import contextlib
import json
import os
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from testcontainers.community.localstack import LocalStackContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.network import Network

from tests.image.engine import Engine, Image, build
from tests.support.localstack import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from tests.support.process import ROOT

LOCALSTACK = "localstack/localstack:4.14.0"

DEFINITIONS: Mapping[str, dict[str, Any]] = {
    "echo": {"Type": "Pass", "End": True},
    "fail": {"Type": "Fail", "Error": "CardDeclined", "Cause": "no money"},
    "slow": {"Type": "Wait", "Seconds": 600, "End": True},
}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a test here take longer than others may: the first one waits for images to be built."""
    item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def engine() -> Engine:
    client = subprocess.run([ROOT / ".ci/engine", "client"], capture_output=True, text=True, check=False)
    if client.returncode:
        pytest.skip("no Docker client with BuildKit here; `.ci/engine up` installs one")
    found = Engine(client.stdout.strip())
    try:
        found("info")
    except RuntimeError:
        pytest.skip("no Docker engine answers here; `.ci/engine up` starts one")
    return found


@pytest.fixture(scope="session")
def built(engine: Engine) -> Image:
    """The image by itself."""
    name = os.environ.get("SFN_JOB_IMAGE")
    if not name:
        name = "sfn-job:test"
        build(name)
    return Image(engine, name)


@pytest.fixture(scope="session")
def unpruned(engine: Engine) -> Image:
    """The stage that the image's content is taken from: the same Python and packages, whole."""
    name = "sfn-job:test-build"
    build(name, "--target=build")
    return Image(engine, name, {}, ("--volume=/build",))


@dataclass(frozen=True)
class StateMachines:
    """What runs in LocalStack, and where it is."""

    url: str
    network: str
    arns: Mapping[str, str]
    client: Any

    def running(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.list_executions(
            stateMachineArn=self.arns["slow"], statusFilter="RUNNING"
        )["executions"]
        return found


@pytest.fixture(scope="session")
def state_machines(engine: Engine) -> Iterator[StateMachines]:
    # Ryuk would be one more image to pull; the `with` blocks clean up.
    testcontainers_config.ryuk_disabled = True
    have_localstack(engine)
    with Network() as network, running_localstack(network) as localstack:
        client: Any = localstack.get_client("stepfunctions")  # type: ignore[call-arg, arg-type] # wrongly declared there
        arns = {
            name: client.create_state_machine(
                name=name,
                definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
                roleArn="arn:aws:iam::000000000000:role/any",
            )["stateMachineArn"]
            for name, state in DEFINITIONS.items()
        }
        yield StateMachines("http://localstack:4566", network.name, arns, client)


@contextlib.contextmanager
def running_localstack(network: Network) -> Iterator[LocalStackContainer]:
    container = LocalStackContainer(LOCALSTACK, region_name=REGION)
    container.with_services("stepfunctions", "sts").with_network(network).with_network_aliases("localstack")
    # Its own certificate, as in the stand-in, not one from the network.
    container.with_env("SKIP_SSL_CERT_DOWNLOAD", "1")
    try:
        with warnings.catch_warnings():
            # It waits for LocalStack in a way of its own that testcontainers calls deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            container.start()
        yield container
    finally:
        container.stop()


def have_localstack(engine: Engine) -> None:
    """Pull LocalStack's image or, where no registry can be reached, build a stand-in of that name."""
    if engine.has(LOCALSTACK):
        return
    try:
        engine("pull", "--quiet", LOCALSTACK)
    except RuntimeError:
        base = subprocess.run([ROOT / ".ci/engine", "base-image"], capture_output=True, text=True, check=True)
        ca = os.environ.get("SSL_CERT_FILE")
        subprocess.run(
            [
                *(engine.client, "build", "--quiet", "--tag", LOCALSTACK),
                *("--file", str(ROOT / "tests/image/localstack.Dockerfile")),
                *("--build-arg", f"BASE_IMAGE={base.stdout.strip()}"),
                *(("--secret", f"id=ca,src={ca}") if ca else ()),
                str(ROOT / "requirements"),
            ],
            env=os.environ | {"DOCKER_BUILDKIT": "1"},
            check=True,
        )


@pytest.fixture
def image(built: Image, state_machines: StateMachines) -> Image:
    """The image with the least that the job needs to run `echo` in LocalStack and wait for its end."""
    environ = {
        "AWS_ENDPOINT_URL": state_machines.url,
        "SFN_CREDENTIALS_USER": ACCESS_KEY_ID,
        "SFN_CREDENTIALS_PASSWORD": SECRET_ACCESS_KEY,
        "SFN_STATE_MACHINE_ARN": state_machines.arns["echo"],
        "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true",
    }
    return replace(built, environ=environ, options=(f"--network={state_machines.network}",))
