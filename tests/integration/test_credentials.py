"""Who the job is to AWS: each link of the default chain, and the role, by the real protocol at the other end."""

import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from job.aws.credentials import PROVIDERS
from job.outcomes import Outcome
from tests.hostile import (
    Fault,
    HostileEndpoint,
    MetadataServer,
    access_denied,
    cut_before,
    drip,
    error,
    expired_token,
    garbage,
    page,
    service_unavailable,
    throttling,
    unrecognized_client,
)
from tests.hostile.metadata import CONTAINER
from tests.hostile.wire import Answer, Wire
from tests.support.localstack import free_port
from tests.support.process import ROOT, Finished, Job, eventually
from tests.support.results import ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true", "SFN_POLLING_INTERVAL": "0.5"}
NONE = {"SFN_CREDENTIALS_USER": "", "SFN_CREDENTIALS_PASSWORD": ""}
AT_ONCE = {"SFN_RETRY_WINDOW": "0"}
ROLE_ARN = "arn:aws:iam::123456789012:role/jobs/runner"
ROLE = {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": ROLE_ARN}
KEYS = "aws_access_key_id = AKIDFILE\naws_secret_access_key = any\n"

Variables = Mapping[str, str]


@pytest.fixture
def metadata(aws: HostileEndpoint) -> Iterator[MetadataServer]:
    with MetadataServer(aws) as server:
        yield server


def event(finished: Finished, message: str) -> dict[str, Any]:
    """The one event of the log with this message."""
    (found,) = [event for event in finished.events if event["message"] == message]
    return found


def reason(finished: Finished) -> str:
    """Why the account was refused, as the log has it; the result only has the contract's sentence."""
    document = ends_with(finished, Outcome.AUTHENTICATION_ERROR)
    assert document["status_description"] == "AUTHENTICATION_ERROR: Account cannot be authenticated."
    assert reached_nothing(document)
    text: str = event(finished, "account refused")["reason"]
    return text


def signers(aws: HostileEndpoint, operation: str) -> list[str | None]:
    return [request.access_key for request in aws.requests if request.operation == operation]


# The links of the chain. Each is set up by a function, which returns the variables that a user would set for it.


def of_environment(_: HostileEndpoint, __: MetadataServer, ___: Path) -> Variables:
    return {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "any"}


def of_environment_with_token(aws: HostileEndpoint, _: MetadataServer, __: Path) -> Variables:
    session = aws.hand_out("pipeline", "me", 3600)
    return {
        "AWS_ACCESS_KEY_ID": session.access_key,
        "AWS_SECRET_ACCESS_KEY": session.secret_key,
        "AWS_SESSION_TOKEN": session.token,
    }


def of_credentials_file(_: HostileEndpoint, __: MetadataServer, directory: Path) -> Variables:
    (directory / "credentials").write_text(f"[default]\n{KEYS.replace('AKIDFILE', 'AKIDOTHER')}[nightly]\n{KEYS}")
    return {"AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"), "AWS_PROFILE": "nightly"}


def of_home(_: HostileEndpoint, __: MetadataServer, directory: Path) -> Variables:
    (directory / ".aws").mkdir()
    (directory / ".aws" / "credentials").write_text(f"[default]\n{KEYS}")
    return {"HOME": str(directory), "AWS_SHARED_CREDENTIALS_FILE": "", "AWS_CONFIG_FILE": ""}


def of_config_file(_: HostileEndpoint, __: MetadataServer, directory: Path) -> Variables:
    (directory / "config").write_text(f"[profile nightly]\n{KEYS}")
    return {"AWS_CONFIG_FILE": str(directory / "config"), "AWS_PROFILE": "nightly"}


def of_profile_with_role(_: HostileEndpoint, __: MetadataServer, directory: Path) -> Variables:
    role = f"[profile nightly]\nrole_arn = {ROLE_ARN}\nsource_profile = base\n"
    (directory / "config").write_text(f"{role}[profile base]\n{KEYS}")
    return {"AWS_CONFIG_FILE": str(directory / "config"), "AWS_PROFILE": "nightly"}


def of_process(_: HostileEndpoint, __: MetadataServer, directory: Path, answer: str | None = None) -> Variables:
    told = answer or json.dumps({"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "any"})
    (directory / "told").write_text(told)
    (directory / "config").write_text(f"[default]\ncredential_process = cat {directory / 'told'}\n")
    return {"AWS_CONFIG_FILE": str(directory / "config")}


def of_web_identity(_: HostileEndpoint, __: MetadataServer, directory: Path) -> Variables:
    (directory / "token").write_text("token")
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(directory / "token"), "AWS_ROLE_ARN": ROLE_ARN}


def of_pod_identity(_: HostileEndpoint, metadata: MetadataServer, directory: Path) -> Variables:
    metadata.authorization = "token"
    (directory / "token").write_text("token")
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{metadata.url}{CONTAINER}",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(directory / "token"),
    }


def of_instance(_: HostileEndpoint, metadata: MetadataServer, __: Path) -> Variables:
    return {
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url,
        "AWS_EC2_METADATA_DISABLED": "",
        "AWS_EC2_METADATA_V1_DISABLED": "true",
    }


LINKS: dict[Callable[[HostileEndpoint, MetadataServer, Path], Variables], str] = {
    of_environment: "env",
    of_environment_with_token: "env",
    of_credentials_file: "shared-credentials-file",
    of_home: "shared-credentials-file",
    of_config_file: "config-file",
    of_profile_with_role: "assume-role",
    of_process: "custom-process",
    of_web_identity: "assume-role-with-web-identity",
    of_pod_identity: "container-role",
    of_instance: "iam-role",
}
"""With botocore's name for the provider. The relative URI of ECS has a test of its own below."""

all_links = pytest.mark.parametrize("link", LINKS, ids=lambda link: link.__name__.removeprefix("of_"))


@all_links
def test_each_link_of_the_chain_gives_credentials_that_work(
    link: Callable[..., Variables],
    aws: HostileEndpoint,
    metadata: MetadataServer,
    tmp_path: Path,
    run_job: Callable[..., Finished],
) -> None:
    """The log names the provider, and the request is signed with what it handed out; a value is nowhere to be seen."""
    finished = run_job(**NONE, **link(aws, metadata, tmp_path), SFN_LOG_LEVEL="INFO")
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials found")["provider"] == LINKS[link]
    (signer,) = signers(aws, "StartExecution")
    known = {session.access_key for session in aws.sessions.values()}
    assert signer in (known or {"AKIDENV", "AKIDFILE", "AKIDPROCESS"})
    for session in aws.sessions.values():
        assert not {session.access_key, session.secret_key, session.token} & set(re.findall(r"\w+", finished.stderr))


@all_links
def test_the_role_is_assumed_by_whatever_the_chain_gives(
    link: Callable[..., Variables],
    aws: HostileEndpoint,
    metadata: MetadataServer,
    tmp_path: Path,
    run_job: Callable[..., Finished],
) -> None:
    """Another than the one that starts the execution, and the log names both."""
    finished = run_job(**NONE, **ROLE, **link(aws, metadata, tmp_path))
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials found")["provider"] == LINKS[link]
    assert event(finished, "role assumed")["role_arn"] == ROLE_ARN
    assert {signers(aws, "AssumeRole")[-1]}.isdisjoint(signers(aws, "StartExecution"))
    (starter,) = signers(aws, "StartExecution")
    assert starter in {session.access_key for session in aws.sessions.values()}


def test_given_keys_come_before_the_chain(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """Whatever else the environment has to offer."""
    offered = {
        **of_instance(aws, metadata, tmp_path),
        **of_pod_identity(aws, metadata, tmp_path),
        **of_environment(aws, metadata, tmp_path),
    }
    given = {"SFN_CREDENTIALS_USER": "AKIDGIVEN", "SFN_CREDENTIALS_PASSWORD": "anything"}
    finished = run_job(**given, **offered, SFN_LOG_LEVEL="DEBUG")
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials found")["provider"] == "SFN_CREDENTIALS_USER"
    assert signers(aws, "StartExecution") == ["AKIDGIVEN"]
    assert metadata.requests == []


IN_A_TASK = """
import json, sys
from tests.conftest import environment
from tests.hostile import HostileEndpoint, MetadataServer
from tests.support.process import Job

with HostileEndpoint() as aws, MetadataServer(aws, "169.254.170.2", 80):
    finished = Job(environment(aws.url, aws.state_machine_arn, **json.loads(sys.argv[1]))).finish()
print(json.dumps([finished.code, finished.stdout, finished.stderr, len(aws.sessions), aws.started]))
"""


def test_a_task_of_ecs_has_its_role_at_the_address_of_ecs() -> None:
    """The relative URI is looked up at 169.254.170.2, which a network of the test's own has."""
    network = "ip link set lo up && ip address add 169.254.170.2/32 dev lo"
    own_network = ["unshare", "--net", "--map-root-user", "sh", "-ec"]
    if subprocess.run([*own_network, network], capture_output=True, check=False).returncode:
        pytest.skip(
            "no network of its own here: `unshare --net` (util-linux) or `ip` (iproute2) is missing or forbidden"
        )
    variables = json.dumps({**NONE, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": CONTAINER})
    told = subprocess.run(
        [*own_network, f'{network} && exec "$@"', "sh", sys.executable, "-c", IN_A_TASK, variables],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    code, stdout, stderr, handed_out, started = json.loads(told)
    finished = Finished(code, stdout, stderr)
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials found")["provider"] == "container-role"
    assert (handed_out, started) == (1, 1)


# Given but wrong, or none


def test_without_any_credentials_the_log_lists_what_was_tried(run_job: Callable[..., Finished]) -> None:
    """Given keys, and every provider of botocore's with what it looks at."""
    tried = reason(run_job(**NONE))
    assert "SFN_CREDENTIALS_USER" in tried
    for provider, source in PROVIDERS.items():
        assert f"{provider} ({source})" in tried


def test_every_provider_of_botocore_is_in_the_table() -> None:
    """In its order. A provider that a new botocore brings fails here."""
    providers = botocore.session.Session().get_component("credential_provider").providers
    assert [provider.METHOD for provider in providers] == list(PROVIDERS)


@pytest.mark.parametrize("hanging", [False, True])
def test_a_metadata_service_that_is_not_there_costs_little(hanging: bool, run_job: Callable[..., Finished]) -> None:
    """One that refuses nothing, and one that never answers two seconds, botocore's one for each of two requests."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if hanging:
            listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()
        finished = run_job(**NONE, AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=url)
        took = time.monotonic() - began
    assert "iam-role" in reason(finished)
    assert took < 20  # less than with a timeout of the job's own, and than its retry window


def test_metadata_that_is_disabled_is_not_asked_for(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """AWS_EC2_METADATA_DISABLED keeps its meaning."""
    reason(run_job(**{**NONE, **of_instance(aws, metadata, tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}))
    assert metadata.requests == []


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIDENV"}, "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_PROFILE": "nowhere"}, "nowhere"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": ROLE_ARN}, "/nowhere"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"}, "AWS_ROLE_ARN"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"}, "container-role: ValueError: Unsupported host"),
        (
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere",
            },
            "/nowhere",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_what_is_given_in_part_or_wrong_is_refused(
    variables: Variables, told: str, run_job: Callable[..., Finished]
) -> None:
    """Exit 2, not the next link of the chain; the log says what is missing."""
    assert told in reason(run_job(**NONE, **variables))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("no JSON", "custom-process: JSONDecodeError"),
        ("[]", "custom-process: AttributeError"),
        ('{"Version": 1}', "AccessKeyId"),
        ('{"Version": 2}', "version"),
        ('{"Version":1,"AccessKeyId":"A","SecretAccessKey":"any","Expiration":"2020-01-01T00:00:00Z"}', "expired"),
    ],
)
def test_a_credential_process_that_answers_wrongly_is_named(
    answer: str,
    told: str,
    aws: HostileEndpoint,
    metadata: MetadataServer,
    tmp_path: Path,
    run_job: Callable[..., Finished],
) -> None:
    """Its answer is no fault that passes, and isn't AWS's."""
    assert told in reason(run_job(**NONE, **of_process(aws, metadata, tmp_path, answer)))


def test_a_credential_process_that_fails_is_quoted(tmp_path: Path, run_job: Callable[..., Finished]) -> None:
    """What it said on standard error is in the log."""
    (tmp_path / "config").write_text("[default]\ncredential_process = cat /nowhere\n")
    assert "cat: /nowhere" in reason(run_job(**NONE, AWS_CONFIG_FILE=str(tmp_path / "config")))


@pytest.mark.parametrize("token", [b"", b"\xff\xfe\xfd\xfc"], ids=["empty", "no text"])
def test_a_token_file_without_a_token_is_refused(
    token: bytes, aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """STS is not asked with it."""
    variables = of_web_identity(aws, metadata, tmp_path)
    (tmp_path / "token").write_bytes(token)
    assert "assume-role-with-web-identity" in reason(run_job(**NONE, **variables))
    assert aws.requests == []


@pytest.mark.parametrize("fault", ["broken", "refused", "another token", "no fields"])
def test_a_container_without_credentials_is_refused(
    fault: str, aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """Whoever names a service for its credentials has no others."""
    variables = of_pod_identity(aws, metadata, tmp_path)
    if fault == "broken":
        metadata.broken = 500
    elif fault == "refused":
        metadata.stop()
    elif fault == "another token":
        metadata.authorization = "another"
    else:
        variables = {**variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{metadata.url}/nowhere"}
    assert "container-role" in reason(run_job(**NONE, **variables))
    if fault == "refused":
        metadata.start()


@pytest.mark.parametrize(
    ("operation", "fault", "outcome"),
    [
        ("AssumeRoleWithWebIdentity", error("InvalidIdentityToken"), Outcome.AUTHENTICATION_ERROR),
        ("AssumeRoleWithWebIdentity", error("ExpiredTokenException"), Outcome.AUTHENTICATION_ERROR),
        ("AssumeRoleWithWebIdentity", access_denied(), Outcome.AUTHORIZATION_ERROR),
        ("AssumeRoleWithWebIdentity", service_unavailable(), Outcome.CONNECTION_ERROR),
        ("AssumeRoleWithWebIdentity", throttling(), Outcome.CONNECTION_ERROR),
        ("AssumeRoleWithWebIdentity", cut_before(), Outcome.CONNECTION_ERROR),
        ("AssumeRoleWithWebIdentity", garbage(), Outcome.CONNECTION_ERROR),
        ("AssumeRole", unrecognized_client(), Outcome.AUTHENTICATION_ERROR),
        ("AssumeRole", error("SignatureDoesNotMatch"), Outcome.AUTHENTICATION_ERROR),
        ("AssumeRole", error("ExpiredTokenException"), Outcome.AUTHENTICATION_ERROR),
        ("AssumeRole", access_denied(), Outcome.AUTHORIZATION_ERROR),
        ("AssumeRole", service_unavailable(), Outcome.CONNECTION_ERROR),
        ("AssumeRole", page(200), Outcome.CONNECTION_ERROR),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "name", "-"),
)
def test_what_sts_says_has_its_exit_status(
    operation: str,
    fault: Fault,
    outcome: Outcome,
    aws: HostileEndpoint,
    metadata: MetadataServer,
    tmp_path: Path,
    run_job: Callable[..., Finished],
) -> None:
    """In the chain as for the role: not known is 2, not allowed 3, no answer 10; the first two after one request."""
    aws.fail(operation, fault, times=None)
    variables = {**NONE, **ROLE, **of_web_identity(aws, metadata, tmp_path)}
    if outcome is Outcome.CONNECTION_ERROR:
        variables |= AT_ONCE
    assert reached_nothing(ends_with(run_job(**variables), outcome))
    assert aws.count(operation) == 1


def test_a_passing_fault_of_sts_is_ridden_out(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """Like one of Step Functions', within SFN_RETRY_WINDOW."""
    for operation in ("AssumeRoleWithWebIdentity", "AssumeRole"):
        aws.fail(operation, service_unavailable())
    ends_with(run_job(**NONE, **ROLE, **of_web_identity(aws, metadata, tmp_path)), Outcome.SUCCESS)


@pytest.mark.parametrize("host", ["127.0.0.1", "sfn-job.invalid"], ids=["refused", "no name"])
def test_sts_that_can_not_be_reached_is_a_connection_error(
    host: str, aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """It is not the credentials that are wrong."""
    finished = run_job(
        **NONE,
        **AT_ONCE,
        **of_web_identity(aws, metadata, tmp_path),
        AWS_ENDPOINT_URL_STS=f"http://{host}:{free_port()}",
    )
    ends_with(finished, Outcome.CONNECTION_ERROR)


EMPTY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULTS_MODE",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_SFN",
    "AWS_MAX_ATTEMPTS",
    "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_RETRY_MODE",
    "AWS_ROLE_ARN",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)


def test_an_empty_variable_of_aws_is_an_unset_one(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """As an empty one of ours is: a template that has nothing to fill in leaves it so."""
    ends_with(run_job(**NONE, **of_instance(aws, metadata, tmp_path), **dict.fromkeys(EMPTY, "")), Outcome.SUCCESS)


# Renewal. Credentials live long enough for a busy machine to start the job with them, and to renew them in time.


def before_the_answer(do: Callable[[], object]) -> Fault:
    """Let something happen while the job waits for an answer, which then comes."""

    def play(wire: Wire, answer: Answer) -> None:
        do()
        wire.send(answer)

    return Fault("none", done=True, play=play)


def test_a_token_file_is_read_anew_when_the_credentials_are_renewed(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, start_job: Callable[..., Job]
) -> None:
    """Kubernetes rotates the web identity's token, and STS refuses the old one."""

    def rotate() -> None:
        aws.web_identity_tokens.append("rotated")
        (tmp_path / "token").write_text("rotated")

    aws.credentials_lifetime = 6.0
    aws.plan(duration=None)
    aws.fail("StartExecution", before_the_answer(rotate))
    job = start_job(**NONE, **WAIT, **of_web_identity(aws, metadata, tmp_path))
    aws.wait_for("StartExecution")
    start = [request.operation for request in aws.requests].index("StartExecution")
    eventually(lambda: any("WebIdentityToken" in request.body for request in aws.requests[start:]), "they are renewed")
    aws.end_executions()
    ends_with(job.finish(), Outcome.SUCCESS)
    used = [request.body.get("WebIdentityToken", "") for request in aws.requests]
    assert set(used[:start]) == {"token", ""}
    assert set(used[start:]) == {"rotated", ""}
    assert {request.answered for request in aws.requests} == {200, "none"}


def test_a_pods_token_file_is_read_anew_too(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, start_job: Callable[..., Job]
) -> None:
    """The same with Pod Identity, whose agent refuses the old one."""
    before: list[int] = []

    def rotate() -> None:
        before.append(len(aws.sessions))
        metadata.authorization = "rotated"
        (tmp_path / "token").write_text("rotated")

    aws.credentials_lifetime = 6.0
    aws.plan(duration=None)
    aws.fail("StartExecution", before_the_answer(rotate))
    job = start_job(**NONE, **WAIT, **of_pod_identity(aws, metadata, tmp_path))
    eventually(lambda: bool(before) and len(aws.sessions) > before[0], "the credentials are renewed")
    aws.end_executions()
    ends_with(job.finish(), Outcome.SUCCESS)
    assert {status for _, _, status in metadata.requests} == {200}
    assert {request.answered for request in aws.requests} == {200, "none"}


def test_a_role_is_renewed_before_it_expires_and_not_with_each_check(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """A wait that lasts longer than the credentials never meets expired ones, and asks STS once for each life."""
    aws.credentials_lifetime = 5.0
    aws.plan(duration=None)
    job = start_job(**ROLE, **WAIT)
    aws.wait_for("AssumeRole", 4)
    aws.end_executions()
    ends_with(job.finish(), Outcome.SUCCESS)
    assert {request.answered for request in aws.requests} == {200}
    renewed = [request.at for request in aws.requests if request.operation == "AssumeRole"]
    assert min(later - earlier for earlier, later in itertools.pairwise(renewed)) > aws.credentials_lifetime / 2


@pytest.mark.parametrize("fault", [service_unavailable(), cut_before()], ids=lambda fault: fault.name)
def test_a_renewal_that_fails_for_a_passing_reason_does_not_end_the_wait(
    fault: Fault, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """While the old credentials are good nothing is felt of it, and expired ones that can be renewed are waited for."""
    aws.credentials_lifetime = 5.0
    aws.plan(duration=None)
    aws.fail("AssumeRole", fault, skip=1, times=8)
    job = start_job(**ROLE, **WAIT)
    aws.wait_for("AssumeRole", 10)
    aws.end_executions()
    finished = job.finish()
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials can't be renewed now")["level"] == "WARNING"
    assert event(finished, "checks succeed again")


def test_a_renewal_that_fails_is_tried_again_while_the_credentials_are_good(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Nothing but the log knows of it, also where STS says no, which may be its mistake."""
    aws.credentials_lifetime = 6.0
    aws.plan(duration=7.0)
    aws.fail("AssumeRole", access_denied(), skip=1)
    finished = run_job(**ROLE, **WAIT)
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials can't be renewed now")
    assert {request.answered for request in aws.requests if request.service == "states"} == {200}


def test_credentials_that_can_not_be_had_for_a_while_do_not_end_the_wait(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, start_job: Callable[..., Job]
) -> None:
    """Whoever handed them out before will do so again; the old ones have expired by then."""
    aws.credentials_lifetime = 2.0
    aws.plan(duration=None)
    job = start_job(**NONE, **WAIT, **of_web_identity(aws, metadata, tmp_path))
    aws.wait_for("StartExecution")
    (tmp_path / "token").rename(tmp_path / "gone")
    assert job.process.stderr
    for line in job.process.stderr:
        if b"checks fail, waiting goes on" in line:
            break
    (tmp_path / "gone").rename(tmp_path / "token")
    aws.end_executions()
    ends_with(job.finish(), Outcome.SUCCESS)


def test_a_renewal_that_brings_expired_credentials_is_none(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, start_job: Callable[..., Job]
) -> None:
    """They are never used, and the next request tries again."""
    aws.credentials_lifetime = 5.0
    aws.plan(duration=None)
    job = start_job(**NONE, **WAIT, **of_pod_identity(aws, metadata, tmp_path))
    aws.wait_for("StartExecution")
    aws.credentials_lifetime = -60.0
    assert job.process.stderr
    for line in job.process.stderr:
        if b"checks fail, waiting goes on" in line:
            break
    aws.credentials_lifetime = 600.0
    aws.end_executions()
    ends_with(job.finish(), Outcome.SUCCESS)
    assert {request.answered for request in aws.requests} == {200}


@pytest.mark.parametrize("variables", [WAIT, {}], ids=["in the wait", "at the start"])
def test_a_role_that_aws_calls_expired_is_assumed_anew(
    variables: dict[str, str], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """At once, whatever was said of their end: sessions are revoked, and clocks go wrong."""
    aws.fail("DescribeExecution" if variables else "StartExecution", expired_token())
    ends_with(run_job(**ROLE, **variables), Outcome.SUCCESS)
    assert aws.count("AssumeRole") == 2
    assert len(aws.sessions) == 2
    assert aws.requests[-1].access_key == list(aws.sessions.values())[-1].access_key


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"])
def test_a_line_break_in_the_environments_credentials_is_told_as_that(
    variable: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Nothing can be sent with them, now or later, so nothing is in doubt and nothing is tried again."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret", variable: "AKIDENV\n"}
    assert "line break" in reason(run_job(**NONE, **keys))
    assert not aws.requests


def test_a_renewal_whose_answer_never_ends_is_given_up_and_tried_again(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """It keeps no later request from getting credentials of its own."""
    aws.credentials_lifetime = 5.0
    aws.plan(duration=None)
    aws.fail("AssumeRole", drip(5), skip=1)
    job = start_job(**ROLE, **WAIT, SFN_CONNECT_TIMEOUT="2", SFN_READ_TIMEOUT="2")
    aws.wait_for("AssumeRole", 3)
    aws.end_executions()
    finished = job.finish()
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials can't be renewed now")


def test_a_role_that_may_no_longer_be_assumed_ends_the_wait(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """When its last credentials have expired; the execution goes on."""
    aws.credentials_lifetime = 5.0
    aws.plan(duration=None)
    aws.fail("AssumeRole", access_denied(), skip=1, times=None)
    document = ends_with(run_job(**ROLE, **WAIT), Outcome.AUTHORIZATION_ERROR)
    assert document["result"]["status"] == "RUNNING"
    assert "AssumeRole" in document["status_description"]


# The role


def assumed(aws: HostileEndpoint) -> dict[str, Any]:
    """What the one AssumeRole asked for."""
    (request,) = [request for request in aws.requests if request.operation == "AssumeRole"]
    return request.body


def test_what_is_given_for_the_role_is_asked_for(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """External id, session name and duration go to AWS as they are."""
    given = {"SFN_EXTERNAL_ID": "shared:id", "SFN_ROLE_SESSION_NAME": "me@example", "SFN_ROLE_DURATION": "900"}
    ends_with(run_job(**ROLE, **given), Outcome.SUCCESS)
    asked = assumed(aws)
    assert asked["RoleArn"] == ROLE_ARN
    assert (asked["ExternalId"], asked["RoleSessionName"]) == ("shared:id", "me@example")
    assert asked["DurationSeconds"] == "900"


def test_what_is_not_given_for_the_role_is_left_to_aws(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """But the session's name."""
    ends_with(run_job(**ROLE), Outcome.SUCCESS)
    assert {"ExternalId", "DurationSeconds"}.isdisjoint(assumed(aws))


def test_an_instance_profile_means_the_role_of_its_name(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Nobody can assume an instance profile."""
    arn = ROLE_ARN.replace(":role/", ":instance-profile/")
    document = ends_with(run_job(**ROLE | {"SFN_ROLE_ARN": arn}), Outcome.SUCCESS)
    assert assumed(aws)["RoleArn"] == ROLE_ARN
    assert document["invocation"]["fields"]["role_arn"] == arn


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"SFN_EXECUTION_NAME": "nightly"}, "nightly"),
        ({"SFN_EXECUTION_NAME": "nightly", "SFN_RUN_ID": "2026-11-22"}, "nightly"),
        ({"SFN_RUN_ID": "2026-11-22"}, r"sfn-job-2026-11-22-[0-9a-f]{20}"),
        ({"SFN_EXECUTION_NAME": "nächtlich"}, "n-chtlich"),
        ({}, re.escape(f"sfn-job-{os.uname().nodename}")),
    ],
)
def test_the_session_is_named_after_the_run(
    variables: Variables, name: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """So that CloudTrail shows which run it was, or on which host; the log has the name too."""
    finished = run_job(**ROLE, **variables)
    ends_with(finished, Outcome.SUCCESS)
    assert re.fullmatch(name, assumed(aws)["RoleSessionName"])
    assert event(finished, "role assumed")["role_session_name"] == assumed(aws)["RoleSessionName"]


def test_a_refused_role_is_told_with_who_asked_for_which(
    aws: HostileEndpoint, metadata: MetadataServer, tmp_path: Path, run_job: Callable[..., Finished]
) -> None:
    """As far as AWS tells: exit 3, after one request."""
    aws.allow(["sts:AssumeRoleWithWebIdentity", "states:*"])
    source = {**of_web_identity(aws, metadata, tmp_path), "AWS_ROLE_SESSION_NAME": "pod"}
    document = ends_with(run_job(**NONE, **ROLE, **source), Outcome.AUTHORIZATION_ERROR)
    assert reached_nothing(document)
    told = document["status_description"]
    assert "User: arn:aws:sts::123456789012:assumed-role/runner/pod is not authorized" in told
    assert f"sts:AssumeRole on resource: {ROLE_ARN}" in told
    assert aws.count("AssumeRole") == 1
