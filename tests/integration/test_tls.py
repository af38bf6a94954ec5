"""Whose certificates are trusted on the way to AWS: the system's, those of AWS_CA_BUNDLE, and a proxy's own CA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.support.certificates import Authority
from tests.support.process import Finished, Job, eventually
from tests.support.proxies import Mitmproxy, Squid
from tests.support.results import ends_with, reached_nothing

AT_ONCE = {"SFN_RETRY_WINDOW": "0"}
ROLE = {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": "arn:aws:iam::123456789012:role/runner"}
UNTRUSTED = (
    "CONNECTION_ERROR: AWS's TLS certificate isn't trusted: unable to get local issuer certificate. Set AWS_CA_BUNDLE "
    "to the CA certificates of whoever signs it here; for a proxy that opens TLS, SFN_PROXY_CA_BUNDLE_FILE."
)


def run(aws: HostileEndpoint, **variables: str) -> Finished:
    """Run the job by TLS against this machine's own name."""
    url = f"https://localhost:{aws.url.rpartition(':')[2]}"
    return Job(environment(url, aws.state_machine_arn, **variables)).finish()


@pytest.fixture
def at_localhost(amazon: Authority) -> Iterator[HostileEndpoint]:
    with HostileEndpoint(tls=amazon.issue("localhost")) as endpoint:
        yield endpoint


@pytest.mark.parametrize("variables", [{}, ROLE], ids=["", "role"])
def test_aws_is_trusted_by_its_bundle_alone(
    variables: dict[str, str], at_localhost: HostileEndpoint, amazon: Authority
) -> None:
    """Without AWS_CA_BUNDLE the system doesn't know who signed: exit 10 at once, and the sentence says what to set."""
    untrusted = run(at_localhost, **variables)  # with a whole retry window: it isn't tried again
    document = ends_with(untrusted, Outcome.CONNECTION_ERROR)
    assert reached_nothing(document)
    assert document["status_description"] == UNTRUSTED
    assert not at_localhost.requests
    ends_with(run(at_localhost, AWS_CA_BUNDLE=str(amazon.bundle), **variables), Outcome.SUCCESS)


def test_the_profile_and_requests_name_a_bundle_too(
    at_localhost: HostileEndpoint, amazon: Authority, tmp_path: Path
) -> None:
    """As in AWS's other tools: after the variable the profile's ca_bundle, then REQUESTS_CA_BUNDLE."""
    config = tmp_path / "config"
    config.write_text(f"[default]\nca_bundle = {amazon.bundle}\n", encoding="utf-8")
    ends_with(run(at_localhost, AWS_CONFIG_FILE=str(config), AWS_CA_BUNDLE=""), Outcome.SUCCESS)
    ends_with(run(at_localhost, REQUESTS_CA_BUNDLE=str(amazon.bundle)), Outcome.SUCCESS)


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_an_empty_bundle_variable_is_an_unset_one(
    variable: str, run_job: Callable[..., Finished], at_localhost: HostileEndpoint
) -> None:
    """To botocore it is a mistake; here the system's certificates are what's trusted."""
    ends_with(run_job(**{variable: ""}), Outcome.SUCCESS)
    document = ends_with(run(at_localhost, **{variable: ""}, **AT_ONCE), Outcome.CONNECTION_ERROR)
    assert document["status_description"] == UNTRUSTED


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SFN_PROXY_CA_BUNDLE_FILE"])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "can't be read: No such file"),
        ("", "holds no certificates"),
        ("no PEM", "holds no certificates"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificates"),
    ],
    ids=["missing", "empty", "text", "damaged"],
)
def test_a_bundle_that_is_none_is_named(
    variable: str, content: str | None, what: str, at_localhost: HostileEndpoint, tmp_path: Path
) -> None:
    """A wrong variable, found before anything is sent: exit 20."""
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    proxy = {"SFN_USE_PROXY": "true", "SFN_PROXY": "http://127.0.0.1:1", "SFN_PROXY_TYPE": "HTTPS"}
    finished = run(at_localhost, **(proxy if variable.startswith("SFN_") else {}), **{variable: str(bundle)})
    document = ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert variable in document["status_description"]
    assert what in document["status_description"]
    assert not at_localhost.requests


@pytest.mark.parametrize(
    ("names", "lifetime", "says"),
    [
        (["localhost"], timedelta(hours=-1), "certificate has expired"),
        (["states.amazonaws.invalid", "127.0.0.1"], timedelta(days=1), "hostname 'localhost' doesn't match "),
    ],
    ids=["expired", "wrong name"],
)
def test_a_certificate_must_be_valid_and_for_the_host(
    names: list[str], lifetime: timedelta, says: str, amazon: Authority
) -> None:
    """Though its issuer is trusted: exit 10 at once, and the sentence says which it is."""
    with HostileEndpoint(tls=amazon.issue(*names, lifetime=lifetime)) as aws:
        document = ends_with(run(aws, AWS_CA_BUNDLE=str(amazon.bundle)), Outcome.CONNECTION_ERROR)
        assert document["status_description"].startswith(
            f"CONNECTION_ERROR: AWS's TLS certificate isn't trusted: {says}"
        )
        assert not aws.requests


# A proxy that opens TLS


@pytest.fixture(scope="session")
def mitmproxy(amazon: Authority) -> Iterator[Mitmproxy]:
    with Mitmproxy(amazon.bundle) as running:
        yield running


def all_went_through(proxy: Mitmproxy, aws: HostileEndpoint, since: int) -> bool:
    """Whether the proxy has logged as many requests as have come to AWS; it may do so after the answer."""
    came = len(aws.requests)
    eventually(lambda: len(proxy.log) - since >= came, "the proxy has logged all that came")
    return len(proxy.log) - since == came


@pytest.mark.parametrize("variable", ["SFN_PROXY_CA_BUNDLE_FILE", "AWS_CA_BUNDLE"])
def test_a_proxy_may_open_tls_if_its_ca_is_trusted(
    variable: str, at_localhost: HostileEndpoint, mitmproxy: Mitmproxy
) -> None:
    """It shows its own certificate for AWS's name, to STS too."""
    since = len(mitmproxy.log)
    finished = run(
        at_localhost,
        SFN_USE_PROXY="true",
        SFN_PROXY=mitmproxy.url,
        SFN_PROXY_TYPE="HTTPS",
        **{variable: str(mitmproxy.bundle)},
        **ROLE,
    )
    ends_with(finished, Outcome.SUCCESS)
    assert {request.operation for request in at_localhost.requests} == {"AssumeRole", "StartExecution"}
    assert all_went_through(mitmproxy, at_localhost, since)


def test_the_environments_proxy_may_open_tls_too(at_localhost: HostileEndpoint, mitmproxy: Mitmproxy) -> None:
    """HTTPS_PROXY, with its CA in AWS_CA_BUNDLE."""
    since = len(mitmproxy.log)
    finished = run(at_localhost, HTTPS_PROXY=mitmproxy.url, AWS_CA_BUNDLE=str(mitmproxy.bundle))
    ends_with(finished, Outcome.SUCCESS)
    assert len(at_localhost.requests) == 1
    assert all_went_through(mitmproxy, at_localhost, since)


def test_a_proxy_that_opens_tls_is_not_trusted_by_itself(
    at_localhost: HostileEndpoint, amazon: Authority, mitmproxy: Mitmproxy
) -> None:
    """It's AWS's certificate that isn't right then, so the exit is 10, and the sentence names the variable."""
    proxy = {"SFN_USE_PROXY": "true", "SFN_PROXY": mitmproxy.url, "SFN_PROXY_TYPE": "HTTPS"}
    document = ends_with(run(at_localhost, AWS_CA_BUNDLE=str(amazon.bundle), **proxy), Outcome.CONNECTION_ERROR)
    assert document["status_description"] == UNTRUSTED
    assert not at_localhost.requests


def test_a_proxys_ca_is_trusted_besides_what_is_trusted_anyway(
    squid: Squid, aws_by_tls: HostileEndpoint, corporation: Authority, run_at: Callable[..., Finished]
) -> None:
    """The proxy is trusted by the one, and AWS behind it by the other; nobody is by neither."""
    proxy = {"SFN_USE_PROXY": "true", "SFN_PROXY": squid.tls_url, "SFN_PROXY_TYPE": "HTTPS", **AT_ONCE}
    both = {**proxy, "SFN_PROXY_CA_BUNDLE_FILE": str(corporation.bundle)}
    ends_with(run_at(aws_by_tls, **both), Outcome.SUCCESS)
    ends_with(run_at(aws_by_tls, **proxy), Outcome.PROXY_ERROR)
    document = ends_with(run_at(aws_by_tls, **both, AWS_CA_BUNDLE=""), Outcome.CONNECTION_ERROR)
    assert document["status_description"] == UNTRUSTED
