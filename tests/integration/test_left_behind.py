"""What the job leaves beside its result: the termination log and the report (contract 1 and 6)."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.hostile import HostileEndpoint, access_denied, internal_failure
from tests.support.process import Finished, Job
from tests.support.results import ends_with

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}


def test_the_termination_log_is_the_result_where_that_is_short(
    run_job: Callable[..., Finished], tmp_path: Path
) -> None:
    """As Kubernetes shows it: `kubectl get pod -o jsonpath=…message`."""
    path = tmp_path / "log"
    document = ends_with(run_job(**WAIT, SFN_TERMINATION_LOG=str(path)), Outcome.SUCCESS)
    assert json.loads(path.read_text()) == document


def test_a_long_result_is_shortened_for_it(
    aws: HostileEndpoint, run_job: Callable[..., Finished], tmp_path: Path
) -> None:
    """The essentials are there; the result itself stays whole."""
    path = tmp_path / "log"
    path.write_text("what the platform put there")
    aws.plan(output=json.dumps("x" * 200_000))
    document = ends_with(run_job(**WAIT, SFN_TERMINATION_LOG=str(path)), Outcome.SUCCESS)
    short = json.loads(path.read_bytes())
    assert len(path.read_bytes()) <= 4096
    assert short["exit_code"] == 0
    assert short["result"]["executionArn"] == document["result"]["executionArn"]
    assert short["shortened"] is True
    assert len(document["result"]["output"]) > 200_000


@pytest.fixture(params=["writable", "read-only"])
def mounted_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file that is mounted by itself, as Kubernetes mounts its termination log, in a directory of either kind."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file")
    source, directory = tmp_path / "source", tmp_path / "directory"
    directory.mkdir()
    source.write_text("older and longer " * 1000)
    (path := directory / "log").touch()
    script = "mount --bind $1 $1; mount -o remount,bind,$3 $1; mount --bind $2 $1/log; mount -o remount,bind,rw $1/log"
    access = {"writable": "rw", "read-only": "ro"}[request.param]
    mounted = subprocess.run(
        ["sh", "-ec", script, "sh", directory, source, access], capture_output=True, text=True, check=False
    )
    try:
        if mounted.returncode:
            pytest.skip(f"no file can be mounted here: {mounted.stderr}")
        yield path
    finally:
        subprocess.run(["umount", "--recursive", directory], check=not mounted.returncode)


def test_a_file_that_is_mounted_by_itself_is_written_in_place(
    mounted_file: Path, run_job: Callable[..., Finished]
) -> None:
    """It can't be replaced; nothing of what was in it is left, and nothing beside it."""
    document = ends_with(run_job(**WAIT, SFN_TERMINATION_LOG=str(mounted_file)), Outcome.SUCCESS)
    assert json.loads(mounted_file.read_text()) == document
    assert {path.name for path in mounted_file.parent.iterdir()} == {"log"}


def test_it_is_masked_too(run_job: Callable[..., Finished], tmp_path: Path) -> None:
    """With SFN_MASK_DATA neither input nor output is anywhere."""
    path = tmp_path / "log"
    finished = run_job(**WAIT, SFN_TERMINATION_LOG=str(path), SFN_MASK_DATA="true", SFN_INPUT='"canary"')
    ends_with(finished, Outcome.SUCCESS)
    assert "canary" not in path.read_text()
    assert json.loads(path.read_text())["result"]["output"] == "****"


def test_validation_and_signals_leave_one_too(
    aws: HostileEndpoint, run_job: Callable[..., Finished], start_job: Callable[..., Job], tmp_path: Path
) -> None:
    """However the run ends."""
    path = tmp_path / "log"
    ends_with(run_job(SFN_TERMINATION_LOG=str(path), SFN_INPUT="{"), Outcome.DATA_VALIDATION_ERROR)
    assert json.loads(path.read_text())["errors"][0]["variable"] == "SFN_INPUT"
    aws.plan(duration=None)
    job = start_job(**WAIT, SFN_TERMINATION_LOG=str(path))
    aws.wait_for("DescribeExecution")
    job.send(signal.SIGTERM)
    ends_with(job.finish(), Outcome.TERMINATED)
    assert json.loads(path.read_text())["exit_code"] == 143


def test_the_report_tells_of_a_success(aws: HostileEndpoint, run_job: Callable[..., Finished], tmp_path: Path) -> None:
    """Its timeline is read once, after the run; input and output are left out unless asked for."""
    path = tmp_path / "report.html"
    aws.plan(output='"outputcanary"')
    given = {**WAIT, "SFN_REPORT_PATH": str(path), "SFN_INPUT": '"inputcanary"'}
    ends_with(run_job(**given), Outcome.SUCCESS)
    page = path.read_text()
    assert "SUCCEEDED" in page
    assert "<bdi>Work</bdi>" in page
    assert aws.count("GetExecutionHistory") == 1
    assert "canary" not in page
    ends_with(run_job(**given, SFN_REPORT_DATA="true"), Outcome.SUCCESS)
    assert all(canary in path.read_text() for canary in ("inputcanary", "outputcanary"))
    ends_with(run_job(**given, SFN_REPORT_DATA="true", SFN_MASK_DATA="true"), Outcome.SUCCESS)
    assert "canary" not in path.read_text()


@pytest.mark.parametrize("fault", [access_denied(), internal_failure()], ids=lambda fault: fault.name)
def test_without_a_history_the_report_says_so(
    aws: HostileEndpoint, run_job: Callable[..., Finished], tmp_path: Path, fault: object
) -> None:
    """The rest of it is there, and the exit status is the run's."""
    path = tmp_path / "report.html"
    aws.fail("GetExecutionHistory", fault, times=None)  # type: ignore[arg-type] # pytest's parameters have no types
    ends_with(run_job(**WAIT, SFN_REPORT_PATH=str(path), SFN_RETRY_WINDOW="0"), Outcome.SUCCESS)
    assert "There is no timeline. The history can&#x27;t be read" in path.read_text()


def test_an_express_run_and_a_refused_one_have_a_report_too(
    aws: HostileEndpoint, run_job: Callable[..., Finished], tmp_path: Path
) -> None:
    """With what is known."""
    path = tmp_path / "report.html"
    express = aws.add_state_machine("quick", type="EXPRESS")
    ends_with(run_job(**WAIT, SFN_REPORT_PATH=str(path), SFN_STATE_MACHINE_ARN=express), Outcome.SUCCESS)
    assert "no history" in path.read_text()
    ends_with(run_job(**WAIT, SFN_REPORT_PATH=str(path), SFN_INPUT="{"), Outcome.DATA_VALIDATION_ERROR)
    assert "SFN_INPUT" in path.read_text()


def test_a_report_that_cannot_be_written_in_the_end_changes_nothing(
    aws: HostileEndpoint, start_job: Callable[..., Job], tmp_path: Path
) -> None:
    """It is logged; the exit status and the result are the run's."""
    directory = tmp_path / "gone"
    directory.mkdir()
    aws.plan(duration=None)
    job = start_job(**WAIT, SFN_REPORT_PATH=str(directory / "report.html"))
    aws.wait_for("DescribeExecution")
    directory.rmdir()
    aws.end_executions()
    finished = job.finish()
    ends_with(finished, Outcome.SUCCESS)
    assert any(event["message"] == "the report can't be written" for event in finished.events)


# The trace header


@pytest.mark.parametrize("type_", ["STANDARD", "EXPRESS"])
@pytest.mark.parametrize(
    ("variables", "sent"),
    [
        ({"SFN_TRACE_HEADER": "Root=1-5759e988-bd862e3fe1be46a994272793"}, "Root=1-5759e988-bd862e3fe1be46a994272793"),
        ({"_X_AMZN_TRACE_ID": "Root=1-a;Sampled=1"}, "Root=1-a;Sampled=1"),
        ({"SFN_TRACE_HEADER": "Root=1-b", "_X_AMZN_TRACE_ID": "Root=1-a"}, "Root=1-b"),
        ({}, None),
    ],
    ids=["given", "environment", "both", "none"],
)
def test_the_trace_goes_on_in_the_execution(
    aws: HostileEndpoint, run_job: Callable[..., Finished], variables: dict[str, str], sent: str | None, type_: str
) -> None:
    """Ours first, then the environment's."""
    arn = aws.add_state_machine("traced", type=type_)  # type: ignore[arg-type] # pytest's parameters have no types
    ends_with(run_job(**WAIT, **variables, SFN_STATE_MACHINE_ARN=arn), Outcome.SUCCESS)
    (start,) = (request for request in aws.requests if request.operation.startswith("Start"))
    assert start.body.get("traceHeader") == sent
