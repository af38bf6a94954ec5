"""The job as its users run it: `docker run` against a Step Functions on the same network."""

import json
import re
from pathlib import Path

import pytest

from tests.image.conftest import StateMachines
from tests.image.engine import Container, Image, owned_by_the_user
from tests.support.localstack import SECRET_ACCESS_KEY
from tests.support.process import eventually

HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
LARGEST_INPUT = 262_144


def wait_until_started(container: Container) -> None:
    eventually(lambda: '"started"' in container.log, "the execution starts")


def test_a_success_exits_with_0_and_one_document(image: Image) -> None:
    """Standard output is the result document and nothing else; the log on standard error is JSON, a line an event."""
    finished = image.run(SFN_INPUT='{"order": 7}')
    assert (finished.code, finished.document["result"]["status"]) == (0, "SUCCEEDED")
    assert json.loads(finished.document["result"]["output"]) == {"order": 7}
    assert finished.events[-1]["message"] == "finished"


def test_a_failed_execution_exits_with_23(image: Image, state_machines: StateMachines) -> None:
    """The exit status of the container is the outcome of the execution."""
    finished = image.run(SFN_STATE_MACHINE_ARN=state_machines.arns["fail"])
    assert finished.code == finished.document["exit_code"] == 23
    assert "CardDeclined" in finished.document["status_description"]


def test_a_wrong_variable_exits_with_20(built: Image) -> None:
    """Without any variable, network or file there is still a result document."""
    finished = built.run("--network=none")
    assert finished.code == finished.document["exit_code"] == 20


def test_an_endpoint_that_is_not_there_exits_with_10(image: Image) -> None:
    """A name that nobody knows is a connection error."""
    finished = image.run(AWS_ENDPOINT_URL="http://nobody.invalid", SFN_RETRY_WINDOW="1")
    assert finished.code == finished.document["exit_code"] == 10


def test_a_certificate_of_somebody_unknown_exits_with_10(image: Image) -> None:
    """LocalStack's own certificate isn't trusted: the image's certificates are in use."""
    finished = image.run(AWS_ENDPOINT_URL="https://localstack:4566", SFN_RETRY_WINDOW="1")
    assert finished.code == finished.document["exit_code"] == 10
    assert re.search("certificate|trusted|TLS", finished.document["status_description"])


def test_arguments_go_to_the_job(built: Image) -> None:
    """`--version` after the image's name is the job's."""
    finished = built.run(arguments=("--version",))
    assert (finished.code, finished.stdout.split()[0]) == (0, "sfn-job")


@pytest.mark.parametrize("options", [(), ("--init",)], ids=["plain", "init"])
def test_docker_stop_ends_a_wait_at_once(image: Image, state_machines: StateMachines, options: tuple[str, ...]) -> None:
    """`docker stop` during a wait: 143 and a complete result, at once, with the execution named in it."""
    with image.started(*options, SFN_STATE_MACHINE_ARN=state_machines.arns["slow"]) as container:
        wait_until_started(container)
        seconds = container.stop()
        finished = container.finish()
    assert finished.code == finished.document["exit_code"] == 143
    assert finished.document["result"]["status"] == "RUNNING"
    # Measured: 0.3 to 0.7 s on two cores with a load of 18, most of it the engine's own share, which grows with that;
    # the engine's patience would end after 10.
    assert seconds < 5


def test_docker_stop_can_stop_the_execution(image: Image, state_machines: StateMachines) -> None:
    """With SFN_ON_TERMINATE=stop, what the container started doesn't outlive it."""
    slow = {"SFN_STATE_MACHINE_ARN": state_machines.arns["slow"], "SFN_EXECUTION_NAME": "to-be-stopped"}
    with image.started(SFN_ON_TERMINATE="stop", **slow) as container:
        wait_until_started(container)
        container.stop()
        finished = container.finish()
    assert finished.code == 143
    assert not [one for one in state_machines.running() if one["name"].startswith("to-be-stopped")]


def test_docker_kill_leaves_the_execution_alone(image: Image, state_machines: StateMachines) -> None:
    """A killed container can say nothing, and the execution goes on."""
    slow = {"SFN_STATE_MACHINE_ARN": state_machines.arns["slow"], "SFN_EXECUTION_NAME": "killed"}
    with image.started(**slow) as container:
        wait_until_started(container)
        container.engine("kill", container.name)
        finished = container.finish()
    assert (finished.code, finished.stdout) == (137, "")
    assert [one for one in state_machines.running() if one["name"].startswith("killed")]


@pytest.mark.parametrize("user", ["65532:65532", "123456:0", "0:0", "2000000000:2000000000"])
def test_any_user_will_do_in_a_hardened_container(image: Image, user: str) -> None:
    """OpenShift's random user in group 0, root, or a number nobody has: with a read-only root and no capability."""
    finished = image.run(f"--user={user}", *HARDENED)
    assert finished.code == 0, finished.stderr


def test_the_largest_input_fits_in_64_mib(image: Image, tmp_path: Path) -> None:
    """256 KiB in and out, with a document that holds both, and no swap to lean on."""
    file = tmp_path / "input.json"
    file.write_text(json.dumps("x" * (LARGEST_INPUT - 2)), encoding="utf-8")
    file.chmod(0o444)
    finished = image.run(
        "--memory=64m", "--memory-swap=64m", f"--volume={file}:/input.json:ro", SFN_INPUT_FILE="/input.json"
    )
    assert finished.code == 0, finished.stderr
    assert len(finished.document["result"]["output"]) == LARGEST_INPUT


def test_a_tenth_of_a_cpu_is_enough(image: Image) -> None:
    """Slower, and else the same."""
    finished = image.run("--cpus=0.1")
    assert finished.code == 0, finished.stderr


def test_the_result_can_go_to_a_volume(image: Image, tmp_path: Path) -> None:
    """SFN_RESULT_PATH in a mounted directory, and then nothing on standard output."""
    tmp_path.chmod(0o700)
    user = owned_by_the_user(tmp_path)
    finished = image.run(
        f"--user={user}", *HARDENED, f"--volume={tmp_path}:/results", SFN_RESULT_PATH="/results/result.json"
    )
    assert (finished.code, finished.stdout) == (0, "")
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["result"]["status"] == "SUCCEEDED"


def test_secrets_can_be_files_that_only_the_user_can_read(image: Image, tmp_path: Path) -> None:
    """Mode 0400, as Docker and Kubernetes mount secrets; the value shows nowhere."""
    secret = tmp_path / "password"
    secret.write_text(SECRET_ACCESS_KEY + "\n", encoding="utf-8")
    secret.chmod(0o400)
    user = owned_by_the_user(secret)
    finished = image.run(
        f"--user={user}",
        f"--volume={secret}:/run/secrets/password:ro",
        SFN_CREDENTIALS_PASSWORD="",
        SFN_CREDENTIALS_PASSWORD_FILE="/run/secrets/password",
    )
    assert finished.code == 0, finished.stderr
    assert finished.document["invocation"]["fields"]["credentials_password"] == "****"
    assert SECRET_ACCESS_KEY not in finished.stdout + finished.stderr


def test_home_is_where_aws_looks_for_profiles(image: Image, tmp_path: Path) -> None:
    """~/.aws is /home/job/.aws for every user, known or not."""
    tmp_path.chmod(0o755)
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = any\n", encoding="utf-8"
    )
    finished = image.run(
        "--user=123456:0",
        f"--volume={tmp_path}:/home/job/.aws:ro",
        SFN_CREDENTIALS_USER="",
        SFN_CREDENTIALS_PASSWORD="",
    )
    assert finished.code == 0, finished.stderr


@pytest.mark.parametrize(("zone", "offset"), [("", "+00:00"), ("Asia/Kolkata", "+05:30"), ("UTC-3", "+03:00")])
def test_dates_are_in_the_time_zone_of_the_container(image: Image, zone: str, offset: str) -> None:
    """TZ takes a name of the time zone database as well as a rule; without it there is UTC."""
    finished = image.run(TZ=zone)
    assert finished.document["result"]["startDate"].endswith(offset)


def test_on_a_terminal_the_log_is_text(image: Image) -> None:
    """With -t, where standard output and standard error are one, people see a log, a live line, and the document."""
    finished = image.run("--tty", TERM="xterm")
    assert "\x1b[2K" in finished.stdout  # the live line was there, and was taken away
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", finished.stdout).splitlines()
    documents = [json.loads(line) for line in lines if line.startswith("{")]
    assert [document["exit_code"] for document in documents] == [0]
    assert any("finished" in line for line in lines)


def test_neither_variables_nor_files_get_in_the_way_of_python(image: Image, tmp_path: Path) -> None:
    """PYTHON* variables and a working directory full of modules with names that the job imports mean nothing."""
    for name in ("job", "boto3", "json", "sitecustomize", "usercustomize", "os", "site"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(99)\n", encoding="utf-8")
    tmp_path.chmod(0o755)
    finished = image.run(
        f"--volume={tmp_path}:/hostile:ro",
        "--workdir=/hostile",
        PATH="/hostile",
        PYTHONPATH="/hostile",
        PYTHONHOME="/hostile",
        PYTHONUSERBASE="/hostile",
        PYTHONSTARTUP="/hostile/os.py",
        PYTHONWARNINGS="error",
        PYTHONDEVMODE="1",
        PYTHONVERBOSE="1",
        PYTHONINSPECT="1",
        PYTHONOPTIMIZE="2",
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
        SFN_INPUT='{"name": "Ærøskøbing 鯨"}',
    )
    assert finished.code == 0, finished.stderr
    assert finished.events
    assert "鯨" in json.loads(finished.document["result"]["output"])["name"]


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "de_DE.ISO-8859-1", "ja_JP.eucJP"])
def test_text_is_utf_8_whatever_the_locale(image: Image, locale: str) -> None:
    """An image without locales is not an image without languages."""
    finished = image.run(LC_ALL=locale, LANG=locale, SFN_INPUT='{"name": "鯨"}')
    assert finished.code == 0, finished.stderr
    assert json.loads(finished.document["result"]["output"]) == {"name": "鯨"}
