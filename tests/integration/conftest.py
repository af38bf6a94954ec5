"""What is made once for all tests that share it: state machines of LocalStack's, certificate authorities, squid."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.support.certificates import Authority
from tests.support.localstack import LocalStack
from tests.support.process import Finished, Job, jobs
from tests.support.proxies import HOST, PASSWORD, USER, Squid

ROLE = "arn:aws:iam::000000000000:role/states"

DEFINITIONS: dict[str, dict[str, Any]] = {
    "greet": {"StartAt": "Greet", "States": {"Greet": {"Type": "Pass", "Result": {"hello": "world"}, "End": True}}},
    # Another machine than the one above, because LocalStack can't start an unqualified one that has an alias.
    "released": {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}},
    "echo": {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}},
    "reject": {
        "StartAt": "Look",
        "States": {
            "Look": {"Type": "Pass", "Next": "Reject"},
            "Reject": {"Type": "Fail", "Error": "Orders.OutOfStock", "Cause": "no more of these"},
        },
    },
    "linger": {"StartAt": "Linger", "States": {"Linger": {"Type": "Wait", "Seconds": 120, "End": True}}},
    "expire": {
        "StartAt": "Expire",
        "TimeoutSeconds": 1,
        "States": {"Expire": {"Type": "Wait", "Seconds": 120, "End": True}},
    },
}


@pytest.fixture(scope="session")
def machines(localstack: LocalStack) -> dict[str, str]:
    """The ARNs of the state machines above by name, and of `released` also a version and an alias."""
    client = localstack.client("stepfunctions")
    arns = {
        name: client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
        for name, definition in DEFINITIONS.items()
    }
    arns["version"] = client.publish_state_machine_version(stateMachineArn=arns["released"])["stateMachineVersionArn"]
    route = {"stateMachineVersionArn": arns["version"], "weight": 100}
    arns["alias"] = client.create_state_machine_alias(name="PROD", routingConfiguration=[route])["stateMachineAliasArn"]
    return arns


@pytest.fixture
def start_locally(localstack: LocalStack, machines: dict[str, str]) -> Iterator[Callable[..., Job]]:
    """Start the job on a state machine of LocalStack's, by its name above or its ARN; it is killed after the test."""
    with jobs() as start:
        yield lambda machine, **variables: start(
            environment(localstack.url, machines.get(machine, machine), **variables)
        )


@pytest.fixture
def run_locally(start_locally: Callable[..., Job]) -> Callable[..., Finished]:
    """Run the job on a state machine of LocalStack's to its end."""
    return lambda machine, **variables: start_locally(machine, **variables).finish()


@pytest.fixture(scope="session")
def corporation(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the proxy's certificate."""
    return Authority(tmp_path_factory.mktemp("corporation"), "corporation")


@pytest.fixture(scope="session")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs AWS's certificate."""
    return Authority(tmp_path_factory.mktemp("amazon"), "amazon")


@pytest.fixture
def aws_by_tls(amazon: Authority) -> Iterator[HostileEndpoint]:
    """The hostile endpoint by TLS, at the name that only squid knows."""
    with HostileEndpoint(tls=amazon.issue(HOST, f"sync-{HOST}")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def squid(corporation: Authority) -> Iterator[Squid]:
    with a_squid(corporation) as running:
        yield running


@pytest.fixture
def mortal_squid(corporation: Authority) -> Iterator[Squid]:
    """A squid that a test may stop and start."""
    with a_squid(corporation) as running:
        yield running


def a_squid(corporation: Authority) -> Squid:
    return Squid(corporation.issue("localhost", "::1"), [HOST, f"sync-{HOST}"], {USER: PASSWORD})


@pytest.fixture(params=["forwarded", "tunnel"])
def endpoint(request: pytest.FixtureRequest) -> HostileEndpoint:
    """AWS by plain HTTP, to which a proxy forwards; or by TLS, to which it makes a tunnel."""
    found: HostileEndpoint = request.getfixturevalue("aws" if request.param == "forwarded" else "aws_by_tls")
    return found


@pytest.fixture
def start_at(amazon: Authority) -> Iterator[Callable[..., Job]]:
    """Start the job against an endpoint by the name that only squid knows, and let it wait; it is killed at the end."""
    jobs: list[Job] = []

    def start(aws: HostileEndpoint, **variables: str) -> Job:
        scheme, _, port = aws.url.split(":")
        variables = {"AWS_CA_BUNDLE": str(amazon.bundle), "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true", **variables}
        jobs.append(Job(environment(f"{scheme}://{HOST}:{port}", aws.state_machine_arn, **variables)))
        return jobs[-1]

    yield start
    for job in jobs:
        job.process.kill()
        job.process.communicate()


@pytest.fixture
def run_at(start_at: Callable[..., Job]) -> Callable[..., Finished]:
    """Run the job against an endpoint by the name that only squid knows, and let it wait."""
    return lambda aws, **variables: start_at(aws, **variables).finish()
