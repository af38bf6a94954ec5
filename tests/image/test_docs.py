"""docs/docker.md keeps its word, like other pages with `docker run`: a shell runs their commands as they stand.

All that comes from outside is the environment: the variables that the page says it takes from the user's shell, and a
`docker` on PATH that is the engine's client with the options that put a container next to LocalStack.
"""

import dataclasses
import json
import os
import re
import signal
import ssl
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.image.conftest import StateMachines
from tests.image.engine import Container, Engine, Image
from tests.image.test_running import wait_until_started
from tests.support.localstack import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.support.process import LIMIT, ROOT, Finished, eventually

PAGE = (ROOT / "docs/docker.md").read_text(encoding="utf-8")
BLOCKS = {
    heading: re.findall(r"^```\w*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for heading, section in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
NO_WAIT = "Start it, and don't wait"
RESULT_FILE = "Wait, and keep the result in a file"
HARDENED = "Secrets as files, and no rights"
RESTART = "Survive a crash or a restart"
STOP = "Stop the execution with the container"
CASES = {NO_WAIT, RESULT_FILE, HARDENED, RESTART, STOP}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY}
WRAPPER = """#!/bin/sh
# `docker run` of the page's image is one of the image under test, next to LocalStack, with a name of its own.
[ "$1" = run ] || exec {client} "$@"
for word; do
  shift
  case $word in
    sfn-job) word={image} ;;
    nightly*) word=$word-{mark} ;;
  esac
  set -- "$@" "$word"
done
shift
exec {client} run --network={network} --env=AWS_ENDPOINT_URL={url} --label={mark} "$@"
"""


@dataclass(frozen=True)
class Shell:
    """A user's shell, in a directory of its own."""

    engine: Engine
    directory: Path
    mark: str
    """The label of its containers, and the end of their names."""
    environ: dict[str, str]

    def start(self, heading: str, change: Callable[[str], str] = str, /, **environ: str) -> subprocess.Popen[bytes]:
        """Start the block under this heading; `change` is what the page says may be changed in it."""
        return self.start_block(change(BLOCKS[heading][0]), **environ)

    def start_block(self, block: str, **environ: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-euc", block],
            cwd=self.directory,
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, heading: str, change: Callable[[str], str] = str, /, **environ: str) -> Finished:
        return finish(self.start(heading, change, **environ))

    def remove_containers(self) -> None:
        found = self.engine("ps", "--all", "--quiet", f"--filter=label={self.mark}").split()
        if found:
            self.engine("rm", "--force", *found)


def finish(process: subprocess.Popen[bytes]) -> Finished:
    stdout, stderr = process.communicate(timeout=LIMIT)
    return Finished(process.returncode, stdout.decode(), stderr.decode())


@pytest.fixture
def shell(built: Image, state_machines: StateMachines, tmp_path: Path) -> Iterator[Shell]:
    directories = tmp_path / "bin", tmp_path / "home", tmp_path / "work"
    for directory in directories:
        directory.mkdir()
    programs, home, work = directories
    mark = f"sfn-job-test-{uuid.uuid4()}"
    wrapper = programs / "docker"
    values = {"network": state_machines.network, "url": state_machines.url, "mark": mark}
    wrapper.write_text(WRAPPER.format(client=built.engine.client, image=built.name, **values), encoding="utf-8")
    wrapper.chmod(0o755)
    environ = {
        "PATH": f"{programs}:{os.defpath}",
        "HOME": str(home),
        "SFN_STATE_MACHINE_ARN": state_machines.arns["echo"],
    }
    shell = Shell(built.engine, work, mark, environ)
    yield shell
    shell.remove_containers()


def new_machine(state_machines: StateMachines, **state: Any) -> str:
    """Make a state machine of one state, which no other test runs."""
    arn: str = state_machines.client.create_state_machine(
        name=f"docs-{uuid.uuid4()}",
        definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
        roleArn="arn:aws:iam::000000000000:role/any",
    )["stateMachineArn"]
    return arn


def executions(state_machines: StateMachines, arn: str) -> list[str]:
    """Return the status of each execution, the newest first."""
    return [one["status"] for one in state_machines.client.list_executions(stateMachineArn=arn)["executions"]]


def test_every_block_has_a_case_here() -> None:
    """Five needs, one block each; a block that is added needs a test below."""
    assert {heading for heading, blocks in BLOCKS.items() if blocks} == CASES
    assert [len(BLOCKS[heading]) for heading in CASES] == [1] * 5
    assert PAGE.count("```") == 10


def test_it_can_start_an_execution_and_not_wait(shell: Shell, state_machines: StateMachines) -> None:
    """0 says that it was started; it may well run on."""
    arn = new_machine(state_machines, Type="Wait", Seconds=600, End=True)
    finished = shell.run(NO_WAIT, SFN_STATE_MACHINE_ARN=arn, **CREDENTIALS)
    assert finished.code == 0, finished.stderr
    execution = state_machines.client.describe_execution(executionArn=finished.document["result"]["executionArn"])
    assert execution["status"] == "RUNNING"
    assert json.loads(execution["input"]) == {"date": "2026-11-22"}


def test_without_credentials_it_starts_nothing(shell: Shell, state_machines: StateMachines) -> None:
    """Where the shell has none to pass on, and no other are found, the status isn't 0."""
    arn = new_machine(state_machines, Type="Pass", End=True)

    def change(text: str) -> str:
        return text.replace("-e", "-e AWS_EC2_METADATA_DISABLED=true -e", 1)  # where there is one, this is EC2

    finished = shell.run(NO_WAIT, change, SFN_STATE_MACHINE_ARN=arn)
    assert finished.code == finished.document["exit_code"] == 2
    assert executions(state_machines, arn) == []


@pytest.mark.parametrize(("machine", "code", "status"), [("echo", 0, "SUCCEEDED"), ("fail", 23, "FAILED")])
def test_the_result_is_in_a_file(
    shell: Shell, state_machines: StateMachines, machine: str, code: int, status: str
) -> None:
    """With the profile of ~/.aws, after success and failure: in the user's file, and not in the output."""
    profile = Path(shell.environ["HOME"], ".aws")
    profile.mkdir(mode=0o700)
    profile.joinpath("credentials").write_text(
        "[default]\n" + "".join(f"{name.lower()} = {value}\n" for name, value in CREDENTIALS.items()), encoding="utf-8"
    )
    profile.joinpath("credentials").chmod(0o600)
    finished = shell.run(RESULT_FILE, SFN_STATE_MACHINE_ARN=state_machines.arns[machine])
    assert (finished.code, finished.stdout) == (code, ""), finished.stderr
    file = shell.directory / "results/nightly.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    assert (document["exit_code"], document["result"]["status"]) == (code, status)
    assert file.stat().st_uid == os.getuid()


def test_secrets_can_be_files_and_rights_none(shell: Shell) -> None:
    """The values are neither in variables, so that `docker inspect` doesn't show them, nor in what the job writes."""
    secrets = shell.directory / "secrets"
    secrets.mkdir(mode=0o700)
    for name, value in (("access-key-id", ACCESS_KEY_ID), ("secret-access-key", SECRET_ACCESS_KEY)):
        secrets.joinpath(name).write_text(f"{value}\n", encoding="utf-8")
        secrets.joinpath(name).chmod(0o400)
    finished = shell.run(HARDENED, lambda text: text.replace("--rm ", ""))
    assert finished.code == 0, finished.stderr
    container = shell.engine("ps", "--all", "--quiet", f"--filter=label={shell.mark}").strip()
    shown = shell.engine("inspect", container) + finished.stdout + finished.stderr
    assert SECRET_ACCESS_KEY not in shown
    assert ACCESS_KEY_ID not in shown


def test_a_secret_that_can_not_be_read_exits_with_20(shell: Shell) -> None:
    """Both files are missing, and both are named."""
    finished = shell.run(HARDENED)
    assert finished.code == finished.document["exit_code"] == 20
    assert {error["variable"] for error in finished.document["errors"]} == {
        "SFN_CREDENTIALS_USER_FILE",
        "SFN_CREDENTIALS_PASSWORD_FILE",
    }


@pytest.fixture
def nightly(shell: Shell) -> Callable[..., Container]:
    """Run the block with --restart, and return its container, which runs on."""

    def start(arn: str, change: Callable[[str], str] = str) -> Container:
        finished = shell.run(RESTART, change, SFN_STATE_MACHINE_ARN=arn, **CREDENTIALS)
        assert finished.code == 0, finished.stderr
        return Container(shell.engine, f"nightly-2026-11-22-{shell.mark}")

    return start


def documents(container: Container) -> list[dict[str, Any]]:
    """Wait until the container isn't restarted again, and return the documents of all its attempts."""

    def state() -> str:
        return container.engine("inspect", "--format={{.State.Status}} {{.State.ExitCode}}", container.name).strip()

    eventually(lambda: state().startswith("exited"), "no more restarts", limit=LIMIT)
    found = [json.loads(line) for line in container.engine("logs", container.name).splitlines()]
    assert state() == f"exited {found[-1]['exit_code']}"
    return found


def test_a_crash_is_survived(
    shell: Shell, nightly: Callable[..., Container], built: Image, state_machines: StateMachines
) -> None:
    """Killed while it waits, it comes back to the same execution; repeated after the success, it starts nothing."""
    arn = new_machine(state_machines, Type="Wait", Seconds=10, End=True)
    container = nightly(arn)
    wait_until_started(container)
    process = container.engine("inspect", "--format={{.State.Pid}}", container.name).strip()
    # Not `docker kill`, which the engine takes for the user's wish that it should end.
    kill = Image(built.engine, built.name, {}, ("--pid=host", "--user=0", "--entrypoint=/bin/sh"))
    assert kill.run(arguments=("-c", f"kill -9 {process}")).code == 0
    [survived] = documents(container)
    assert (survived["exit_code"], survived["result"]["resumed"]) == (0, True)
    shell.remove_containers()
    [repeated] = documents(nightly(arn))
    assert (repeated["exit_code"], repeated["result"]["executionArn"]) == (0, survived["result"]["executionArn"])
    assert executions(state_machines, arn) == ["SUCCEEDED"]


@pytest.mark.parametrize(("option", "count"), [("", 6), ("-e SFN_RERUN=once ", 1)], ids=["resume", "once"])
def test_a_failure_is_tried_again_or_only_reported(
    nightly: Callable[..., Container], state_machines: StateMachines, option: str, count: int
) -> None:
    """Five restarts at most: each starts another execution or, with `once`, reports the first one."""
    arn = new_machine(state_machines, Type="Fail", Error="CardDeclined", Cause="no money")
    found = documents(nightly(arn, lambda text: text.replace("docker run ", f"docker run {option}")))
    assert [document["exit_code"] for document in found] == [23] * 6
    assert executions(state_machines, arn) == ["FAILED"] * count


@pytest.mark.parametrize("leave", [False, True], ids=["stop", "leave"])
def test_docker_stop_stops_the_execution_too(shell: Shell, state_machines: StateMachines, leave: bool) -> None:
    """143, and the execution is ABORTED; without SFN_ON_TERMINATE=stop it goes on."""
    arn = new_machine(state_machines, Type="Wait", Seconds=600, End=True)

    def change(text: str) -> str:
        return text.replace("-e SFN_ON_TERMINATE=stop", "") if leave else text

    process = shell.start(STOP, change, SFN_STATE_MACHINE_ARN=arn, **CREDENTIALS)
    try:
        eventually(lambda: executions(state_machines, arn) == ["RUNNING"], "the execution starts")
        container = Container(shell.engine, f"nightly-{shell.mark}")
        wait_until_started(container)
        container.stop()
        finished = finish(process)
    finally:
        process.kill()
    assert finished.code == finished.document["exit_code"] == 143
    status = "RUNNING" if leave else "ABORTED"
    assert finished.document["result"]["status"] == status
    assert executions(state_machines, arn) == [status]


def test_ctrl_c_exits_with_130(image: Image, state_machines: StateMachines) -> None:
    """SIGINT too ends the wait with a result."""
    with image.started(SFN_STATE_MACHINE_ARN=state_machines.arns["slow"]) as container:
        wait_until_started(container)
        container.engine("kill", f"--signal={signal.SIGINT.name}", container.name)
        finished = container.finish()
    assert finished.code == finished.document["exit_code"] == 130


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--no-such-option",), 125),
        (("--entrypoint=/etc",), 126),
        (("--entrypoint=/nothing",), 127),
        (("--memory=8m", "--memory-swap=8m"), 137),
    ],
)
def test_some_exit_statuses_are_the_engines(built: Image, options: tuple[str, ...], code: int) -> None:
    """The container didn't run, or was killed for want of memory: there is no result."""
    finished = built.run("--network=none", *options)
    assert (finished.code, finished.stdout) == (code, "")


@pytest.mark.parametrize("place", ["/etc/ssl/certs/ca-certificates.crt", "/bundle.pem"])
def test_other_certificates_can_be_trusted(
    image: Image, state_machines: StateMachines, tmp_path: Path, place: str
) -> None:
    """LocalStack's own certificate, as the image's only one or in AWS_CA_BUNDLE; it is for the name `localhost`."""
    address = urlsplit(state_machines.client.meta.endpoint_url)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(ssl.get_server_certificate((address.hostname, address.port)), encoding="utf-8")
    bundle.chmod(0o444)
    localstack = image.engine("ps", "--quiet", f"--filter=network={state_machines.network}").strip()
    environ = {**image.environ, "AWS_ENDPOINT_URL": "https://localhost:4566", "SFN_RETRY_WINDOW": "1"}
    beside_it = Image(image.engine, image.name, environ, (f"--network=container:{localstack}",))
    assert beside_it.run().code == 10
    variable = () if place.startswith("/etc") else (f"--env=AWS_CA_BUNDLE={place}",)
    trusted = beside_it.run(f"--volume={bundle}:{place}:ro", *variable)
    assert trusted.code == 0, trusted.stderr


# Other pages


def test_the_readmes_image_is_built_and_run(shell: Shell, state_machines: StateMachines) -> None:
    """From the repository's directory, as by somebody who has just read it."""
    (block,) = (block for block in commands("README.md") if "docker run" in block)
    arn = new_machine(state_machines, Type="Succeed")
    certificates = {"SSL_CERT_FILE": os.environ["SSL_CERT_FILE"]} if "SSL_CERT_FILE" in os.environ else {}
    here = dataclasses.replace(shell, directory=ROOT)
    process = here.start_block(
        block, IMAGE="sfn-job:test-readme", SFN_STATE_MACHINE_ARN=arn, **CREDENTIALS, **certificates
    )
    finished = finish(process)
    assert finished.code == 0, finished.stderr
    assert finished.document["result"]["status"] == "SUCCEEDED"


def test_the_same_layers_are_counted_as_one_image(shell: Shell, built: Image, unpruned: Image) -> None:
    """docs/releasing.md: 1 where two images have the same layers, and 2 where they haven't."""
    (block,) = (block for block in commands("docs/releasing.md") if "RootFS" in block)
    *builds, inspect = block.splitlines()
    assert builds == ["IMAGE=sfn-job:first tools/build-image", "IMAGE=sfn-job:second tools/build-image --no-cache"]
    for second, images in ((built, "1"), (unpruned, "2")):
        named = inspect.replace("sfn-job:first", built.name).replace("sfn-job:second", second.name)
        assert finish(shell.start_block(named)).stdout.strip() == images


def commands(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_check_starts_nothing_and_the_policy_is_one(shell: Shell, state_machines: StateMachines) -> None:
    """docs/check.md."""
    check, policy = commands("docs/check.md")
    arn = new_machine(state_machines, Type="Succeed")
    checked = finish(shell.start_block(check, SFN_STATE_MACHINE_ARN=arn, **CREDENTIALS))
    assert checked.code == 0, checked.stderr
    assert [step["name"] for step in checked.document["checks"]][:2] == ["variables", "endpoint"]
    printed = finish(
        shell.start_block(policy, SFN_STATE_MACHINE_ARN=arn, SFN_WAIT_FOR_SUCCESS_OR_FAILURE="true", **CREDENTIALS)
    )
    assert json.loads(printed.stdout)["Statement"][0]["Resource"] == arn
    assert executions(state_machines, arn) == []


def test_an_express_state_machine_needs_nothing_else(shell: Shell, state_machines: StateMachines) -> None:
    """docs/express.md."""
    (command,) = commands("docs/express.md")
    arn = state_machines.client.create_state_machine(
        name=f"docs-{uuid.uuid4()}",
        definition=json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::000000000000:role/any",
        type="EXPRESS",
    )["stateMachineArn"]
    finished = finish(shell.start_block(command, SFN_STATE_MACHINE_ARN=arn, **CREDENTIALS))
    assert finished.code == 0, finished.stderr
    assert finished.document["result"]["status"] == "SUCCEEDED"
    assert ":express:" in finished.document["result"]["executionArn"]


def test_the_loops_replacement_starts_one_execution(shell: Shell, state_machines: StateMachines) -> None:
    """docs/migrate.md: however often it is run."""
    *_, command = commands("docs/migrate.md")
    arn = new_machine(state_machines, Type="Pass", End=True)
    for _ in range(2):
        finished = finish(shell.start_block(command, SFN_STATE_MACHINE_ARN=arn, **CREDENTIALS))
        assert finished.code == 0, finished.stderr
        assert json.loads(finished.document["result"]["output"]) == {"date": "2026-11-22"}
    assert executions(state_machines, arn) == ["SUCCEEDED"]
