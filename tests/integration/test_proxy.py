"""All that the job sends to AWS goes through the proxy that it was told, by every way to talk to one (contract 1)."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint, MetadataServer
from tests.hostile.metadata import CONTAINER
from tests.support.certificates import Authority
from tests.support.localstack import LocalStack, free_port
from tests.support.process import Finished, Job, eventually
from tests.support.proxies import CREDENTIALS, HOST, Squid
from tests.support.results import ends_with

ROLE_ARN = "arn:aws:iam::123456789012:role/runner"
ROLE = {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": ROLE_ARN}
NO_KEYS = {"SFN_CREDENTIALS_USER": "", "SFN_CREDENTIALS_PASSWORD": ""}
NOWHERE = "http://127.0.0.1:1"

Proxy = Callable[[Squid, str], dict[str, str]]
"""The variables of the proxy, for a squid and the path of its CA."""

WAYS: dict[str, Proxy] = {
    "plain": lambda squid, _: {"SFN_PROXY": squid.url},
    "ipv6": lambda squid, _: {"SFN_PROXY": squid.ipv6_url},
    "tls": lambda squid, ca: {
        "SFN_PROXY": squid.tls_url,
        "SFN_PROXY_TYPE": "HTTPS",
        "SFN_PROXY_CA_BUNDLE_FILE": ca,
    },
    "tls ipv6": lambda squid, ca: {
        "SFN_PROXY": squid.ipv6_tls_url,
        "SFN_PROXY_TYPE": "HTTPS",
        "SFN_PROXY_CA_BUNDLE_FILE": ca,
    },
    "credentials": lambda squid, _: {"SFN_PROXY": squid.url_with_credentials, **CREDENTIALS},
    "tls credentials": lambda squid, ca: {
        "SFN_PROXY": squid.tls_url_with_credentials,
        "SFN_PROXY_CA_BUNDLE_FILE": ca,
        **CREDENTIALS,
    },
    "tls by the system's CAs": lambda squid, ca: {"SFN_PROXY": squid.tls_url, "AWS_CA_BUNDLE": f"{ca}+amazon"},
}


def went_through(squid: Squid, aws: HostileEndpoint, since: int) -> list[str]:
    """Return what squid has logged since then, as soon as that is all that came to AWS; it must not be less."""
    tunnel = aws.url.startswith("https:")
    came = len({request.connection for request in aws.requests}) if tunnel else len(aws.requests)

    def lines() -> list[str]:
        port = aws.url.rpartition(":")[2]
        return [line for line in squid.log[since:] if line.split()[1].rstrip("/").endswith(f"{HOST}:{port}")]

    eventually(lambda: len(lines()) >= came > 0, "squid has logged all that came")
    assert len(lines()) == came
    assert all(line.split()[0] == ("CONNECT" if tunnel else "POST") for line in lines())
    return lines()


@pytest.mark.parametrize("way", WAYS)
def test_every_request_goes_through_the_proxy(
    way: str,
    endpoint: HostileEndpoint,
    squid: Squid,
    corporation: Authority,
    amazon: Authority,
    tmp_path: Path,
    run_at: Callable[..., Finished],
) -> None:
    """AssumeRole too; the credentials arrive as they were given, whatever characters they have."""
    variables = WAYS[way](squid, str(corporation.bundle))
    if "AWS_CA_BUNDLE" in variables:
        variables["AWS_CA_BUNDLE"] = str(tmp_path / "both.pem")
        (tmp_path / "both.pem").write_bytes(corporation.bundle.read_bytes() + amazon.bundle.read_bytes())
    since = len(squid.log)
    ends_with(run_at(endpoint, SFN_USE_PROXY="true", **variables, **ROLE), Outcome.SUCCESS)
    operations = {request.operation for request in endpoint.requests}
    assert operations >= {"AssumeRole", "StartExecution", "DescribeExecution"}
    lines = went_through(squid, endpoint, since)
    assert all(("zo%c3%ab@corp" in line) == ("credentials" in way) for line in lines)


def test_localstack_can_be_reached_through_a_tunnel_and_by_forwarding(
    squid: Squid, localstack: LocalStack, machines: dict[str, str], tmp_path: Path
) -> None:
    """Another implementation of AWS, which has both on one port."""
    host, port = localstack.url.removeprefix("http://").split(":")
    bundle = tmp_path / "localstack.pem"
    bundle.write_text(ssl.get_server_certificate((host, int(port))), encoding="utf-8")
    variables = {"SFN_USE_PROXY": "true", "SFN_PROXY": squid.url, "AWS_CA_BUNDLE": str(bundle)}
    variables |= {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": "arn:aws:iam::000000000000:role/runner"}
    for url, method in ((f"https://localhost:{port}", "CONNECT"), (f"http://localhost:{port}", "POST")):
        since = len(squid.log)
        ends_with(Job(environment(url, machines["greet"], **variables)).finish(), Outcome.SUCCESS)
        wanted = f"{method} {url.removeprefix('https://')}"
        eventually(lambda: any(line.startswith(wanted) for line in squid.log[since:]), f"squid logs {wanted}")  # noqa: B023


def test_an_express_execution_goes_through_the_proxy(
    endpoint: HostileEndpoint, squid: Squid, run_at: Callable[..., Finished]
) -> None:
    """By a client of its own, at a host of its own."""
    since = len(squid.log)
    express = endpoint.add_state_machine("quick", "EXPRESS")
    finished = run_at(endpoint, SFN_USE_PROXY="true", SFN_PROXY=squid.url, SFN_STATE_MACHINE_ARN=express)
    ends_with(finished, Outcome.SUCCESS)
    assert endpoint.count("StartSyncExecution") == 1
    assert any(f"sync-{HOST}" in line for line in went_through(squid, endpoint, since))


def test_a_web_identity_goes_through_the_proxy(
    endpoint: HostileEndpoint, squid: Squid, tmp_path: Path, run_at: Callable[..., Finished]
) -> None:
    """The credential chain's own request to STS, which nobody signs."""
    token = tmp_path / "token"
    token.write_text(endpoint.web_identity_tokens[-1], encoding="utf-8")
    since = len(squid.log)
    finished = run_at(
        endpoint,
        SFN_USE_PROXY="true",
        SFN_PROXY=squid.url,
        AWS_ROLE_ARN=ROLE_ARN,
        AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
        **NO_KEYS,
    )
    ends_with(finished, Outcome.SUCCESS)
    assert endpoint.count("AssumeRoleWithWebIdentity") == 1
    went_through(squid, endpoint, since)


@pytest.mark.parametrize("kind", ["container", "instance"])
def test_metadata_services_are_asked_without_the_proxy(
    kind: str, endpoint: HostileEndpoint, squid: Squid, run_at: Callable[..., Finished]
) -> None:
    """They answer only to whom they belong to, and no proxy is that."""
    with MetadataServer(endpoint) as metadata:
        where = {
            "container": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": metadata.url + CONTAINER},
            "instance": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url, "AWS_EC2_METADATA_DISABLED": ""},
        }
        since = len(squid.log)
        finished = run_at(endpoint, SFN_USE_PROXY="true", SFN_PROXY=squid.url, **NO_KEYS, **where[kind])
        ends_with(finished, Outcome.SUCCESS)
        assert metadata.requests
        assert not [line for line in squid.log[since:] if metadata.url.rpartition(":")[2] in line]
    went_through(squid, endpoint, since)


def test_each_of_two_entries_serves_the_scheme_that_it_names(
    aws: HostileEndpoint,
    aws_by_tls: HostileEndpoint,
    squid: Squid,
    corporation: Authority,
    run_at: Callable[..., Finished],
) -> None:
    """The first one plain requests, the second one those by TLS; the other one could be dead."""
    dead = f"127.0.0.1:{free_port()}"
    tls = {"SFN_PROXY_TYPE": "HTTPS", "SFN_PROXY_CA_BUNDLE_FILE": str(corporation.bundle)}
    for endpoint, entries in ((aws, f"{squid.url},https://{dead}"), (aws_by_tls, f"http://{dead},{squid.tls_url}")):
        since = len(squid.log)
        ends_with(run_at(endpoint, SFN_USE_PROXY="true", SFN_PROXY=entries, **tls), Outcome.SUCCESS)
        went_through(squid, endpoint, since)


def test_without_a_proxy_of_ours_the_environments_is_taken(
    endpoint: HostileEndpoint, squid: Squid, run_at: Callable[..., Finished]
) -> None:
    """HTTPS_PROXY and HTTP_PROXY, as AWS's own tools do it."""
    since = len(squid.log)
    ends_with(run_at(endpoint, HTTPS_PROXY=squid.url, HTTP_PROXY=squid.url, **ROLE), Outcome.SUCCESS)
    went_through(squid, endpoint, since)


@pytest.mark.parametrize("excepted", ["127.0.0.1", "*"])
def test_no_proxy_excepts_from_the_environments_proxy(excepted: str, run_job: Callable[..., Finished]) -> None:
    """A dead proxy is no obstacle on the way to an address that it isn't for."""
    proxies = {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "SFN_RETRY_WINDOW": "0"}
    ends_with(run_job(**proxies), Outcome.PROXY_ERROR)
    ends_with(run_job(**proxies, NO_PROXY=excepted), Outcome.SUCCESS)


def test_the_environment_can_not_get_around_our_proxy(
    endpoint: HostileEndpoint, squid: Squid, run_at: Callable[..., Finished]
) -> None:
    """With SFN_USE_PROXY neither NO_PROXY nor another proxy counts."""
    since = len(squid.log)
    finished = run_at(
        endpoint,
        SFN_USE_PROXY="true",
        SFN_PROXY=squid.url,
        NO_PROXY="*",
        HTTPS_PROXY=NOWHERE,
        HTTP_PROXY=NOWHERE,
        **ROLE,
    )
    ends_with(finished, Outcome.SUCCESS)
    went_through(squid, endpoint, since)


def test_the_job_can_not_get_there_without_the_proxy(
    endpoint: HostileEndpoint, run_at: Callable[..., Finished]
) -> None:
    """Or else these tests would prove nothing."""
    ends_with(run_at(endpoint, SFN_RETRY_WINDOW="0"), Outcome.CONNECTION_ERROR)
    assert not endpoint.requests
