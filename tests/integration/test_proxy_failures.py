"""What a proxy does to the job is exit 11, and the sentence says which of the two has to be mended, and how."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import HostileEndpoint
from tests.support.canaries import leaks
from tests.support.certificates import Authority
from tests.support.localstack import free_port
from tests.support.process import Finished, Job
from tests.support.proxies import CREDENTIALS, FORBIDDEN, HOST, PASSWORD, Squid
from tests.support.results import ends_with, reached_nothing

AT_ONCE = {"SFN_USE_PROXY": "true", "SFN_RETRY_WINDOW": "0"}
IMPATIENT = {"SFN_CONNECT_TIMEOUT": "1", "SFN_READ_TIMEOUT": "2"}
"""Where something hangs; on a busy machine others may take as long."""
ROLE = {"SFN_ROLE_BASED_ACCESS": "true", "SFN_ROLE_ARN": "arn:aws:iam::123456789012:role/runner"}
WRONG_PASSWORD = {"SFN_PROXY_CREDENTIALS_PASSWORD": "wr0ng:/@ pässword"}


class Around(NamedTuple):
    """What a case finds around it."""

    squid: Squid
    ca: str
    awss_ca: str
    hanging: str
    """`host:port` of something that accepts connections and says nothing."""


class Case(NamedTuple):
    """`says` is the sentence, with … for what varies, as docs/proxy.md has it."""

    says: str
    variables: Callable[[Around], dict[str, str]]
    host: str = HOST
    there: bool = True
    """Whether AWS is."""


def _tls(around: Around, **variables: str) -> dict[str, str]:
    return {"SFN_PROXY": around.squid.tls_url, "SFN_PROXY_TYPE": "HTTPS", **variables}


REFUSED = "The proxy refuses the credentials (407): check SFN_PROXY_CREDENTIALS_USER and _PASSWORD."
UNTRUSTED = (
    "The proxy … has a TLS certificate that isn't trusted: unable to get local issuer certificate. Set "
    "SFN_PROXY_CA_BUNDLE_FILE, with an HTTPS proxy type, or AWS_CA_BUNDLE to its CA certificates."
)

CASES = {
    "dead": Case(
        "The proxy … can't be reached (ConnectionRefusedError: …).",
        lambda _: {"SFN_PROXY": f"http://127.0.0.1:{free_port()}"},
    ),
    "no name": Case(
        "The proxy … can't be reached (gaierror: …).", lambda _: {"SFN_PROXY": "http://proxy.corp.invalid:3128"}
    ),
    "hanging tls": Case(
        "The proxy … can't be reached (TimeoutError: …).",
        lambda around: _tls(around, SFN_PROXY=f"https://{around.hanging}", **IMPATIENT),
    ),
    "tls to a plain port": Case(
        "The proxy … can't be reached (SSLError: …).",
        lambda around: _tls(around, SFN_PROXY=around.squid.url.replace("http:", "https:")),
    ),
    "no credentials": Case(REFUSED, lambda around: {"SFN_PROXY": around.squid.url_with_credentials}),
    "wrong password": Case(
        REFUSED, lambda around: {"SFN_PROXY": around.squid.url_with_credentials, **CREDENTIALS, **WRONG_PASSWORD}
    ),
    "wrong password by tls": Case(
        REFUSED,
        lambda around: {
            "SFN_PROXY": around.squid.tls_url_with_credentials,
            "SFN_PROXY_CA_BUNDLE_FILE": around.ca,
            **CREDENTIALS,
            **WRONG_PASSWORD,
        },
    ),
    "no ca": Case(UNTRUSTED, _tls),
    "no ca, type HTTP": Case(UNTRUSTED, lambda around: _tls(around, SFN_PROXY_TYPE="HTTP")),
    "wrong name": Case(
        "The proxy … has a TLS certificate that isn't trusted: hostname … doesn't match ….",
        lambda around: _tls(
            around,
            SFN_PROXY=around.squid.tls_url.replace("localhost", "127.0.0.1"),
            SFN_PROXY_CA_BUNDLE_FILE=around.ca,
        ),
    ),
    "forbidden": Case(
        "The proxy doesn't let the job through to AWS (403): have AWS's endpoints allowed.",
        lambda around: {"SFN_PROXY": around.squid.url},
        host=FORBIDDEN,
    ),
    "aws is down": Case(
        "The proxy can't reach AWS (503).", lambda around: {"SFN_PROXY": around.squid.url}, there=False
    ),
}


@pytest.fixture
def around(squid: Squid, corporation: Authority, amazon: Authority) -> Iterator[Around]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        hanging = f"127.0.0.1:{server.getsockname()[1]}"
        yield Around(squid, str(corporation.bundle), str(amazon.bundle), hanging)


def run(case: Case, aws: HostileEndpoint, around: Around, **variables: str) -> Finished:
    scheme, _, port = aws.url.split(":")
    url = f"{scheme}://{case.host}:{port if case.there else free_port()}"
    variables = {**AT_ONCE, "AWS_CA_BUNDLE": around.awss_ca, **case.variables(around), **variables}
    return Job(environment(url, aws.state_machine_arn, **variables)).finish()


def says(finished: Finished, sentence: str) -> bool:
    pattern = ".*".join(map(re.escape, sentence.split("…")))
    return bool(re.fullmatch(rf"CONNECTION_ERROR: {pattern}", finished.document["status_description"]))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_proxy_that_fails_is_exit_11(case: Case, endpoint: HostileEndpoint, around: Around) -> None:
    """Nothing has come to AWS, and nothing is said to be in doubt."""
    finished = run(case, endpoint, around)
    assert reached_nothing(ends_with(finished, Outcome.PROXY_ERROR))
    assert says(finished, case.says), finished.document["status_description"]
    assert not endpoint.requests


@pytest.mark.parametrize("case", ["dead", "wrong password", "no ca", "forbidden", "aws is down"])
def test_it_is_so_on_the_way_to_sts_too(case: str, endpoint: HostileEndpoint, around: Around) -> None:
    """Whose answers are XML, and the proxy's HTML."""
    finished = run(CASES[case], endpoint, around, **ROLE)
    ends_with(finished, Outcome.PROXY_ERROR)
    assert says(finished, CASES[case].says), finished.document["status_description"]


@pytest.mark.parametrize(
    ("case", "passing"),
    [("dead", True), ("aws is down", True), ("forbidden", False), ("wrong password", False), ("no ca", False)],
)
def test_only_what_passes_is_tried_again(case: str, passing: bool, endpoint: HostileEndpoint, around: Around) -> None:
    """For the retry window, of which a busy machine may need some seconds for the first attempt."""
    finished = run(CASES[case], endpoint, around, SFN_RETRY_WINDOW="6")
    ends_with(finished, Outcome.PROXY_ERROR)
    assert any(event["message"] == "request failed, trying again" for event in finished.events) == passing


@pytest.mark.parametrize("variables", [{}, {"SFN_PROXY": "http://127.0.0.1:{tls}"}], ids=["hanging", "tls port"])
def test_a_proxy_that_does_not_answer_connect_leaves_no_doubt(
    variables: dict[str, str], aws_by_tls: HostileEndpoint, around: Around
) -> None:
    """Nothing was sent to AWS, so nothing may have been started. A plain request may have been forwarded: see below."""
    tls = around.squid.tls_url.rpartition(":")[2]
    proxy = variables.get("SFN_PROXY", f"http://{around.hanging}").format(tls=tls)
    finished = run(Case("", lambda _: {"SFN_PROXY": proxy}), aws_by_tls, around, **IMPATIENT)
    assert reached_nothing(ends_with(finished, Outcome.PROXY_ERROR))
    assert says(finished, "The proxy … can't be reached (…).")


def test_a_plain_request_that_hangs_may_have_been_carried_out(aws: HostileEndpoint, around: Around) -> None:
    """Whether it's the proxy or AWS that doesn't answer can't be told: exit 10, and the execution is named."""
    case = Case("", lambda around: {"SFN_PROXY": f"http://{around.hanging}"})
    finished = run(case, aws, around, **IMPATIENT)
    ends_with(finished, Outcome.CONNECTION_ERROR)
    assert says(finished, "AWS's answer was lost (ReadTimeoutError).… may have been started…")


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_proxy_that_dies_in_a_wait_is_ridden_out(
    comes_back: bool, endpoint: HostileEndpoint, mortal_squid: Squid, start_at: Callable[..., Job]
) -> None:
    """For ten times the retry window; then it's exit 11, and the execution goes on."""
    endpoint.plan(duration=None)
    job = start_at(
        endpoint,
        SFN_USE_PROXY="true",
        SFN_PROXY=mortal_squid.url,
        SFN_RETRY_WINDOW="6" if comes_back else "0.1",
        SFN_POLLING_INTERVAL="0.2",
    )
    endpoint.wait_for("DescribeExecution")
    mortal_squid.stop()
    if comes_back:
        with socket.create_server(("127.0.0.1", int(mortal_squid.url.rpartition(":")[2]))) as server:
            server.accept()[0].close()  # a check has come, and got nowhere
        mortal_squid.start()
        endpoint.end_executions()
    finished = job.finish()
    document = ends_with(finished, Outcome.SUCCESS if comes_back else Outcome.PROXY_ERROR)
    assert document["changed"] is True
    assert document["result"]["status"] == ("SUCCEEDED" if comes_back else "RUNNING")
    assert "checks fail, waiting goes on" in [event["message"] for event in finished.events]
    assert endpoint.started == 1


@pytest.mark.parametrize(
    ("way", "code"), [("works", 0), ("wrong password", 11), ("wrong password by tls", 11), ("dead", 11), ("no ca", 11)]
)
def test_credentials_stay_secret(way: str, code: int, endpoint: HostileEndpoint, around: Around) -> None:
    """At DEBUG, with stacks: neither as they are nor quoted nor in base64, as the header has them."""
    case = CASES.get(way, Case("", lambda around: {"SFN_PROXY": around.squid.url_with_credentials}))
    variables = {**CREDENTIALS, **case.variables(around), "SFN_PROXY_TYPE": "HTTPS With Credentials"}
    finished = run(case, endpoint, around, **variables, SFN_LOG_LEVEL="DEBUG")
    assert finished.code == code, finished.stderr
    user, password = variables["SFN_PROXY_CREDENTIALS_USER"], variables["SFN_PROXY_CREDENTIALS_PASSWORD"]
    assert leaks(finished, user, password, f"{user}:{password}") == set()


@pytest.mark.parametrize(
    ("place", "outcome"), [(None, Outcome.PROXY_ERROR), ("proxy:99999", Outcome.DATA_VALIDATION_ERROR)]
)
def test_the_environments_proxys_password_stays_secret(
    place: str | None, outcome: Outcome, aws_by_tls: HostileEndpoint, around: Around
) -> None:
    """AWS's own tools have it in the address, of which they complain whole where it is none."""
    place = place or around.squid.url_with_credentials.removeprefix("http://")
    address = f"http://someone:{quote(PASSWORD, safe='')}@{place}"
    proxy = Case("", lambda _: {"SFN_USE_PROXY": "", "HTTPS_PROXY": address})
    finished = run(proxy, aws_by_tls, around, SFN_LOG_LEVEL="DEBUG")
    assert reached_nothing(ends_with(finished, outcome))
    assert "may have been started" not in finished.document["status_description"]
    assert leaks(finished, PASSWORD, f"someone:{PASSWORD}") == set()


@pytest.mark.parametrize(
    "proxy", ["http:///", "http://[::1:3128", "http://[zz]:3128", "http://::1:3128", "http://a b:1"]
)
def test_a_proxy_without_an_address_is_sent_nothing(proxy: str, run_job: Callable[..., Finished]) -> None:
    """So that nothing is in doubt."""
    finished = run_job(HTTP_PROXY=proxy)
    assert reached_nothing(ends_with(finished, Outcome.DATA_VALIDATION_ERROR))
    assert "may have been started" not in finished.document["status_description"]
