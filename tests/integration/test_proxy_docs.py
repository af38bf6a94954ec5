"""docs/proxy.md keeps its word: its variables and commands, as they stand there, reach AWS through a real proxy.

All that is put in their place is what the page itself made up: the proxy's address, AWS's, and two files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.integration.test_proxy_failures import CASES
from tests.support.certificates import Authority
from tests.support.process import ROOT, Job, eventually
from tests.support.proxies import Mitmproxy, Squid
from tests.support.results import ends_with

PAGE = (ROOT / "docs/proxy.md").read_text(encoding="utf-8")
BLOCKS = {
    heading: re.findall(r"^```\w*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for heading, section in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
PLAIN, TLS, CREDENTIALS = "A proxy", "TLS to the proxy", "A proxy that wants credentials"
OPENS_TLS, ENVIRONMENT, CURL = "A proxy that opens TLS", "The environment's proxy", "The same with curl"
ADDRESS, TLS_ADDRESS = "proxy.example.com:3128", "proxy.example.com:3129"
CA_FILE, PASSWORD_FILE, AWS = (
    "/etc/proxy/ca.pem",
    "/run/secrets/proxy-password",
    "https://states.eu-west-1.amazonaws.com",
)
USER, PASSWORD = "jobs", "s3cret"


@pytest.fixture(scope="module")
def proxy(corporation: Authority) -> Iterator[Squid]:
    """The page's proxy, with its user."""
    with Squid(corporation.issue("localhost"), [], {USER: PASSWORD}) as squid:
        yield squid


@pytest.fixture(scope="module")
def opener(amazon: Authority) -> Iterator[Mitmproxy]:
    """The page's proxy that opens TLS."""
    with Mitmproxy(amazon.bundle) as mitmproxy:
        yield mitmproxy


@pytest.fixture
def aws_here(amazon: Authority) -> Iterator[HostileEndpoint]:
    with HostileEndpoint(tls=amazon.issue("localhost")) as endpoint:
        yield endpoint


@pytest.fixture
def put(
    proxy: Squid, opener: Mitmproxy, corporation: Authority, aws_here: HostileEndpoint, tmp_path: Path
) -> Callable[[str, str], str]:
    """Put into a block what stands here for the page's own addresses and files in this situation."""
    password = tmp_path / "proxy-password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")

    def put(situation: str, text: str) -> str:
        opens = situation in {OPENS_TLS, ENVIRONMENT}
        address = opener.url if opens else proxy.url_with_credentials if situation == CREDENTIALS else proxy.url
        for what, instead in (
            (f"http://{ADDRESS}", address),
            (TLS_ADDRESS, proxy.tls_url.removeprefix("https://")),
            (AWS, f"https://localhost:{aws_here.url.rpartition(':')[2]}"),
            (CA_FILE, str(opener.bundle if opens else corporation.bundle)),
            (PASSWORD_FILE, str(password)),
        ):
            text = text.replace(what, instead)
        return text

    return put


def test_every_block_has_a_case_here() -> None:
    """A block that is added needs a test."""
    counts = {heading: len(blocks) for heading, blocks in BLOCKS.items() if blocks}
    assert counts == {PLAIN: 1, TLS: 1, CREDENTIALS: 1, OPENS_TLS: 1, ENVIRONMENT: 1, CURL: 5}


@pytest.mark.parametrize("heading", [PLAIN, TLS, CREDENTIALS, OPENS_TLS, ENVIRONMENT])
def test_its_variables_lead_through_the_proxy(
    heading: str,
    put: Callable[[str, str], str],
    proxy: Squid,
    opener: Mitmproxy,
    aws_here: HostileEndpoint,
    amazon: Authority,
) -> None:
    """AWS is trusted by AWS_CA_BUNDLE, in the place of the system's certificates, but where the proxy opens TLS."""
    opens = heading in {OPENS_TLS, ENVIRONMENT}
    through = opener if opens else proxy
    since = len(through.log)
    trusted = {} if opens else {"AWS_CA_BUNDLE": str(amazon.bundle)}
    variables = dict(line.split("=", 1) for line in put(heading, BLOCKS[heading][0]).splitlines())
    environ = environment(put(heading, AWS), aws_here.state_machine_arn, **trusted, **variables)
    ends_with(Job(environ).finish(), Outcome.SUCCESS)
    assert aws_here.count("StartExecution") == 1
    eventually(lambda: len(through.log) > since, "the proxy has logged it")


@pytest.mark.parametrize(("number", "situation"), [(0, PLAIN), (1, TLS), (2, CREDENTIALS), (3, OPENS_TLS)])
def test_curl_gets_through_the_proxy_too(
    number: int, situation: str, put: Callable[[str, str], str], amazon: Authority
) -> None:
    """With what the job has; 501 is the endpoint's answer to a GET."""
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    # Instead of the system's certificates; a --cacert of the block's own counts more.
    environ = {"PATH": os.defpath, "CURL_CA_BUNDLE": str(amazon.bundle)}
    command = ["/bin/sh", "-euc", put(situation, BLOCKS[CURL][number])]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "501"), done.stderr


def test_openssl_shows_who_has_signed_the_proxys_certificate(put: Callable[[str, str], str]) -> None:
    """And for which names it is."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    command = ["/bin/sh", "-euc", put(TLS, BLOCKS[CURL][4])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "corporation" in done.stdout, done.stderr
    assert "DNS:localhost" in done.stdout


def test_the_table_of_failures_has_every_sentence() -> None:
    """As they are said where a proxy fails; the one that isn't among those has a test of its own."""
    rows = set(re.findall(r"^\| 11 \| (.*?) \|", PAGE, re.MULTILINE))
    assert rows == {case.says for case in CASES.values()} | {"The proxy … can't be reached (RemoteDisconnected: …)."}
