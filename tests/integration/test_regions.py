"""Which region a run has, and to which host of AWS's it goes: what it asks a proxy for that lets nothing through."""

import re
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.support.process import Finished, Job
from tests.support.results import ends_with

FIPS = {"AWS_USE_FIPS_ENDPOINT": "true"}
DUAL_STACK = {"AWS_USE_DUALSTACK_ENDPOINT": "true"}


class Recorder(socketserver.ThreadingTCPServer):
    """A proxy that refuses every tunnel, and keeps for which hosts it was asked."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RecordingHandler)
        self.hosts: list[str] = []


class RecordingHandler(socketserver.StreamRequestHandler):
    server: Recorder

    def handle(self) -> None:
        method, target, _ = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        assert method == "CONNECT"
        self.server.hosts.append(target.removesuffix(":443"))
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def host_of(recorder: Recorder) -> Callable[..., str]:
    """Run the job on AWS's own endpoints, and return the host of its first request."""

    def run(partition: str, region: str, **variables: str) -> str:
        arn = f"arn:{partition}:states:{region}:123456789012:stateMachine:nightly"
        proxy = f"http://127.0.0.1:{recorder.server_address[1]}"
        environ = environment("", arn, SFN_USE_PROXY="true", SFN_PROXY=proxy, SFN_RETRY_WINDOW="0", **variables)
        ends_with(Job(environ).finish(), Outcome.PROXY_ERROR)
        return recorder.hosts[0]

    return run


@pytest.mark.parametrize(
    ("partition", "region", "switches", "host"),
    [
        ("aws", "eu-west-1", {}, "states.eu-west-1.amazonaws.com"),
        ("aws", "us-east-1", FIPS, "states-fips.us-east-1.amazonaws.com"),
        ("aws", "eu-west-1", DUAL_STACK, "states.eu-west-1.api.aws"),
        ("aws", "us-east-1", FIPS | DUAL_STACK, "states-fips.us-east-1.api.aws"),
        ("aws-cn", "cn-north-1", {}, "states.cn-north-1.amazonaws.com.cn"),
        ("aws-cn", "cn-northwest-1", DUAL_STACK, "states.cn-northwest-1.api.amazonwebservices.com.cn"),
        ("aws-us-gov", "us-gov-west-1", {}, "states.us-gov-west-1.amazonaws.com"),
        # All of GovCloud's endpoints are FIPS ones, whatever they are called.
        ("aws-us-gov", "us-gov-west-1", FIPS, "states.us-gov-west-1.amazonaws.com"),
        ("aws-us-gov", "us-gov-east-1", FIPS, "states-fips.us-gov-east-1.amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", DUAL_STACK, "states-fips.us-gov-west-1.api.aws"),
        ("aws-iso", "us-iso-east-1", {}, "states.us-iso-east-1.c2s.ic.gov"),
        ("aws-iso-b", "us-isob-east-1", {}, "states.us-isob-east-1.sc2s.sgov.gov"),
        ("aws-iso-e", "eu-isoe-west-1", {}, "states.eu-isoe-west-1.cloud.adc-e.uk"),
        ("aws-iso-f", "us-isof-south-1", {}, "states.us-isof-south-1.csp.hci.ic.gov"),
        ("aws-eusc", "eusc-de-east-1", {}, "states.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_the_endpoint_is_the_partitions(
    partition: str, region: str, switches: Mapping[str, str], host: str, host_of: Callable[..., str]
) -> None:
    """Of the region in the state machine's ARN, with FIPS and dual-stack as AWS's variables say."""
    assert host_of(partition, region, **switches) == host


@pytest.mark.parametrize(
    ("partition", "region", "switches", "host"),
    [
        ("aws", "us-east-1", {}, "sts.us-east-1.amazonaws.com"),
        ("aws", "eu-west-1", {}, "sts.eu-west-1.amazonaws.com"),
        ("aws", "us-east-1", FIPS, "sts-fips.us-east-1.amazonaws.com"),
        ("aws", "eu-west-1", DUAL_STACK, "sts.eu-west-1.api.aws"),
        ("aws-cn", "cn-north-1", {}, "sts.cn-north-1.amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", {}, "sts.us-gov-west-1.amazonaws.com"),
        ("aws-iso", "us-iso-east-1", {}, "sts.us-iso-east-1.c2s.ic.gov"),
        ("aws-eusc", "eusc-de-east-1", {}, "sts.eusc-de-east-1.amazonaws.eu"),
    ],
)
@pytest.mark.parametrize("way", ["role", "web identity"])
def test_sts_is_the_regions_own(
    way: str,
    partition: str,
    region: str,
    switches: Mapping[str, str],
    host: str,
    tmp_path: Path,
    host_of: Callable[..., str],
) -> None:
    """Not the global one of us-east-1, neither for the role nor for the chain's own requests."""
    role = f"arn:{partition}:iam::123456789012:role/runner"
    (tmp_path / "token").write_text("token")
    variables = {
        "role": {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": role},
        "web identity": {
            "SFN_CREDENTIALS_USER": "",
            "SFN_CREDENTIALS_PASSWORD": "",
            "AWS_ROLE_ARN": role,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        },
    }[way]
    assert host_of(partition, region, **switches, **variables) == host


def profile(directory: Path) -> dict[str, str]:
    (directory / "config").write_text("[profile nightly]\nregion = eu-north-1\n")
    return {"AWS_CONFIG_FILE": str(directory / "config"), "AWS_PROFILE": "nightly"}


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"SFN_REGION": "eu-west-1", "AWS_REGION": "eu-south-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-south-1", "AWS_DEFAULT_REGION": "eu-central-1"}, "eu-south-1"),
        ({"AWS_DEFAULT_REGION": "eu-central-1"}, "eu-central-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-central-1"}, "eu-central-1"),
        ({}, "eu-north-1"),
    ],
)
def test_the_first_that_names_a_region_decides(
    variables: Mapping[str, str], region: str, tmp_path: Path, host_of: Callable[..., str]
) -> None:
    """SFN_REGION, AWS_REGION, AWS_DEFAULT_REGION, the profile; and without any of them the ARN, as above."""
    assert host_of("aws", "eu-west-1", **profile(tmp_path), **variables) == f"states.{region}.amazonaws.com"


def test_a_region_of_the_environments_that_is_not_the_arns_is_warned_of(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """EKS sets AWS_REGION to the cluster's, and SFN_REGION overrides it."""
    (warning,) = [event for event in run_job(AWS_REGION="us-east-1").events if event["level"] == "WARNING"]
    assert (warning["region"], warning["set_sfn_region_to"]) == ("us-east-1", aws.region)
    for given in ({"SFN_REGION": aws.region}, {"AWS_REGION": aws.region}):
        assert all(event["level"] == "INFO" for event in run_job(**{"AWS_REGION": "us-east-1"} | given).events)


def test_requests_are_signed_for_the_region(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Also where AWS_ENDPOINT_URL takes them elsewhere."""
    ends_with(run_job(SFN_REGION=aws.region), Outcome.SUCCESS)
    for request in aws.requests:
        assert re.search(rf"/{aws.region}/states/aws4_request", request.headers["Authorization"])
