"""The IAM policies: actions that exist, and no more and no fewer than the job needs."""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from job import loading, policy
from tests.examples.found import ENVIRONMENTS, EXAMPLES, document, on_this_machine, text
from tests.examples.requests import model
from tests.hostile import HostileEndpoint
from tests.support.process import ROOT, Finished

FILES = sorted(path.name for path in (EXAMPLES / "iam").iterdir())
SERVICES = {"states": "stepfunctions"}
"""Where an action's prefix isn't botocore's name of the service."""
NO_OPERATIONS = {"iam:PassRole", "sts:TagSession"}
"""Permissions without an operation of their own. Source: AWS, Service Authorization Reference."""


def statements(name: str) -> list[dict[str, Any]]:
    whole = document(f"iam/{name}")
    assert whole.keys() == {"Version", "Statement"}
    assert whole["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = whole["Statement"]
    return found


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


@pytest.mark.parametrize("name", FILES)
def test_every_action_exists_and_none_is_a_wildcard(name: str) -> None:
    for statement in statements(name):
        for action in set(actions(statement)) - NO_OPERATIONS:
            service, operation = action.split(":")
            assert operation in model(SERVICES.get(service, service)).operation_names


@pytest.mark.parametrize("name", FILES)
def test_a_policy_has_the_form_of_its_kind(name: str) -> None:
    """A trust policy says who and under which condition; any other says what may be done to which resource."""
    kind = {"Principal", "Condition"} if name.startswith("trust-") else {"Resource"}
    for statement in statements(name):
        assert {"Sid", "Effect", "Action"} | kind <= statement.keys()
        assert statement.keys() <= {"Sid", "Effect", "Action", "Condition"} | kind
        assert re.fullmatch(r"[A-Za-z0-9]+", statement["Sid"])
        assert statement["Effect"] == "Allow"
        everything = statement.get("Resource") == "*"
        # Source: AWS, Service Authorization Reference: this one knows no resources.
        assert not everything or actions(statement) == ["ecr:GetAuthorizationToken"]


@pytest.mark.parametrize("name", FILES)
def test_every_policy_belongs_to_an_example(name: str) -> None:
    """It is named where it is needed, in an example or in the documentation."""
    pages = [path for path in EXAMPLES.rglob("*") if path.suffix in {".yaml", ".yml", ".py", ".env"}]
    pages += [ROOT / "docs" / page for page in ("ecs.md", "batch.md", "schedulers.md")]
    assert any(f"iam/{name}" in page.read_text(encoding="utf-8") for page in pages)


def needed() -> list[str]:
    return [action for statement in statements("job.json") for action in actions(statement)]


def run_to_failure(run_job: Callable[..., Finished]) -> Finished:
    """Run what needs most: a run with an id that waits and has to say what failed."""
    return run_job(SFN_RUN_ID="nightly-2026-11-22", SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true")


def complaints(finished: Finished) -> list[Any]:
    """Return what the log says above INFO, without the last line, which tells that the execution failed."""
    return [event for event in finished.events[:-1] if event["level"] != "INFO"]


def test_the_jobs_policy_is_enough(run_job: Callable[..., Finished], aws: HostileEndpoint) -> None:
    """With it alone the job does its work without a warning, and says which state failed."""
    aws.plan(duration=1, status="FAILED", error="CardDeclined", cause="no money")
    aws.allow(needed())
    finished = run_to_failure(run_job)
    assert (finished.code, complaints(finished)) == (23, [])
    assert finished.document["result"]["failedState"]["error"] == "CardDeclined"


@pytest.mark.parametrize("without", needed())
def test_nothing_in_the_jobs_policy_is_superfluous(
    without: str, run_job: Callable[..., Finished], aws: HostileEndpoint
) -> None:
    """Each action that is left out ends the run, or costs a warning or the name of the failed state."""
    aws.plan(duration=1, status="FAILED", error="CardDeclined", cause="no money")
    aws.allow(set(needed()) - {without})
    finished = run_to_failure(run_job)
    assert finished.code != 23 or complaints(finished) or "failedState" not in finished.document["result"]


def test_it_is_what_the_job_says_of_the_examples(tmp_path: Path) -> None:
    """All that `--iam-policy` asks for any of them, and no more; their executions' names all begin alike."""
    found: dict[str, set[str]] = {}
    for name, environ in ENVIRONMENTS.items():
        if "compose" not in name:
            loaded = loading.load(on_this_machine(environ(), tmp_path))
            for statement in policy.document(loaded.settings)["Statement"]:
                found.setdefault(statement["Sid"], set()).update(statement["Action"])
                (ours,) = [one for one in statements("job.json") if one["Sid"] == statement["Sid"]]
                assert fnmatchcase(statement["Resource"], ours["Resource"])
    assert found == {one["Sid"]: set(actions(one)) for one in statements("job.json")}


def test_the_roles_of_the_requests_are_those_of_the_policies() -> None:
    """The schedule passes on exactly the two roles that the task has, and runs exactly that task."""
    task = document("ecs/task-definition.yaml")
    target = document("ecs/schedule.yaml")["Target"]
    run, give = statements("scheduler.json")
    assert give["Resource"] == [task["taskRoleArn"], task["executionRoleArn"]]
    definition = target["EcsParameters"]["TaskDefinitionArn"]
    assert run["Resource"] == [definition, f"{definition}:*"]
    assert run["Condition"]["ArnEquals"]["ecs:cluster"] == target["Arn"]


def test_the_secrets_are_those_that_the_execution_role_may_read() -> None:
    (allowed,) = statements("execution-secrets.json")
    secrets = document("ecs/task-definition-proxy.yaml")["containerDefinitions"][0]["secrets"]
    assert {secret["valueFrom"].rsplit(":", 3)[0] for secret in secrets} == {allowed["Resource"]}


def test_the_log_is_the_one_that_the_execution_role_may_write() -> None:
    log = statements("execution.json")[2]["Resource"]
    for path in ("ecs/task-definition.yaml", "ecs/task-definition-proxy.yaml"):
        options = document(path)["containerDefinitions"][0]["logConfiguration"]["options"]
        assert f"log-group:{options['awslogs-group']}:" in log
    options = document("batch/job-definition.yaml")["containerProperties"]["logConfiguration"]["options"]
    assert f"log-group:{options['awslogs-group']}:" in log


@pytest.mark.parametrize("name", FILES)
def test_it_is_laid_out_as_json_is_read(name: str) -> None:
    """And holds no key twice, of which JSON's readers would take the last."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(pairs) == len(dict(pairs))
        return dict(pairs)

    json.loads(text(f"iam/{name}"), object_pairs_hook=once)
