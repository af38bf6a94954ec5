# ruff: noqa: S603 - the command lines are ours
"""What the measured programs talk to: the tests' endpoint in a process of its own, plain or over TLS.

And the variables with which each kind of program finds it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from botocore.httpsession import where

from tests.support.certificates import Authority
from tests.support.localstack import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.support.process import ROOT

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/runs"
WAYS = ("plain", "TLS", "role, TLS")
"""How the programs reach AWS: over HTTP, over HTTPS, and over HTTPS with a role assumed first."""


@dataclass(frozen=True)
class Endpoint:
    """One running endpoint."""

    url: str
    state_machine_arn: str
    log: IO[bytes]
    """Where it writes a line for each request."""
    bundle: Path | None
    """The certificates to be trusted over TLS: its authority's behind botocore's own, whose number costs time."""

    def requests(self) -> int:
        """Return how many have come since the last time."""
        return len(self.log.read().splitlines())


@contextmanager
def running(directory: Path, *, tls: bool) -> Iterator[Endpoint]:
    """Start an endpoint whose executions last 0.2 s; its files go to ``directory``."""
    arguments: list[str] = []
    bundle = None
    if tls:
        authority = Authority(directory, "benchmark")
        bundle = directory / "bundle.pem"
        bundle.write_bytes(Path(where()).read_bytes() + authority.bundle.read_bytes())
        arguments = ["--tls", *map(str, authority.issue("127.0.0.1"))]
    path = directory / f"requests-{tls}"
    with (
        path.open("wb") as written,
        path.open("rb") as read,
        subprocess.Popen(
            [sys.executable, "-m", "tests.hostile", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=written
        ) as process,
    ):
        try:
            url, arn = cast("IO[bytes]", process.stdout).readline().decode().split()
            yield Endpoint(url, arn, read, bundle)
        finally:
            process.terminate()


def variables(endpoint: Endpoint, directory: Path, *, role: bool) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the environments of the job and of everybody else."""
    common = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        **({"AWS_CA_BUNDLE": str(endpoint.bundle)} if endpoint.bundle else {}),
    }
    job = {
        **common,
        "SFN_CREDENTIALS_USER": ACCESS_KEY_ID,
        "SFN_CREDENTIALS_PASSWORD": SECRET_ACCESS_KEY,
        "SFN_STATE_MACHINE_ARN": endpoint.state_machine_arn,
        "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true",
        **({"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": ROLE} if role else {}),
    }
    others = {**common, "AWS_DEFAULT_REGION": REGION, "STATE_MACHINE_ARN": endpoint.state_machine_arn}
    if not role:
        return job, {**others, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY}
    config = directory / "config"
    config.write_text(
        f"[profile runs]\nrole_arn = {ROLE}\nsource_profile = user\n"
        f"[profile user]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n",
        encoding="utf-8",
    )
    return job, {**others, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "runs"}
