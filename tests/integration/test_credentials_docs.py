"""docs/credentials.md keeps its word: its variables work, its policies are enough, and its failures say what it says.

All that is put in their place is what the page itself made up: the state machine, and files.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import kubernetes_validate  # type: ignore[import-untyped] # it ships none
import pytest
import yaml  # type: ignore[import-untyped] # it ships none

from job.aws.credentials import PROVIDERS
from job.outcomes import Outcome
from tests.hostile import HostileEndpoint, error, invalid_signature, unrecognized_client
from tests.integration.test_credentials import AT_ONCE, NONE, ROLE, WAIT, event
from tests.support.localstack import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.support.process import ROOT, Finished, Job
from tests.support.results import ends_with

PAGE = (ROOT / "docs/credentials.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCKS = {
    (heading, kind, number): text
    for heading, section in SECTIONS.items()
    for kind in ("sh", "json", "yaml")
    for number, text in enumerate(re.findall(rf"^```{kind}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))
}
MAY_DO, POD_IDENTITY, IRSA, ECS, EC2 = "What the job may do", "EKS with Pod Identity", "EKS with IRSA", "ECS", "EC2"
KEYS, CROSS_ACCOUNT = "On premises with keys", "A role in another account"
POLICIES = {key: json.loads(text) for key, text in BLOCKS.items() if key[1] == "json"}
NO_OPERATIONS = {"sts:TagSession"}
"""Permissions without an operation of their own. Source: AWS, Service Authorization Reference."""


def variables(heading: str, number: int = 0) -> dict[str, str]:
    return dict(line.split("=", 1) for line in BLOCKS[heading, "sh", number].splitlines())


def statement(heading: str, number: int = 0) -> dict[str, Any]:
    (only,) = POLICIES[heading, "json", number]["Statement"]
    assert isinstance(only, dict)
    return only


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def test_every_block_has_a_case_here() -> None:
    """A block that is added needs a test; there are none of another kind."""
    assert len(BLOCKS) == PAGE.count("```") / 2
    assert set(BLOCKS) == {
        (MAY_DO, "sh", 0),
        (KEYS, "sh", 0),
        (KEYS, "sh", 1),
        (CROSS_ACCOUNT, "sh", 0),
        (IRSA, "yaml", 0),
        (CROSS_ACCOUNT, "json", 1),
        *((heading, "json", 0) for heading in (MAY_DO, POD_IDENTITY, IRSA, ECS, EC2, CROSS_ACCOUNT)),
    }


@pytest.mark.parametrize("key", POLICIES, ids=lambda key: f"{key[0]} {key[2]}")
def test_every_policy_has_the_form_of_its_kind(key: tuple[str, str, int]) -> None:
    """Its actions exist, none is a wildcard, and it says either who is trusted or what may be done to what."""
    session = botocore.session.Session()
    policy = POLICIES[key]
    assert policy.keys() == {"Version", "Statement"}
    assert policy["Version"] == "2012-10-17"
    for part in policy["Statement"]:
        assert part["Effect"] == "Allow"
        assert part.keys() - {"Sid", "Effect", "Action"} in ({"Resource"}, {"Principal"}, {"Principal", "Condition"})
        assert part.get("Resource") != "*"
        for action in set(actions(part)) - NO_OPERATIONS:
            prefix, operation = action.split(":")
            model = session.get_service_model({"states": "stepfunctions"}.get(prefix, prefix))
            assert operation in model.operation_names


@pytest.mark.parametrize(("heading", "statements"), [(MAY_DO, slice(None)), (CROSS_ACCOUNT, slice(1))])
def test_a_policy_is_what_the_job_prints_for_the_variables(
    heading: str, statements: slice, start_job: Callable[..., Job]
) -> None:
    """The caller of a role needs the first statement of it only."""
    finished = start_job("--iam-policy", **variables(heading)).finish()
    assert finished.code == 0
    printed = json.loads(finished.stdout)
    assert POLICIES[heading, "json", 0] == printed | {"Statement": printed["Statement"][statements]}


def test_the_policy_is_enough(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Also for a run that fails, whose history is read."""
    aws.plan(status="FAILED", error="Boom")
    aws.allow(itertools.chain.from_iterable(map(actions, POLICIES[MAY_DO, "json", 0]["Statement"])))
    finished = run_job(**variables(MAY_DO) | {"SFN_STATE_MACHINE_ARN": aws.state_machine_arn})
    document = ends_with(finished, Outcome.EXECUTION_FAILED)
    assert document["result"]["failedState"]["name"] == "Work"
    assert all(event["level"] == "INFO" for event in finished.events[:-1])


def test_the_service_account_is_the_one_that_is_trusted() -> None:
    """It's valid, and the trust policies of IRSA and Pod Identity name it and its namespace."""
    account = yaml.safe_load(BLOCKS[IRSA, "yaml", 0])
    kubernetes_validate.validate(account, kubernetes_validate.latest_version(), strict=True)
    namespace, name = account["metadata"]["namespace"], account["metadata"]["name"]
    pod_identity = statement(POD_IDENTITY)["Condition"]["StringEquals"]
    assert pod_identity["aws:RequestTag/kubernetes-namespace"] == namespace
    assert pod_identity["aws:RequestTag/kubernetes-service-account"] == name
    issuer = statement(IRSA)["Principal"]["Federated"].partition("oidc-provider/")[2]
    assert statement(IRSA)["Condition"]["StringEquals"] == {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": f"system:serviceaccount:{namespace}:{name}",
    }
    trusted = statement(CROSS_ACCOUNT, 1)["Principal"]["AWS"]
    assert trusted == account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What the page has mounted at /run/secrets."""
    for name, text in (
        ("access-key-id", f"{ACCESS_KEY_ID}\n"),
        ("secret-access-key", f"{SECRET_ACCESS_KEY}\n"),
        ("config", "[profile nightly]\nregion = eu-west-1\n"),
        (
            "credentials",
            f"[nightly]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n",
        ),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("number", "provider"), [(0, "SFN_CREDENTIALS_USER"), (1, "shared-credentials-file")])
def test_the_keys_are_read_from_the_files(
    number: int, provider: str, secrets: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Of our variables, or of AWS's."""
    given = {name: text.replace("/run/secrets", str(secrets)) for name, text in variables(KEYS, number).items()}
    finished = run_job(**NONE | given, SFN_LOG_LEVEL="DEBUG")
    ends_with(finished, Outcome.SUCCESS)
    assert event(finished, "credentials found")["provider"] == provider
    assert aws.requests[-1].access_key == ACCESS_KEY_ID


def test_the_role_of_the_other_account_is_assumed(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """With the external id that its trust policy asks for, by a caller with no other right than to assume it."""
    aws.allow([*actions(statement(CROSS_ACCOUNT)), "states:StartExecution"])
    ends_with(run_job(**variables(CROSS_ACCOUNT) | {"SFN_STATE_MACHINE_ARN": aws.state_machine_arn}), Outcome.SUCCESS)
    (asked,) = [request.body for request in aws.requests if request.operation == "AssumeRole"]
    trust = statement(CROSS_ACCOUNT, 1)
    assert asked["RoleArn"] == statement(CROSS_ACCOUNT)["Resource"]
    assert asked["ExternalId"] == trust["Condition"]["StringEquals"]["sts:ExternalId"]


def test_the_table_of_providers_is_in_the_order_of_the_chain() -> None:
    """Those that nobody meets any more are left out."""
    rows = re.findall(r"^\| (`.*?) \|", SECTIONS["Which credentials count"], re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(.*?)`", row)]
    assert named[0] == "SFN_CREDENTIALS_USER"
    left_out = {"login", "ec2-credentials-file", "boto-config"}
    assert named[1:] == [provider for provider in PROVIDERS if provider not in left_out]


Fail = Callable[[HostileEndpoint], object]


def nothing(_: HostileEndpoint) -> None:
    """AWS is as always."""


ANY_FILE = str(ROOT / "pyproject.toml")
WEB_IDENTITY = {**NONE, "AWS_ROLE_ARN": ROLE["SFN_ROLE_ARN"], "AWS_WEB_IDENTITY_TOKEN_FILE": ANY_FILE}
FAILURES: dict[str, tuple[dict[str, str], Fail]] = {
    "NoCredentialsError": (NONE, nothing),
    "StartExecution: UnrecognizedClientException": (
        {},
        lambda aws: aws.fail("StartExecution", unrecognized_client()),
    ),
    "StartExecution: InvalidSignatureException": (
        {},
        lambda aws: aws.fail("StartExecution", invalid_signature()),
    ),
    "StartExecution: ExpiredTokenException": (
        {},
        lambda aws: aws.fail("StartExecution", error("ExpiredTokenException")),
    ),
    "ProfileNotFound": ({**NONE, "AWS_PROFILE": "nowhere"}, nothing),
    "AssumeRoleWithWebIdentity: InvalidIdentityToken": (
        WEB_IDENTITY,
        lambda aws: aws.fail("AssumeRoleWithWebIdentity", error("InvalidIdentityToken")),
    ),
    "CredentialRetrievalError": ({**NONE, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/"}, nothing),
    "AssumeRoleWithWebIdentity was denied": (WEB_IDENTITY, lambda aws: aws.allow([])),
    "AssumeRole was denied": (ROLE, lambda aws: aws.allow([])),
    "StartExecution was denied": ({}, lambda aws: aws.allow([])),
}
"""How to come to each row of the table, by the beginning of what it says."""


@pytest.mark.parametrize("beginning", FAILURES)
def test_a_failure_says_what_the_table_says(
    beginning: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """In the log for exit 2, in the result for the others."""
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", SECTIONS["What a failure says"], re.MULTILINE)
    assert len(rows) == len(FAILURES)
    ((code, says),) = [row for row in rows if row[1].startswith(beginning)]
    given, fail = FAILURES[beginning]
    fail(aws)
    finished = run_job(**AT_ONCE, **WAIT, **given)
    assert finished.code == int(code)
    told = finished.document["status_description"]
    if finished.code == Outcome.AUTHENTICATION_ERROR:
        told = event(finished, "account refused")["reason"]
    assert re.search(re.escape(says).replace("…", ".*"), told), told
