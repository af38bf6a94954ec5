"""The result document (contract 2): what is in it, in which order, and where it goes."""

import ctypes
import json
import os
import re
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import job
from job.outcomes import Outcome
from tests.hostile import HostileEndpoint, unrecognized_client
from tests.support.process import Finished, Job
from tests.support.results import FIELDS, ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
GOLDEN = Path(__file__).parent.parent / "golden"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d")
PROXY = {
    "SFN_USE_PROXY": "true",
    "SFN_PROXY_TYPE": "HTTPS With Credentials",
    "SFN_PROXY_CREDENTIALS_USER": "proxy-user",
    "SFN_PROXY_CREDENTIALS_PASSWORD": "proxy-password",
}


def obey_file_modes() -> None:
    """Take from root, for the program executed next, the capabilities that let it read and write everything.

    Another user would be the plainer way, but may lack access to this Python.
    """
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def blanked(value: Any, key: str = "") -> Any:
    """The document without what differs from run to run: dates, names, ARNs, uuids, and the job's own version."""
    if isinstance(value, dict):
        return {name: blanked(one, name) for name, one in value.items()}
    if not isinstance(value, str):
        return value
    if key in {"name", "version"}:
        return f"<{key}>"
    value = DATE.sub("<date>", value)
    value = re.sub(r"\barn:aws:[\w:-]+", "<arn>", value)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>", value)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.json").read_text().rstrip("\n")


# What is in it


def test_a_success_equals_its_golden_document(run_locally: Callable[..., Finished]) -> None:
    """Key for key and in the same order, with dates, names and ARNs blanked."""
    finished = run_locally("greet", SFN_EXECUTION_NAME="golden", SFN_INPUT='{"order": 7}', **WAIT)
    assert json.dumps(blanked(finished.document), indent=2) == golden("success")


def test_a_refused_account_equals_its_golden_document(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Exit 2 in the contract's words, the fields as given, and no result."""
    aws.fail("StartExecution", unrecognized_client(), times=None)
    finished = run_job(SFN_EXECUTION_NAME="golden", SFN_INPUT='{"order": 7}', **WAIT)
    assert json.dumps(blanked(finished.document), indent=2) == golden("refused-account")


@pytest.mark.parametrize(
    ("variables", "outcome"),
    [
        ({}, Outcome.SUCCESS),
        ({"SFN_RETRY_WINDOW": "0", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, Outcome.CONNECTION_ERROR),
        ({"SFN_INPUT": "{"}, Outcome.DATA_VALIDATION_ERROR),
    ],
)
def test_the_keys_stand_in_the_contract_s_order(
    variables: dict[str, str], outcome: Outcome, run_job: Callable[..., Finished]
) -> None:
    """The same frame for every outcome; only validation adds `errors`, behind the rest."""
    document = ends_with(run_job(**variables), outcome)
    keys = ["exit_code", "status_description", "changed", "invocation", "result"]
    assert list(document) == keys + ["errors"] * (outcome is Outcome.DATA_VALIDATION_ERROR)
    assert list(document["invocation"]) == ["extension", "version", "fields"]
    assert (document["invocation"]["extension"], document["invocation"]["version"]) == ("sfn-job", job.__version__)


def test_what_was_not_given_is_null_or_its_default(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """All 17 fields, with only the state machine and the keys given."""
    fields = ends_with(run_job(), Outcome.SUCCESS)["invocation"]["fields"]
    given = {
        "action": "Start Asynchronous Execution",
        "credentials_user": "****",
        "credentials_password": "****",
        "role_based_access": False,
        "state_machine_arn": aws.state_machine_arn,
        "execution_name": "",
        "use_proxy": False,
        "wait_for_success_or_failure": False,
        "polling_interval": 10,
    }
    assert fields == {**dict.fromkeys(FIELDS), **given}


@pytest.mark.parametrize("length", [1, 4, 400])
def test_every_secret_shows_as_the_same_mask(length: int, run_job: Callable[..., Finished]) -> None:
    """Four asterisks, however long it is, and also where the run fails validation."""
    secret = "s" * length
    given = {
        "SFN_CREDENTIALS_USER": secret,
        "SFN_CREDENTIALS_PASSWORD": secret,
        "SFN_PROXY_CREDENTIALS_USER": secret,
        "SFN_PROXY_CREDENTIALS_PASSWORD": secret,
    }
    fields = ends_with(run_job(SFN_INPUT="{", **{**PROXY, **given}), Outcome.DATA_VALIDATION_ERROR)["invocation"][
        "fields"
    ]
    shown = [fields[variable.removeprefix("SFN_").lower()] for variable in given]
    assert shown == ["****"] * 4


def test_given_values_show_as_they_were_given(run_job: Callable[..., Finished]) -> None:
    """Texts to the letter, numbers and booleans as such."""
    given = {"SFN_REGION": "eu-west-1", "SFN_INPUT": ' {"a": 1.50}', "SFN_POLLING_INTERVAL": "2.50"}
    fields = ends_with(run_job(SFN_WAIT_FOR_SUCCESS_OR_FAILURE="YES", **given), Outcome.SUCCESS)["invocation"]["fields"]
    assert (fields["region"], fields["input"]) == ("eu-west-1", ' {"a": 1.50}')
    assert (fields["polling_interval"], fields["wait_for_success_or_failure"]) == (2.5, True)


def test_masked_data_is_nowhere(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """SFN_MASK_DATA shows input and output as asterisks; AWS gets the input all the same."""
    aws.plan(output='{"canary":"output"}')
    finished = run_job(SFN_MASK_DATA="true", SFN_INPUT='{"canary":"input"}', **WAIT)
    document = ends_with(finished, Outcome.SUCCESS)
    assert document["invocation"]["fields"]["input"] == "****"
    assert document["result"]["output"] == "****"
    assert "canary" not in finished.stdout + finished.stderr
    assert [execution.input for execution in aws.executions.values()] == ['{"canary":"input"}']


def test_masked_data_that_is_not_there_is_not_made_up(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """No input is null, and no output no key, masked or not."""
    aws.plan(status="FAILED", error="Boom")
    document = ends_with(run_job(SFN_MASK_DATA="true", **WAIT), Outcome.EXECUTION_FAILED)
    assert document["invocation"]["fields"]["input"] is None
    assert "output" not in document["result"]


@pytest.mark.parametrize(
    "mistake", [{"SFN_INPUT": "{canary"}, {"SFN_MASK_DATA": "ture"}], ids=["wrong input", "wrong switch"]
)
def test_masked_data_stays_masked_when_validation_fails(
    mistake: dict[str, str], run_job: Callable[..., Finished]
) -> None:
    """An input that is no JSON is still data, and a misspelled switch isn't taken for off."""
    finished = run_job(**{"SFN_MASK_DATA": "true", "SFN_INPUT": '"canary"', **mistake})
    document = ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert document["invocation"]["fields"]["input"] == "****"
    assert "canary" not in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("Europe/Istanbul", "+03:00"), ("", "+00:00"), ("UTC", "+00:00"), ("Asia/Kolkata", "+05:30"), ("XXX+4", "-04:00")],
)
def test_dates_are_in_the_container_s_time_zone(
    zone: str, offset: str, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Always with six digits of fraction, also when AWS's are all zero, and the offset of TZ."""
    aws.plan(duration=0.0)
    aws.clock = lambda: 1_692_107_878.0  # 2023-08-15 13:57:58 UTC: a whole second
    result = ends_with(run_job(TZ=zone, **WAIT), Outcome.SUCCESS)["result"]
    assert re.fullmatch(rf"2023-08-15 \d\d:\d\d:58\.000000{re.escape(offset)}", result["startDate"])
    assert re.fullmatch(rf"2023-08-15 \d\d:\d\d:58\.000000{re.escape(offset)}", result["stopDate"])


def test_a_date_looks_like_the_contract_s_example(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """`2023-08-15 16:27:58.977000+03:00`, from AWS's milliseconds."""
    aws.clock = lambda: 1_692_106_078.977
    result = ends_with(run_job(TZ="Europe/Istanbul"), Outcome.SUCCESS)["result"]
    assert result["startDate"] == "2023-08-15 16:27:58.977000+03:00"


def test_an_output_survives_to_the_letter(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """The output is AWS's text, not our reading of it."""
    output = '{"b":1.50,"a":1e400,"text":"\\u00e9 é 𝄞 \\ud834\\udd1e \\" \\\\"}'
    aws.plan(output=output)
    assert ends_with(run_job(**WAIT), Outcome.SUCCESS)["result"]["output"] == output


def test_the_document_is_one_line(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """What reads standard output line by line gets it whole, though output and cause have lines of their own."""
    aws.plan(status="FAILED", error="Boom", cause="line 1\nline 2\u2028line 3")
    finished = run_job(SFN_INPUT='{\n"a":1}', **WAIT)
    document = ends_with(finished, Outcome.EXECUTION_FAILED)
    assert finished.stdout.count("\n") == 1
    assert finished.stdout.endswith("}\n")
    assert document["result"]["cause"] == "line 1\nline 2\u2028line 3"


# A file


def test_a_result_file_holds_what_standard_output_would(
    tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """With SFN_RESULT_PATH standard output stays empty, and the directory holds nothing else."""
    path = tmp_path / "result.json"
    finished = run_job(SFN_RESULT_PATH=str(path), **WAIT)
    assert finished.code == Outcome.SUCCESS
    assert finished.stdout == ""
    assert json.loads(path.read_text())["exit_code"] == 0
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]
    assert aws.started == 1


def test_an_older_result_is_replaced(tmp_path: Path, run_job: Callable[..., Finished]) -> None:
    """Nothing of a longer result of an earlier run is left behind the new one."""
    path = tmp_path / "result.json"
    path.write_text("x" * 100_000)
    run_job(SFN_RESULT_PATH=str(path))
    assert json.loads(path.read_text())["exit_code"] == 0


def test_a_failure_is_written_to_the_file_too(tmp_path: Path, run_job: Callable[..., Finished]) -> None:
    """One document always: also when validation ends the run."""
    path = tmp_path / "result.json"
    finished = run_job(SFN_RESULT_PATH=str(path), SFN_INPUT="{")
    assert finished.code == Outcome.DATA_VALIDATION_ERROR
    assert finished.stdout == ""
    assert json.loads(path.read_text())["exit_code"] == Outcome.DATA_VALIDATION_ERROR


def test_a_result_path_may_be_a_link(tmp_path: Path, run_job: Callable[..., Finished]) -> None:
    """Who reads the link's target or the link finds the new result."""
    (tmp_path / "target.json").write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to("target.json")
    run_job(SFN_RESULT_PATH=str(link))
    assert json.loads(link.read_text())["exit_code"] == 0
    assert json.loads((tmp_path / "target.json").read_text())["exit_code"] == 0


@pytest.mark.parametrize("path", ["/dev/stdout", "/proc/self/fd/1"])
def test_a_result_path_may_be_standard_output(path: str, run_job: Callable[..., Finished]) -> None:
    """A device keeps its place and gets the document."""
    ends_with(run_job(SFN_RESULT_PATH=path), Outcome.SUCCESS)


def test_a_result_path_may_be_a_named_pipe(tmp_path: Path, start_job: Callable[..., Job]) -> None:
    """A pipe isn't replaced by a file under its reader's nose."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(path.read_text()), daemon=True)
    reader.start()
    assert start_job(SFN_RESULT_PATH=str(path)).finish().code == Outcome.SUCCESS
    reader.join(10)
    assert json.loads(received[0])["exit_code"] == 0
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_result_path_may_be_relative(tmp_path: Path, aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """A path without a directory is in the working directory."""
    options = {"cwd": tmp_path}
    python_path = {"PYTHONPATH": str(Path(job.__file__).parent.parent)}
    assert start_job(options=options, SFN_RESULT_PATH="r.json", **python_path).finish().code == Outcome.SUCCESS
    assert json.loads((tmp_path / "r.json").read_text())["changed"] is True
    assert aws.started == 1


@pytest.mark.parametrize("where", ["", "missing/result.json", "file/result.json", "sealed/result.json", "sealed.json"])
def test_a_path_that_can_not_be_written_is_found_before_anything_is_started(
    where: str, tmp_path: Path, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """A directory, a missing one, a file in its place, no permission: exit 20 on standard output, nothing sent."""
    (tmp_path / "file").touch()
    (tmp_path / "sealed").mkdir(mode=0o555)
    sealed = tmp_path / "sealed.json"
    sealed.write_text("precious")
    sealed.chmod(0o444)
    tmp_path.chmod(0o555)
    path = tmp_path / where
    finished = start_job(options={"preexec_fn": obey_file_modes}, SFN_RESULT_PATH=str(path)).finish()
    tmp_path.chmod(0o755)
    document = ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert [problem["variable"] for problem in document["errors"]] == ["SFN_RESULT_PATH"]
    assert reached_nothing(document)
    assert aws.requests == []
    assert sealed.read_text() == "precious"


# Standard output


def test_a_closed_standard_output_is_found_before_anything_is_started(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """Without a place for the document nothing is sent: exit 20, and the log says what to do."""
    finished = start_job(options={"stdout": None, "preexec_fn": lambda: os.close(1)}).finish()
    assert finished.code == Outcome.DATA_VALIDATION_ERROR
    assert finished.stdout == ""
    assert "SFN_RESULT_PATH" in finished.events[-1]["status_description"]
    assert aws.requests == []


def test_with_a_result_file_standard_output_may_be_closed(
    tmp_path: Path, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """What isn't needed needn't be there."""
    path = tmp_path / "result.json"
    options = {"stdout": None, "preexec_fn": lambda: os.close(1)}
    assert start_job(options=options, SFN_RESULT_PATH=str(path)).finish().code == Outcome.SUCCESS
    assert json.loads(path.read_text())["changed"] is True
    assert aws.started == 1


def test_a_reader_who_has_gone_is_no_success(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """A run whose result reached nobody isn't exit 0; the log has the execution, and says what went wrong."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        finished = start_job(options={"stdout": pipe}).finish()
    assert finished.code == Outcome.FAIL
    assert finished.events[-1]["exit_code"] == Outcome.FAIL
    assert any(event["level"] == "ERROR" and "Broken pipe" in str(event) for event in finished.events)
    assert finished.events[-1]["execution_arn"] in {execution.arn for execution in aws.executions.values()}


def test_a_reader_who_has_gone_does_not_hide_a_failure(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """The exit status of the run stays, if it was no success anyway."""
    aws.plan(status="FAILED", error="Boom")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        assert start_job(options={"stdout": pipe}, **WAIT).finish().code == Outcome.EXECUTION_FAILED


def test_a_closed_standard_error_changes_nothing(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """A log that nobody takes is no reason to fail."""
    finished = start_job(options={"stderr": None, "preexec_fn": lambda: os.close(2)}, **WAIT).finish()
    assert finished.code == Outcome.SUCCESS
    assert finished.document["result"]["status"] == "SUCCEEDED"
    assert aws.started == 1


def test_a_full_standard_output_is_no_success(start_job: Callable[..., Job]) -> None:
    """A redirection onto a full disk loses the document, and the exit status says so."""
    with Path("/dev/full").open("wb") as full:
        finished = start_job(options={"stdout": full}).finish()
    assert finished.code == Outcome.FAIL
    assert any("No space left" in str(event) for event in finished.events)


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", path], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr}")
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.mark.parametrize("older", ["", '{"older": "result"}'], ids=["no older result", "an older result"])
def test_a_full_disk_leaves_no_half_of_a_document(
    older: str, small_disk: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Whole or not at all: the document is on standard output instead, and the run is no success."""
    path = small_disk / "result.json"
    if older:
        path.write_text(older)
    aws.plan(output=json.dumps("x" * 50_000))
    finished = run_job(SFN_RESULT_PATH=str(path), **WAIT)
    document = ends_with(finished, Outcome.FAIL)
    assert len(document["result"]["output"]) > 50_000
    assert document["changed"] is True
    assert "No space left" in document["status_description"]
    assert contents(small_disk) == ({"result.json": older} if older else {})


def test_a_full_disk_does_not_hide_a_failure(
    small_disk: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The execution's own failure keeps its exit status; the document is on standard output."""
    aws.plan(status="FAILED", error="Boom", cause="x" * 30_000)
    document = ends_with(run_job(SFN_RESULT_PATH=str(small_disk / "result.json"), **WAIT), Outcome.EXECUTION_FAILED)
    assert document["result"]["cause"] == "x" * 30_000
    assert contents(small_disk) == {}


def contents(directory: Path) -> Mapping[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir()}
