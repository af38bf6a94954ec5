"""LocalStack as a child process: no Docker, no account, nothing left behind.

`make run` and the tests use the same one. It needs `.venv-localstack`, which `make` builds for both.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = ROOT / ".venv-localstack"
PYTHON = ENVIRONMENT / "bin" / "python"
# What LocalStack would look for in /usr/lib; the Makefile puts an index there that is slow to make.
STATIC_LIBRARIES = Path("filesystem", "usr", "lib", "localstack")

# Each is loaded with the first request to it, so a long list costs nothing.
SERVICES = "stepfunctions,sts,iam,lambda,s3,sqs,events,logs"
# Seconds: 2 to 4 are usual, but on a busy machine with cold disks it can take long.
READY_WITHIN = 90

REGION = "eu-west-1"
# LocalStack takes any keys; a key of twelve digits would be taken for an account id.
ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

# A session of its own keeps a terminal's Ctrl-C from LocalStack: we decide when it ends. Nor must it outlive us,
# however we end: its standard input is a pipe from us, and when that closes it kills its whole group.
LAUNCHER = """
import os, signal, threading
def watch():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=watch, daemon=True).start()
from localstack.runtime.main import main
main()
"""


class LocalStack:
    """A context manager: ready to be used inside the `with`, gone with all its children and files after it.

    Entering raises RuntimeError, with LocalStack's log in its text, if it isn't ready within READY_WITHIN seconds.
    """

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"

    @property
    def log(self) -> str:
        """All that LocalStack has printed until now."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def client(self, service: str) -> Any:
        """Return a botocore client of this LocalStack, whatever the environment and ~/.aws say."""
        import botocore.config
        import botocore.session

        nowhere = (None, None, os.devnull, None)  # no key in a file, no variable, but this default
        session = botocore.session.Session(
            {"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
        )
        return session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=botocore.config.Config(proxies={}, inject_host_prefix=False),
        )

    def is_in_a_state(self, execution_arn: str) -> bool:
        """Whether the execution has entered a state: before that StopExecution is answered, and stops nothing."""
        client = self.client("stepfunctions")
        try:
            events = client.get_execution_history(executionArn=execution_arn)["events"]
        except client.exceptions.ClientError:  # it isn't there yet
            return False
        return any(event["type"].endswith("StateEntered") for event in events)

    def __enter__(self) -> Self:
        if not PYTHON.exists():
            raise RuntimeError(f"{PYTHON} is missing: `make .venv-localstack` builds it")
        self._directory = tempfile.TemporaryDirectory(prefix="sfn-job-localstack-", ignore_cleanup_errors=True)
        directory = Path(self._directory.name)
        (directory / STATIC_LIBRARIES.parent).mkdir(parents=True)
        (directory / STATIC_LIBRARIES).symlink_to(ENVIRONMENT / STATIC_LIBRARIES)
        self._log = directory / "localstack.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [PYTHON, "-c", LAUNCHER],
                cwd=directory,
                env=self._environment(directory),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _environment(self, directory: Path) -> dict[str, str]:
        """Built from nothing, so that LocalStack is the same on every machine and its files are all in `directory`."""
        return {
            "PATH": os.defpath,
            "HOME": str(directory),
            "TMPDIR": str(directory),
            # In a container it takes itself for its own image: files in /var/lib, listening on all interfaces.
            "OVERRIDE_IN_DOCKER": "0",
            # The default server listens on all interfaces, whatever GATEWAY_LISTEN says.
            "GATEWAY_SERVER": "hypercorn",
            "FILESYSTEM_ROOT": str(directory / "filesystem"),
            "CONFIG_DIR": str(directory / "config"),
            "SERVICES": SERVICES,
            "GATEWAY_LISTEN": self.url.removeprefix("http://"),
            # No telemetry, no downloads, no DNS server on port 53.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
        }

    def _wait_until_ready(self) -> None:
        # A proxy that the environment names is not for 127.0.0.1.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + READY_WITHIN
        while self._process.poll() is None and time.monotonic() < deadline:
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                opener.open(f"{self.url}/_localstack/health", timeout=5),
            ):
                return
            time.sleep(0.1)
        how = "did not get ready" if self._process.returncode is None else f"ended with {self._process.returncode}"
        raise RuntimeError(f"LocalStack {how}; its log:\n{self.log}")

    def _stop(self) -> None:
        # There is no state to save, so there is no reason to ask politely first.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._directory.cleanup()


# Below those from which Linux gives one to whoever wants any, for instance to connect: who listens only after a while
# would find it taken, and who connects to nobody could even meet itself there.
# Nor those that Kubernetes gives to services of nodes.
PORTS = range(20_000, 30_000)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment, and that nobody gets by chance."""
    while True:
        port = secrets.choice(PORTS)
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port
