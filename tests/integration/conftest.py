"""State machines of LocalStack's, made once for all tests that share them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import environment
from tests.support.localstack import LocalStack
from tests.support.process import Finished, Job

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
    jobs: list[Job] = []

    def start(machine: str, **variables: str) -> Job:
        jobs.append(Job(environment(localstack.url, machines.get(machine, machine), **variables)))
        return jobs[-1]

    yield start
    for job in jobs:
        job.process.kill()
        job.process.communicate()


@pytest.fixture
def run_locally(start_locally: Callable[..., Job]) -> Callable[..., Finished]:
    """Run the job on a state machine of LocalStack's to its end."""
    return lambda machine, **variables: start_locally(machine, **variables).finish()
