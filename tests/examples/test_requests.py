"""The requests of the examples and the commands of the documentation, against botocore's own models of AWS."""

import copy
import json
import re
from typing import Any

import pytest

from tests.examples.found import document, text
from tests.examples.requests import problems, problems_with_command
from tests.support.process import ROOT

REQUESTS = {
    "ecs/task-definition.yaml": ("ecs", "RegisterTaskDefinition"),
    "ecs/task-definition-proxy.yaml": ("ecs", "RegisterTaskDefinition"),
    "ecs/run-task.yaml": ("ecs", "RunTask"),
    "ecs/schedule.yaml": ("scheduler", "CreateSchedule"),
    "batch/compute-environment.yaml": ("batch", "CreateComputeEnvironment"),
    "batch/job-queue.yaml": ("batch", "CreateJobQueue"),
    "batch/job-definition.yaml": ("batch", "RegisterJobDefinition"),
    "batch/submit-job.yaml": ("batch", "SubmitJob"),
}
PAGES = ["docs/ecs.md", "docs/batch.md", "docs/schedulers.md"]


def commands(markdown: str) -> list[str]:
    """Return the `aws` commands in the blocks of a page, also those whose output a variable takes."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found = [re.fullmatch(r"(?:\w+=\$\()?(aws .*?)\)?", line) for line in lines]
    return [match[1] for match in found if match]


COMMANDS = [(page, command) for page in PAGES for command in commands((ROOT / page).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", REQUESTS)
def test_a_request_is_what_aws_takes(path: str) -> None:
    assert problems(*REQUESTS[path], document(path)) == []


def test_a_schedules_input_is_what_run_task_takes() -> None:
    """It is text to Scheduler, and the overrides to ECS."""
    overrides = json.loads(document("ecs/schedule.yaml")["Target"]["Input"])
    assert problems("ecs", "RunTask", {"taskDefinition": "sfn-job", "overrides": overrides}) == []


WRONG: list[tuple[str, Any, Any]] = [
    ("an unknown member", lambda request: request["containerDefinitions"][0].update(enviroment=[]), "enviroment"),
    ("a wrong type", lambda request: request.update(cpu=256), "cpu"),
    ("a missing member", lambda request: request.pop("family"), "family"),
    ("a wrong value", lambda request: request.update(networkMode="vpc"), "networkMode"),
]


@pytest.mark.parametrize(("change", "told"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_request_is_noticed(change: Any, told: str) -> None:
    """So the test above can fail."""
    request = copy.deepcopy(document("ecs/task-definition.yaml"))
    change(request)
    assert told in "".join(problems("ecs", "RegisterTaskDefinition", request))


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=[command[:60] for _, command in COMMANDS])
def test_a_command_of_the_documentation_exists(page: str, command: str) -> None:
    """With its options, the files that it names, and the fields that it asks the answer for."""
    assert problems_with_command(command, ROOT) == [], page


@pytest.mark.parametrize("page", PAGES)
def test_every_aws_command_is_tested(page: str) -> None:
    """None stands in a block in a way that the pattern here doesn't see."""
    markdown = (ROOT / page).read_text(encoding="utf-8")
    assert len(commands(markdown)) == len(re.findall(r"(?:^|[(|;&] *)aws ", markdown, re.MULTILINE)) > 0


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("aws ecs run-task --task-definiton sfn-job --task-definition sfn-job", "--task-definiton is no option"),
        ("aws ecs describe-tasks --cluster sfn-job", 'Missing required parameter in input: "tasks"'),
        ("aws ecs wait tasks-stopped --task one", "--task is no option"),
        ("aws ecs describe-tasks --tasks one --query 'tasks[0].exitCod'", "exitCod is in no answer"),
        ("aws batch submit-job --cli-input-yaml file://examples/batch/job-queue.yaml", "Unknown parameter"),
    ],
)
def test_a_wrong_command_is_noticed(command: str, told: str) -> None:
    assert told in "".join(problems_with_command(command, ROOT))


@pytest.mark.parametrize("page", ["docs/ecs.md", "docs/batch.md"])
def test_from_nothing_to_a_run_takes_under_ten_lines(page: str) -> None:
    first = re.search(r"^```sh\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert first
    assert first[1].replace("\\\n", " ").count("\n") < 10


def test_the_array_has_as_many_children_as_there_are_inputs() -> None:
    lines = text("batch/inputs.jsonl").splitlines()
    assert document("batch/submit-job.yaml")["arrayProperties"]["size"] == len(lines)
