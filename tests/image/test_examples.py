"""What a real engine can run of the examples, as it stands there, it runs here."""

import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.examples.found import ENVIRONMENTS, EXAMPLES, MACHINE, cron_command, exec_start, text
from tests.image.conftest import StateMachines, have_localstack
from tests.image.engine import Engine, Image
from tests.support.localstack import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.support.process import LIMIT, Finished


@pytest.fixture
def compose(engine: Engine) -> list[str]:
    """The command of Docker Compose: the client's plugin, or the program that came before it."""
    plugin = [engine.client, "compose"]
    if subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0:
        return plugin
    program = shutil.which("docker-compose")
    if not program:
        pytest.skip("no Docker Compose here: Debian's package docker-compose has it")
    return [program]


@pytest.mark.parametrize(("order", "code"), [("order.json", 0), ("order-declined.json", 23)])
def test_compose_works_as_it_is(compose: list[str], engine: Engine, built: Image, order: str, code: int) -> None:
    """With LocalStack's image and the job's, and nothing prepared: the exit code is the job's."""
    have_localstack(engine)
    command = [
        *compose,
        "--project-name",
        f"sfn-job-test-{uuid.uuid4()}",
        "--file",
        str(EXAMPLES / "compose/compose.yaml"),
    ]
    environ = os.environ | {"IMAGE": built.name, "ORDER": order}
    subprocess.run([*command, "config", "--quiet"], env=environ, check=True)
    try:
        done = subprocess.run(
            [*command, "up", "--no-color", "--abort-on-container-exit", "--exit-code-from", "job"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        (result,) = re.findall(r"\| (\{\"exit_code\": .*\})$", done.stdout, re.MULTILINE)
    finally:
        subprocess.run([*command, "down", "--volumes"], env=environ, capture_output=True, check=True)
    assert (done.returncode, json.loads(result)["exit_code"]) == (code, code)


@pytest.fixture
def batch(built: Image) -> Iterator[Image]:
    """The image of the Batch example."""
    name = f"sfn-job-test-{uuid.uuid4()}:batch"
    built.engine("build", "--quiet", "--build-arg", f"IMAGE={built.name}", "--tag", name, str(EXAMPLES / "batch"))
    yield Image(built.engine, name)
    built.engine("rmi", name)


def test_each_child_of_the_batch_array_runs_its_line(batch: Image, state_machines: StateMachines) -> None:
    """In the image with the inputs; a second attempt of the same job reports the execution of the first."""
    environ = ENVIRONMENTS["batch/job-definition.yaml"]() | {
        "AWS_BATCH_JOB_ID": str(uuid.uuid4()),
        "AWS_ENDPOINT_URL": state_machines.url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "SFN_STATE_MACHINE_ARN": state_machines.arns["echo"],
    }
    options = (f"--network={state_machines.network}", "--read-only")

    def run(index: str) -> Finished:
        return replace(batch, environ=environ | {"AWS_BATCH_JOB_ARRAY_INDEX": index}, options=options).run()

    first, second, beyond = run("1"), run("1"), run("3")
    assert (first.code, second.code, beyond.code) == (0, 0, 20), first.stderr
    assert json.loads(first.document["result"]["output"]) == {"order": 4712}
    assert second.document["result"]["executionArn"] == first.document["result"]["executionArn"]


WRAPPER = """#!/bin/sh
# `docker run` of the examples' image is one of the image under test, next to LocalStack, with a name of its own.
for word; do
  shift
  case $word in
    sfn-job:latest) word={image} ;;
    sfn-nightly) word={name} ;;
    /etc/sfn-job/secrets:*) word={directory}/secrets:/run/secrets:ro ;;
    /etc/sfn-job/nightly.env) word={directory}/nightly.env ;;
  esac
  set -- "$@" "$word"
done
shift
exec {client} run --network={network} --env=AWS_ENDPOINT_URL={url} "$@"
"""


@dataclass(frozen=True)
class Host:
    """A host as the examples for systemd and cron describe it, in a directory."""

    directory: Path
    name: str
    """The container's, which is `sfn-nightly` in the examples."""
    state_machines: StateMachines

    def configure(self, **state: Any) -> str:
        """Write nightly.env for a new state machine of one state; return its ARN."""
        arn: str = self.state_machines.client.create_state_machine(
            name=f"examples-{uuid.uuid4()}",
            definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
            roleArn="arn:aws:iam::000000000000:role/any",
        )["stateMachineArn"]
        variables = text("host/nightly.env").replace(MACHINE, arn)
        (self.directory / "nightly.env").write_text(variables, encoding="utf-8")
        return arn

    def executions(self, arn: str) -> list[str]:
        found = self.state_machines.client.list_executions(stateMachineArn=arn)["executions"]
        return [one["status"] for one in found]

    def run(self, command: str) -> Finished:
        """Run the command of the unit or of the cron line by a shell."""
        command = command.replace("/usr/bin/docker", "docker").replace("/var/lib", str(self.directory))
        environ = {"PATH": f"{self.directory}:{os.defpath}", "HOME": str(self.directory)}
        done = subprocess.run(["/bin/sh", "-c", command], env=environ, capture_output=True, timeout=LIMIT, check=False)
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def host(built: Image, state_machines: StateMachines, tmp_path: Path) -> Host:
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o755)
    for name, value in (("access-key-id", ACCESS_KEY_ID), ("secret-access-key", SECRET_ACCESS_KEY)):
        secrets.joinpath(name).write_text(f"{value}\n", encoding="utf-8")
        secrets.joinpath(name).chmod(0o444)
    host = Host(tmp_path, f"sfn-job-test-{uuid.uuid4()}", state_machines)
    values = {"network": state_machines.network, "url": state_machines.url, "name": host.name}
    wrapper = tmp_path / "docker"
    wrapper.write_text(
        WRAPPER.format(client=built.engine.client, image=built.name, directory=tmp_path, **values), encoding="utf-8"
    )
    wrapper.chmod(0o755)
    return host


def test_systemds_command_runs_once_and_reports_again(host: Host) -> None:
    """A second start on the same day finds the execution of the first, here a failed one."""
    arn = host.configure(Type="Fail", Error="CardDeclined", Cause="no money")
    runs = [host.run(exec_start()) for _ in range(2)]
    assert [run.code for run in runs] == [23, 23], runs[0].stderr
    assert runs[1].document["result"]["resumed"] is True
    assert host.executions(arn) == ["FAILED"]


def test_crons_command_is_silent_when_all_is_well(host: Host) -> None:
    """Nothing to mail, the result in its file, and nothing started a second time on the same day."""
    arn = host.configure(Type="Pass", End=True)
    for _ in range(2):
        finished = host.run(cron_command())
        assert (finished.code, finished.stdout, finished.stderr) == (0, "", "")
    document = json.loads((host.directory / "sfn-nightly.json").read_text(encoding="utf-8"))
    assert json.loads(document["result"]["output"]) == {"source": "host"}
    assert host.executions(arn) == ["SUCCEEDED"]


def test_crons_mail_says_what_failed(host: Host) -> None:
    host.configure(Type="Fail", Error="CardDeclined", Cause="no money")
    finished = host.run(cron_command())
    assert finished.code == 23
    assert "CardDeclined: no money" in finished.events[-1]["status_description"]
    assert all(event["level"] == "ERROR" for event in finished.events)


def test_crons_container_is_its_lock(host: Host, built: Image) -> None:
    """While one of that name is there, a second one is refused by the engine, and starts nothing."""
    arn = host.configure(Type="Pass", End=True)
    built.engine("create", f"--name={host.name}", built.name)
    try:
        finished = host.run(cron_command())
    finally:
        built.engine("rm", host.name)
    assert finished.code == 125
    assert host.executions(arn) == []
