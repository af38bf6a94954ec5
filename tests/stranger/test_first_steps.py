"""README and CONTRIBUTING, from the top: what is typed there works. `make run` is in tests/integration/test_demo.py."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.stranger.conftest import Clone
from tests.support.documents import SHELL, blocks, commands
from tests.support.process import ROOT

RUN, TEST = commands(blocks("README.md", "console")[0])


def test_both_documents_begin_alike() -> None:
    """With the commands that are tried: linting is in the walk that adds a setting."""
    assert (RUN, TEST) == (["make", "run"], ["make", "test"])
    first, *_, last = blocks("CONTRIBUTING.md", *SHELL)
    assert commands(first) == [RUN, TEST, ["make", "lint"]]
    assert ["make", "lint"] in commands(last)


def test_some_of_the_tests_can_be_chosen(clone: Clone) -> None:
    """README's second command, with what CONTRIBUTING says that pytest can be told."""
    (chosen,) = re.findall(r'PYTEST_ARGS="(.*?)" goes to pytest', blocks("CONTRIBUTING.md", *SHELL)[0])
    shown = clone.done(*TEST, f"PYTEST_ARGS={chosen}")
    assert re.search(r"=+ \d+ passed in ", shown)
    assert "The environment" not in shown


def test_the_job_runs_as_the_readme_has_it(aws: HostileEndpoint, tmp_path: Path) -> None:
    """With its variables, from the clone's directory, waiting for the end."""
    (block,) = (block for block in blocks("README.md", *SHELL) if "python -m job" in block)
    ((variable, arn),) = re.findall(r"^export (SFN_STATE_MACHINE_ARN)=(.*)$", block, re.MULTILINE)
    environ = environment(aws.url, "") | {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOME": str(tmp_path)}
    del environ[variable]
    run = subprocess.run(
        ["/bin/sh", "-euc", block.replace(arn, aws.state_machine_arn)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert document["result"]["status"] == "SUCCEEDED"
    assert document["invocation"]["fields"]["input"] == '{"date": "2026-11-22"}'
