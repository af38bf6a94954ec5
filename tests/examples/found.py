"""The examples, and the environment that each gives to its job, as its platform would put it together."""

import ast
import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it ships none

from tests.support.process import ROOT

EXAMPLES = ROOT / "examples"
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"
"""The placeholder of the examples that run in AWS."""


def text(path: str) -> str:
    return (EXAMPLES / path).read_text(encoding="utf-8")


def document(path: str) -> Any:
    """Return what a YAML or JSON file of the examples holds. A YAML timestamp or boolean for a key is left as text."""
    return yaml.load(text(path), yaml.BaseLoader if path.startswith(("github", "gitlab")) else yaml.SafeLoader)  # noqa: S506 - BaseLoader knows text only


def by_name(entries: list[dict[str, str]]) -> dict[str, str]:
    """Return the variables of a list as ECS, Batch and Kubernetes have them; a secret's value is made up."""
    return {entry["name"]: entry.get("value", "given by the platform") for entry in entries}


def _task(path: str) -> dict[str, str]:
    (container,) = document(path)["containerDefinitions"]
    return by_name(container["environment"] + container.get("secrets", []))


def _overridden(overrides: Mapping[str, Any]) -> dict[str, str]:
    (container,) = overrides["containerOverrides"]
    return _task("ecs/task-definition.yaml") | by_name(container["environment"])


def _batch() -> dict[str, str]:
    given = {"AWS_BATCH_JOB_ID": "4ce80fc8-4a9a-4fbb-8f3b-6d3c3d0e8a51:1", "AWS_BATCH_JOB_ARRAY_INDEX": "1"}
    return by_name(document("batch/job-definition.yaml")["containerProperties"]["environment"]) | given


def _argo() -> dict[str, str]:
    main, template, _ = document("argo/workflow.yaml")["spec"]["templates"]
    (argument,) = main["steps"][0][0]["arguments"]["parameters"]
    (parameter,) = template["inputs"]["parameters"]
    assert argument["name"] == parameter["name"]
    filled = {"{{inputs.parameters.input}}": argument["value"]}
    return {name: filled.get(value, value) for name, value in by_name(template["container"]["env"]).items()}


def airflow_arguments() -> dict[str, Any]:
    """Return the keyword arguments of the DAG's KubernetesPodOperator, those that are literals."""
    calls = [node for node in ast.walk(ast.parse(text("airflow/nightly.py"))) if isinstance(node, ast.Call)]
    (operator,) = [call for call in calls if ast.unparse(call.func) == "KubernetesPodOperator"]
    return {
        str(one.arg): ast.literal_eval(one.value) for one in operator.keywords if not isinstance(one.value, ast.Call)
    }


def _compose() -> dict[str, str]:
    environment: dict[str, str] = document("compose/compose.yaml")["services"]["job"]["environment"]
    return {name: value.replace("${ORDER:-order.json}", "order.json") for name, value in environment.items()}


def exec_start() -> str:
    """Return the shell's command of the systemd service, without systemd's own escapes."""
    command = re.search(r"^ExecStart=((?:.*\\\n)*.*)$", text("host/sfn-nightly.service"), re.MULTILINE)
    assert command
    shell, option, script = shlex.split(command[1].replace("\\\n", " "))
    assert (shell, option) == ("/bin/sh", "-c")
    return script.replace("%%", "%")


def cron_command() -> str:
    """Return the command of the cron line, as cron gives it to the shell."""
    line = text("host/sfn-nightly.cron").splitlines()[-1]
    return line.split(maxsplit=6)[6].replace("\\%", "%")


def _host(command: str) -> dict[str, str]:
    lines = [line for line in text("host/nightly.env").splitlines() if not line.startswith("#")]
    words = shlex.split(command)
    options = [words[place + 1] for place, word in enumerate(words) if word == "-e"]
    return dict(one.split("=", 1) for one in lines + options)


ENVIRONMENTS: Mapping[str, Callable[[], dict[str, str]]] = {
    "ecs/task-definition.yaml": lambda: _task("ecs/task-definition.yaml"),
    "ecs/task-definition-proxy.yaml": lambda: _task("ecs/task-definition-proxy.yaml"),
    "ecs/run-task.yaml": lambda: _overridden(document("ecs/run-task.yaml")["overrides"]),
    "ecs/schedule.yaml": lambda: _overridden(json.loads(document("ecs/schedule.yaml")["Target"]["Input"])),
    "kubernetes/job.yaml": lambda: by_name(
        document("kubernetes/job.yaml")["spec"]["template"]["spec"]["containers"][0]["env"]
    ),
    "batch/job-definition.yaml": _batch,
    "argo/workflow.yaml": _argo,
    "airflow/nightly.py": lambda: airflow_arguments()["env_vars"],
    "github/nightly.yml": lambda: document("github/nightly.yml")["jobs"]["run"]["steps"][1]["env"],
    "gitlab/.gitlab-ci.yml": lambda: document("gitlab/.gitlab-ci.yml")["run"]["variables"],
    "compose/compose.yaml": _compose,
    "host/sfn-nightly.service": lambda: _host(exec_start()),
    "host/sfn-nightly.cron": lambda: _host(cron_command()),
}


def on_this_machine(environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    """Return the job's own part of an environment, with paths of the container replaced by ones that are here."""
    for secret in ("access-key-id", "secret-access-key"):
        (directory / secret).write_text("a secret of the host's\n", encoding="utf-8")
    places = {
        "/inputs.jsonl": EXAMPLES / "batch/inputs.jsonl",
        "/orders/order.json": EXAMPLES / "order-fulfilment/order.json",
        "/run/secrets/access-key-id": directory / "access-key-id",
        "/run/secrets/secret-access-key": directory / "secret-access-key",
        "/result/result.json": directory / "result.json",
        "/airflow/xcom/return.json": directory / "return.json",
    }
    return {
        name: str(places.get(value, value))
        for name, value in environment.items()
        if name.startswith(("SFN_", "AWS_BATCH_"))
    }
