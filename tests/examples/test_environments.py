"""What the examples tell the job: names that exist, values that hold, and a run that behaves as they say."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from job import loading
from job.outcomes import Outcome
from job.secrets import FILE_SUFFIX
from job.settings import TABLE
from tests.examples.found import ENVIRONMENTS, EXAMPLES, MACHINE, document, on_this_machine, text
from tests.hostile import HostileEndpoint
from tests.support.process import ROOT, Finished

PAGES = ["docs/ecs.md", "docs/batch.md", "docs/schedulers.md", "examples/README.md"]
HELPERS = {
    "README.md",
    "batch/Dockerfile",
    "batch/compute-environment.yaml",
    "batch/inputs.jsonl",
    "batch/job-queue.yaml",
    "batch/submit-job.yaml",
    "compose/create_state_machine.py",
    "host/nightly.env",
    "host/sfn-nightly.timer",
}
"""Files beside the examples that say nothing to the job themselves, or are part of one that does."""
WITHOUT_AN_ID = {"ecs/task-definition.yaml", "ecs/task-definition-proxy.yaml", "compose/compose.yaml"}
"""The examples that leave it to others to give a run its id, or have no use for one."""
TRIED_AGAIN = {Outcome.FAIL, Outcome.CONNECTION_ERROR, Outcome.PROXY_ERROR}
"""What may be over the next time: unexpected, AWS or the proxy not reached."""

every_example = pytest.mark.parametrize("example", ENVIRONMENTS)


def files() -> set[str]:
    found = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()}
    return {path for path in found if not path.startswith(("order-fulfilment/", "iam/")) and "__pycache__" not in path}


def test_no_example_is_forgotten_here() -> None:
    assert files() == ENVIRONMENTS.keys() | HELPERS


@every_example
def test_what_an_example_sets_is_right(example: str, tmp_path: Path) -> None:
    """The job itself finds nothing wrong, and waits for the end."""
    environ = on_this_machine(ENVIRONMENTS[example](), tmp_path)
    assert all(isinstance(value, str) for value in environ.values())
    loaded = loading.load(environ)
    assert loaded.problems == []
    assert loading.unknown_variables(environ) == []
    assert loaded.settings.wait_for_success_or_failure


@pytest.mark.parametrize("path", [*sorted(f"examples/{path}" for path in files()), *PAGES])
def test_every_variable_that_is_named_exists(path: str) -> None:
    """In comments and in prose too."""
    known = {name for row in TABLE for name in (row.variable, row.variable + FILE_SUFFIX)}
    named = re.findall(r"\bSFN_[A-Z_]+\b", (ROOT / path).read_text(encoding="utf-8"))
    assert set(named) <= known


@every_example
def test_a_repeated_run_is_the_same_run(
    example: str, run_job: Callable[..., Finished], aws: HostileEndpoint, tmp_path: Path
) -> None:
    """With the job as a process: the same example again finds the execution of the first."""
    environ = on_this_machine(ENVIRONMENTS[example](), tmp_path)
    environ = {name: value for name, value in environ.items() if "PROXY" not in name and "CREDENTIALS" not in name}
    environ["SFN_STATE_MACHINE_ARN"] = aws.state_machine_arn
    path = environ.pop("SFN_RESULT_PATH", None)
    runs = [run_job(**environ) for _ in range(2)]
    assert [run.code for run in runs] == [0, 0], runs[0].stderr
    assert path is None or Path(path).parent == tmp_path
    assert aws.started == (2 if example in WITHOUT_AN_ID else 1)


@pytest.mark.parametrize("example", ["batch/job-definition.yaml", "argo/workflow.yaml", "host/sfn-nightly.service"])
def test_where_the_platform_tries_again_a_failed_execution_is_only_reported(
    example: str, run_job: Callable[..., Finished], aws: HostileEndpoint, tmp_path: Path
) -> None:
    aws.plan(status="FAILED", error="CardDeclined", cause="no money")
    environ = on_this_machine(ENVIRONMENTS[example](), tmp_path) | {"SFN_STATE_MACHINE_ARN": aws.state_machine_arn}
    environ = {name: value for name, value in environ.items() if "CREDENTIALS" not in name}
    environ.pop("SFN_RESULT_PATH", None)
    assert [run_job(**environ).code for _ in range(2)] == [23, 23]
    assert aws.started == 1


def retried(codes: str) -> set[int]:
    return {int(code) for code in re.findall(r"\d+", codes)}


def test_batch_tries_again_what_may_pass_and_nothing_else() -> None:
    """The first rule that matches decides; a glob such as 1* would match 10, 11, 130 and 143 too."""
    strategy = document("batch/job-definition.yaml")["retryStrategy"]
    *rules, last = strategy["evaluateOnExit"]
    assert last == {"onReason": "*", "action": "EXIT"}
    assert {int(rule["onExitCode"]) for rule in rules if rule["action"] == "RETRY"} == TRIED_AGAIN
    assert len(rules) == len(TRIED_AGAIN)


def test_argo_tries_again_what_may_pass_and_a_lost_pod() -> None:
    strategy = document("argo/workflow.yaml")["spec"]["templates"][1]["retryStrategy"]
    codes = re.fullmatch(
        r'lastRetry\.status == "Error" \|\| asInt\(lastRetry\.exitCode\) in \[(.*)\]', strategy["expression"]
    )
    assert codes
    assert retried(codes[1]) == TRIED_AGAIN


def test_systemd_does_not_try_again_what_can_not_pass() -> None:
    """All of the job's codes but those that may pass; what isn't the job's, as a kill, is tried again."""
    codes = re.search(r"^RestartPreventExitStatus=(.*)$", text("host/sfn-nightly.service"), re.MULTILINE)
    assert codes
    assert retried(codes[1]) == set(Outcome) - TRIED_AGAIN - {Outcome.SUCCESS}


@pytest.mark.parametrize("path", [*sorted(f"examples/{path}" for path in files()), *PAGES])
def test_every_exit_code_that_is_named_exists(path: str) -> None:
    """125, 126, 127 and 137 are Docker's and the kernel's own."""
    named = re.findall(r"[Ee]xit (?:code |status )?\(?(\d+)", (ROOT / path).read_text(encoding="utf-8"))
    assert {int(code) for code in named} <= set(Outcome) | {125, 126, 127, 137}


def test_the_placeholder_is_the_same_everywhere() -> None:
    """One replacement of account and region in all files makes them the user's own."""
    arns = {environ()["SFN_STATE_MACHINE_ARN"] for name, environ in ENVIRONMENTS.items() if "compose" not in name}
    assert arns == {MACHINE}
