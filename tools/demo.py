"""`make run`: watch the job run an example state machine, once to success and once to failure.

All of it happens on this machine, in LocalStack. The job's environment is built from nothing, so that credentials,
profiles and settings for a real account, wherever they are, can't reach it.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile

from tests.support.localstack import ACCESS_KEY_ID, REGION, ROOT, SECRET_ACCESS_KEY, LocalStack

EXAMPLE = "examples/order-fulfilment"


def main() -> int:
    # Ended by whatever signal, the `with` blocks are left in order, and nothing goes on running.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)

    print("Starting LocalStack: Step Functions on this machine, no account needed")
    with LocalStack() as localstack, tempfile.TemporaryDirectory(prefix="sfn-job-demo-") as home:
        state_machine = localstack.client("stepfunctions").create_state_machine(
            name="order-fulfilment",
            definition=(ROOT / EXAMPLE / "state-machine.asl.json").read_text(encoding="utf-8"),
            roleArn="arn:aws:iam::000000000000:role/order-fulfilment",
        )
        print(f"Created the state machine of {EXAMPLE}/state-machine.asl.json")
        settings = {
            "AWS_ENDPOINT_URL": localstack.url,
            "SFN_CREDENTIALS_USER": ACCESS_KEY_ID,
            "SFN_CREDENTIALS_PASSWORD": SECRET_ACCESS_KEY,
            "SFN_REGION": REGION,
            "SFN_STATE_MACHINE_ARN": state_machine["stateMachineArn"],
            "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true",
            "SFN_LOG_FORMAT": "text",
        }
        as_expected = [
            run_job("An order that goes through", "order.json", settings, home, expected=0),
            run_job("An order that fails: the card is declined", "order-declined.json", settings, home, expected=23),
        ]

    if not all(as_expected):
        print("\nThis is not what was expected.")
        return 1
    print("\nBoth ended as expected. With AWS it is the same command without AWS_ENDPOINT_URL, with your own values.")
    return 0


def run_job(title: str, order: str, settings: dict[str, str], home: str, *, expected: int) -> bool:
    """Run the job on one order and show everything; return whether it ended with the expected exit status."""
    settings = settings | {"SFN_INPUT_FILE": f"{EXAMPLE}/{order}"}
    print(f"\n=== {title}\n")
    print("$", " \\\n  ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items()), "\\")
    print("  .venv/bin/python -m job\n")

    # An empty home has no ~/.aws; TERM is for the live line on a terminal.
    environment = {"PATH": os.defpath, "HOME": home, "TERM": os.environ.get("TERM", "dumb")} | settings
    job = subprocess.run(
        [sys.executable, "-m", "job"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )

    result = json.loads(job.stdout)
    print(f"\nThe result document:\n{json.dumps(result, indent=2, ensure_ascii=False)}\n")
    print(f"Exit status {job.returncode}, {result['status_description']}")
    return job.returncode == expected


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nInterrupted: LocalStack and the job are stopped.")
        sys.exit(130)
