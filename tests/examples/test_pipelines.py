"""The workflows, pipelines and units, by the schemas of those who read them."""

import copy
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped] # it ships none
import pytest

from tests.examples.found import EXAMPLES, airflow_arguments, cron_command, document, exec_start, text

CHECKED = {
    "github/nightly.yml": "vendor.github-workflows",
    "gitlab/.gitlab-ci.yml": "vendor.gitlab-ci",
    "compose/compose.yaml": "vendor.compose-spec",
}


def check(path: Path, schema: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", CHECKED)
def test_it_is_valid_by_its_published_schema(path: str) -> None:
    done = check(EXAMPLES / path, CHECKED[path])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("github/nightly.yml", "runs-on:", "run-on:"),
        ("gitlab/.gitlab-ci.yml", "timeout: 4 hours", "timeout: [4]"),
        ("compose/compose.yaml", "condition: service_healthy", "condition: healthy"),
    ],
)
def test_a_wrong_one_is_noticed(path: str, before: str, after: str, tmp_path: Path) -> None:
    """So the test above can fail."""
    wrong = tmp_path / "wrong.yaml"
    assert before in text(path)
    wrong.write_text(text(path).replace(before, after), encoding="utf-8")
    assert check(wrong, CHECKED[path]).returncode == 1


@pytest.mark.parametrize(
    ("variables", "script", "others"),
    [
        (
            lambda: document("github/nightly.yml")["jobs"]["run"]["steps"][1]["env"],
            lambda: document("github/nightly.yml")["jobs"]["run"]["steps"][1]["run"],
            {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"},
        ),
        (
            lambda: document("gitlab/.gitlab-ci.yml")["run"]["variables"],
            lambda: document("gitlab/.gitlab-ci.yml")["run"]["script"][1],
            set(),
        ),
    ],
    ids=["github", "gitlab"],
)
def test_all_that_a_pipeline_sets_reaches_the_container(variables: Any, script: Any, others: set[str]) -> None:
    """A name that `docker run -e` doesn't repeat would be without effect."""
    words = shlex.split(script())
    passed = {words[place + 1] for place, word in enumerate(words) if word == "-e"}
    assert passed == {name for name in variables() if name.startswith(("SFN_", "AWS_"))} | others


def test_the_argo_workflow_is_one() -> None:
    """What Argo's own types, as Hera has them, read of it and write again is all of it: nothing is unknown to them."""
    models = pytest.importorskip("hera.workflows.models", reason="Hera, which has Argo's types, isn't installed")

    def known(workflow: Any) -> Any:
        return models.Workflow.model_validate(workflow).model_dump(by_alias=True, exclude_unset=True, mode="json")

    workflow = document("argo/workflow.yaml")
    assert known(workflow) == workflow
    wrong = copy.deepcopy(workflow)
    wrong["spec"]["templates"][1]["retryStrategy"]["policy"] = "Always"
    assert known(wrong) != wrong


def test_the_pods_of_the_argo_workflow_are_kubernetes_pods() -> None:
    """Argo takes containers and volumes as they are."""
    spec = document("argo/workflow.yaml")["spec"]
    for template in spec["templates"][1:]:
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": template["name"]},
            "spec": {
                "serviceAccountName": spec["serviceAccountName"],
                "securityContext": spec["securityContext"],
                "containers": [template["container"] | {"name": "main"}],
                "volumes": template.get("volumes", []),
            },
        }
        kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


def test_the_argo_result_is_the_file_that_the_job_writes() -> None:
    """On a volume that is mounted there, since the image's own files can't be written."""
    template = document("argo/workflow.yaml")["spec"]["templates"][1]
    path = next(one["value"] for one in template["container"]["env"] if one["name"] == "SFN_RESULT_PATH")
    (result,) = template["outputs"]["parameters"]
    assert result["valueFrom"]["path"] == path
    (mount,) = template["container"]["volumeMounts"]
    assert str(Path(path).parent) == mount["mountPath"]
    assert [volume["name"] for volume in template["volumes"]] == [mount["name"]]


def test_the_airflow_dag_is_python_and_keeps_the_result() -> None:
    """Airflow itself is 130 packages, too many for a test: the operator's arguments as its documentation has them."""
    compile(text("airflow/nightly.py"), "nightly.py", "exec")
    arguments = airflow_arguments()
    assert arguments["do_xcom_push"] is True
    assert arguments["env_vars"]["SFN_RESULT_PATH"] == "/airflow/xcom/return.json"
    assert all(
        f"{{{{ ti.{part} }}}}" in arguments["env_vars"]["SFN_RUN_ID"] for part in ("dag_id", "run_id", "task_id")
    )
    assert arguments["container_security_context"]["readOnlyRootFilesystem"] is True


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units in a directory, with a docker that is on this machine."""
    for path in EXAMPLES.glob("host/*.[st]*er*"):
        unit = path.read_text(encoding="utf-8").replace("/usr/bin/docker", "/bin/true")
        (tmp_path / path.name).write_text(unit, encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"sfn-nightly.service", "sfn-nightly.timer"}
    return tmp_path


def verify(units: Path) -> str:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here: the package systemd has it")
    done = subprocess.run(
        ["systemd-analyze", "--man=no", "verify", *sorted(units.iterdir())], capture_output=True, text=True, check=False
    )
    # Units that other packages have installed are read too, and so is one that isn't there: docker.service.
    return "\n".join(
        line for line in done.stderr.splitlines() if "sfn-nightly" in line and "docker.service" not in line
    )


def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    assert verify(units) == ""


def test_systemd_finds_what_is_wrong(units: Path) -> None:
    """So the test above can fail."""
    service = units / "sfn-nightly.service"
    service.write_text(service.read_text(encoding="utf-8").replace("RestartSec=", "RestartSecs="), encoding="utf-8")
    assert "RestartSecs" in verify(units)


def test_the_units_run_id_changes_when_the_timer_strikes() -> None:
    """The service takes the day of so many hours ago as the timer strikes after midnight, both in UTC."""
    strikes = re.search(r"^OnCalendar=\*-\*-\* (\d\d):00:00 UTC$", text("host/sfn-nightly.timer"), re.MULTILINE)
    ago = re.search(r'date -u -d "(\d+) hours ago" \+%F', exec_start())
    assert strikes
    assert ago
    assert int(strikes[1]) == int(ago[1])


def test_what_ends_the_service_waits_for_the_container() -> None:
    """The engine's patience is above the 30 s that the job may need, and systemd's above that."""
    stop = re.search(r"^TimeoutStopSec=(\d+)$", text("host/sfn-nightly.service"), re.MULTILINE)
    engine = re.search(r"--stop-timeout=(\d+)", exec_start())
    assert stop
    assert engine
    assert 30 < int(engine[1]) < int(stop[1])


def test_the_cron_line_is_one() -> None:
    """Five fields, a user and a command; a % that isn't escaped would end the command."""
    *_, line = text("host/sfn-nightly.cron").splitlines()
    assert re.fullmatch(r"0 2 \* \* \* root docker run .+", line)
    assert not re.search(r"(?<!\\)%", line)
    assert "%F" in cron_command()
