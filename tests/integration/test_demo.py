"""The README's first command."""

import os
import subprocess

from tests.support.documents import blocks, commands
from tests.support.process import ROOT

COMMAND = commands(blocks("README.md", "console")[0])[0]


def test_make_run_shows_a_success_and_a_failure() -> None:
    """Both runs with their logs, results and exit statuses in words, whatever the caller's own AWS settings are."""
    theirs = {
        "AWS_ACCESS_KEY_ID": "AKIATHEIROWN",
        "AWS_PROFILE": "production",
        "SFN_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:999999999999:stateMachine:production",
    }
    shown = subprocess.run(COMMAND, cwd=ROOT, env={**os.environ, **theirs}, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "Exit status 0, SUCCESS: AWS Stepfunctions workflow executed successfully." in shown.stdout
    assert "Exit status 23, FAIL: The execution FAILED" in shown.stdout
    assert '"failedState": {' in shown.stdout
    assert "INFO started" in shown.stderr
    assert "999999999999" not in shown.stdout + shown.stderr
