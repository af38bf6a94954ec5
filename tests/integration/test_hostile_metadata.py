"""The metadata services answer as EC2's and the containers' do: to who has the token, with the role's credentials."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.hostile import HostileEndpoint, MetadataServer
from tests.hostile.metadata import CONTAINER, INSTANCE_TOKEN, LIFETIME, ROLES

TTL = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
TOKEN = {"X-aws-ec2-metadata-token": INSTANCE_TOKEN}


@pytest.fixture
def metadata(aws: HostileEndpoint) -> Iterator[MetadataServer]:
    with MetadataServer(aws) as server:
        yield server


def ask(server: MetadataServer, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def call(aws: HostileEndpoint, credentials: dict[str, Any]) -> None:
    """Send a request with these credentials; raise ClientError where AWS refuses them."""
    client = botocore.session.Session().create_client(
        "stepfunctions",
        region_name="eu-west-1",
        endpoint_url=aws.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["Token"],
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )
    client.list_executions(stateMachineArn=aws.state_machine_arn)


def test_an_instance_token_is_put_with_its_lifetime(metadata: MetadataServer) -> None:
    """As version 2 wants it: a PUT, and the header; nothing else gets a token."""
    assert ask(metadata, "PUT", "/latest/api/token", TTL) == (200, INSTANCE_TOKEN)
    assert ask(metadata, "PUT", "/latest/api/token")[0] == 400
    assert ask(metadata, "GET", "/latest/api/token", TTL)[0] == 405


@pytest.mark.parametrize("path", [ROLES, f"{ROLES}workload"])
def test_an_instances_credentials_need_the_token(path: str, metadata: MetadataServer) -> None:
    """Version 1, without one, is off."""
    assert ask(metadata, "GET", path)[0] == 401
    assert ask(metadata, "GET", path, {"X-aws-ec2-metadata-token": "another"})[0] == 401
    assert ask(metadata, "GET", path, TOKEN)[0] == 200


def test_an_instance_names_its_role_and_hands_out_its_credentials(
    metadata: MetadataServer, aws: HostileEndpoint
) -> None:
    """They work at the endpoint; another role's and, without a role, none are to be had."""
    assert ask(metadata, "GET", ROLES, TOKEN) == (200, "workload")
    status, text = ask(metadata, "GET", f"{ROLES}workload", TOKEN)
    assert (status, json.loads(text)["Code"]) == (200, "Success")
    call(aws, json.loads(text))
    assert ask(metadata, "GET", f"{ROLES}another", TOKEN)[0] == 404
    metadata.role = None
    assert ask(metadata, "GET", ROLES, TOKEN)[0] == 404


def test_a_containers_credentials_need_what_the_test_says(metadata: MetadataServer, aws: HostileEndpoint) -> None:
    """ECS gives them to whoever asks in the container, Pod Identity to whoever has the token of the moment."""
    assert ask(metadata, "GET", CONTAINER)[0] == 200
    metadata.authorization = "one"
    assert ask(metadata, "GET", CONTAINER)[0] == 403
    status, text = ask(metadata, "GET", CONTAINER, {"Authorization": "one"})
    assert status == 200
    call(aws, json.loads(text))
    metadata.authorization = "two"
    assert ask(metadata, "GET", CONTAINER, {"Authorization": "one"})[0] == 403
    assert ask(metadata, "POST", CONTAINER)[0] == 501
    assert ask(metadata, "GET", "/")[0] == 404


def test_credentials_end_when_they_say_so(metadata: MetadataServer, aws: HostileEndpoint) -> None:
    """Six hours later, or after the account's credentials_lifetime; the endpoint refuses them then."""
    now = 1_700_000_000.0
    aws.clock = lambda: now
    credentials = json.loads(ask(metadata, "GET", CONTAINER)[1])
    assert datetime.fromisoformat(credentials["Expiration"]).timestamp() == now + LIFETIME
    aws.credentials_lifetime = 5
    credentials = json.loads(ask(metadata, "GET", CONTAINER)[1])
    assert datetime.fromisoformat(credentials["Expiration"]).timestamp() == now + 5
    now += 5
    with pytest.raises(ClientError, match="ExpiredToken"):
        call(aws, credentials)


def test_a_broken_service_answers_so_and_a_stopped_one_not_at_all(metadata: MetadataServer) -> None:
    """And both come back, at the same address."""
    metadata.broken = 500
    assert ask(metadata, "GET", CONTAINER)[0] == 500
    metadata.broken = None
    metadata.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(metadata, "GET", CONTAINER)
    metadata.start()
    assert ask(metadata, "GET", CONTAINER)[0] == 200
    assert metadata.requests == [("GET", CONTAINER, 500), ("GET", CONTAINER, 200)]
