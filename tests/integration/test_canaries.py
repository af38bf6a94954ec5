"""No secret gets out: canaries in everything secret, hunted wherever the job leaves anything, whatever its end."""

import base64
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from job.outcomes import Outcome
from tests.hostile import (
    Fault,
    HostileEndpoint,
    cut_midway,
    error,
    garbage,
    hang_before,
    page,
)
from tests.support.canaries import leaks
from tests.support.localstack import free_port
from tests.support.process import Finished, Job
from tests.support.results import ends_with

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
DEBUG = {"SFN_LOG_LEVEL": "DEBUG"}
IMPATIENT = {"SFN_RETRY_WINDOW": "0.2"}
HANGING = {**IMPATIENT, "SFN_READ_TIMEOUT": "3"}
NO_CREDENTIALS = {"SFN_CREDENTIALS_USER": "", "SFN_CREDENTIALS_PASSWORD": ""}

USER, PASSWORD = 'AKIACANARY+="%USER', 'c4n4ry/+"=%\\secret key'
PROXY_USER, PROXY_PASSWORD = 'proxyc4n4ry/+"=%@user', 'proxyc4n4ry:/+"=%#password'
TOKEN = "c4n4rytoken/+=%" + "IQoJb3JpZ2luX2VjE" * 20
SECRETS = {
    "SFN_CREDENTIALS_USER": USER,
    "SFN_CREDENTIALS_PASSWORD": PASSWORD,
    "AWS_SESSION_TOKEN": TOKEN,
}
PROXY_SECRETS = {"SFN_PROXY_CREDENTIALS_USER": PROXY_USER, "SFN_PROXY_CREDENTIALS_PASSWORD": PROXY_PASSWORD}
ECHO = f"You sent {USER} and {PASSWORD} and {quote(PASSWORD)} and {TOKEN} and {PROXY_PASSWORD}"
INPUT, OUTPUT = '{"in":"1nputc4n4ry"}', '{"out":"0utputc4n4ry"}'

Prepare = Callable[[HostileEndpoint], None]


def cut_output(aws: HostileEndpoint) -> None:
    """The output comes by halves first."""
    aws.plan(output=OUTPUT)
    aws.fail("DescribeExecution", cut_midway(), skip=1)


def broken_history(aws: HostileEndpoint) -> None:
    """The execution fails, and why can't be read."""
    aws.plan(status="FAILED")
    aws.fail("GetExecutionHistory", page(502, ECHO), times=None)


RUNS: dict[str, tuple[int, Prepare, dict[str, str]]] = {
    "0": (0, lambda aws: aws.plan(output=OUTPUT), {}),
    "1": (1, lambda aws: aws.plan(status=cast("Any", "HIBERNATED")), IMPATIENT),
    "2 signature": (2, lambda aws: aws.fail("*", error("InvalidSignatureException", message=ECHO), times=None), {}),
    "2 expired": (2, lambda aws: aws.fail("DescribeExecution", error("ExpiredTokenException", message=ECHO)), {}),
    "3 start": (3, lambda aws: aws.fail("*", error("AccessDeniedException", message=ECHO), times=None), {}),
    "3 check": (3, lambda aws: aws.fail("DescribeExecution", error("AccessDenied", 403, ECHO), times=None), {}),
    "10 failing": (10, lambda aws: aws.fail("*", error("InternalFailure", 500, ECHO), times=None), IMPATIENT),
    "10 page": (10, lambda aws: aws.fail("*", page(502, ECHO), times=None), IMPATIENT),
    "10 page 200": (10, lambda aws: aws.fail("*", page(200, ECHO), times=None), IMPATIENT),
    "10 page 404": (10, lambda aws: aws.fail("*", page(404, ECHO), times=None), IMPATIENT),
    "10 garbage": (10, lambda aws: aws.fail("StartExecution", garbage(), times=None), IMPATIENT),
    "10 hanging": (10, lambda aws: aws.fail("StartExecution", hang_before(), times=None), HANGING),
    "10 refused": (10, lambda aws: aws.stop(), IMPATIENT),
    "11 refused": (11, lambda _: None, {**IMPATIENT, "SFN_USE_PROXY": "true", "SFN_PROXY": "http://127.0.0.1:1"}),
    "20 by AWS": (20, lambda aws: aws.fail("*", error("InvalidName", message=ECHO), times=None), {}),
    "20 by us": (20, lambda _: None, {"SFN_EXECUTION_NAME": "a b", "SFN_POLLING_INTERVAL": "never"}),
    "23": (23, lambda aws: aws.plan(status="FAILED", error="Boom"), {}),
    "24": (24, lambda aws: aws.plan(status="ABORTED", error="Boom"), {}),
    "25": (25, lambda aws: aws.plan(status="TIMED_OUT", error="States.Timeout"), {}),
    "26": (26, lambda aws: aws.plan(duration=None), {"SFN_WAIT_TIMEOUT": "0.5"}),
    "text": (0, lambda aws: aws.plan(output=OUTPUT), {"SFN_LOG_FORMAT": "text"}),
    "cut output": (0, cut_output, {}),
    "history": (23, broken_history, IMPATIENT),
    "check": (0, lambda _: None, {}),
    "policy": (0, lambda _: None, {}),
}
ARGUMENTS = {"check": ["--check"], "policy": ["--iam-policy"]}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """All files that the job can be told to leave, by the variables that tell it."""
    (tmp_path / "left").mkdir()
    return {
        "SFN_RESULT_PATH": str(tmp_path / "left" / "result.json"),
        "SFN_TERMINATION_LOG": str(tmp_path / "left" / "termination-log"),
        "SFN_REPORT_PATH": str(tmp_path / "left" / "report.html"),
        "SFN_REPORT_DATA": "true",
    }


def left_in(places: Mapping[str, str]) -> str:
    """What stands in all files beside the result, whatever their names."""
    directory = Path(places["SFN_RESULT_PATH"]).parent
    return "\n".join(path.read_text() for path in directory.iterdir())


def test_every_exit_status_is_among_the_runs() -> None:
    """But those of a signal, which have a test of their own below."""
    assert {code for code, _, _ in RUNS.values()} == set(Outcome) - {Outcome.INTERRUPTED, Outcome.TERMINATED}


@pytest.mark.parametrize("name", RUNS)
def test_no_secret_gets_out_however_the_run_ends(
    name: str, aws: HostileEndpoint, run_job: Callable[..., Finished], places: dict[str, str]
) -> None:
    """At DEBUG, in the log and in all files, raw, URL-encoded, in base64 and as JSON; also where AWS repeats them."""
    code, prepare, variables = RUNS[name]
    prepare(aws)
    finished = run_job(
        *ARGUMENTS.get(name, []), SFN_INPUT=INPUT, **SECRETS, **PROXY_SECRETS, **WAIT, **DEBUG, **places, **variables
    )
    assert finished.code == code, finished.stderr
    assert leaks(finished, USER, PASSWORD, TOKEN, PROXY_PASSWORD, left=left_in(places)) == set()


@pytest.mark.parametrize(
    "name", ["0", "3 check", "10 page", "10 hanging", "20 by us", "23", "26", "text", "cut output", "history"]
)
def test_input_and_output_are_never_logged(name: str, aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """At DEBUG, and without SFN_MASK_DATA: the result has them, the log hasn't."""
    code, prepare, variables = RUNS[name]
    prepare(aws)
    finished = run_job(SFN_INPUT=INPUT, **WAIT, **DEBUG, **variables)
    assert finished.code == code, finished.stderr
    assert "1nputc4n4ry" not in finished.stderr
    assert "0utputc4n4ry" not in finished.stderr
    if finished.code != Outcome.CONNECTION_ERROR:
        assert "1nputc4n4ry" in finished.stdout


def test_an_input_that_aws_quotes_is_not_logged(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """AWS repeats an input that it can't parse in its message; the log has the code, and not the input."""
    message = f"Invalid State Machine Execution Input: 'JsonParseException: at [Source: (String)\"{INPUT}\"; line: 1]'"
    aws.fail("StartExecution", error("InvalidExecutionInput", message=message), times=None)
    finished = run_job(SFN_INPUT=INPUT, **DEBUG)
    ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert "1nputc4n4ry" not in finished.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_gets_no_secret_out(
    aws: HostileEndpoint, start_job: Callable[..., Job], places: dict[str, str], number: signal.Signals
) -> None:
    """From a request that hangs."""
    aws.fail("DescribeExecution", hang_before(), times=None)
    job = start_job(SFN_INPUT=INPUT, **SECRETS, **WAIT, **DEBUG, **places)
    aws.wait_for("DescribeExecution")
    job.send(number)
    finished = job.finish()
    assert finished.code == 128 + number
    assert leaks(finished, USER, PASSWORD, TOKEN, left=left_in(places)) == set()
    assert "1nputc4n4ry" not in finished.stderr


def test_the_process_shows_no_secret_to_the_system(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """None in its arguments, no children that could inherit one, and no core file that would hold its memory.

    From a request that hangs: its thread stays, so that what is listed is there when it is read.
    """
    aws.fail("DescribeExecution", hang_before(), times=None)
    job = start_job(SFN_INPUT=INPUT, **SECRETS, **WAIT)
    aws.wait_for("DescribeExecution")
    process = Path("/proc") / str(job.process.pid)
    assert not any(secret in (process / "cmdline").read_text() for secret in (USER, PASSWORD, TOKEN))
    assert {child.read_text() for child in process.glob("task/*/children")} == {""}
    (core,) = (line for line in (process / "limits").read_text().splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_secrets_from_files_are_secrets_too(
    tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """`<NAME>_FILE` changes where a secret comes from, not what it is."""
    variables: dict[str, str] = {}
    for variable, secret in (("SFN_CREDENTIALS_USER", USER), ("SFN_CREDENTIALS_PASSWORD", PASSWORD)):
        (tmp_path / variable).write_text(secret + "\n")
        variables |= {variable: "", f"{variable}_FILE": str(tmp_path / variable)}
    aws.fail("*", error("AccessDeniedException", message=ECHO), times=None)
    finished = run_job(**variables, **DEBUG)
    ends_with(finished, Outcome.AUTHORIZATION_ERROR)
    assert leaks(finished, USER, PASSWORD) == set()


def test_a_secret_that_is_given_twice_is_not_shown(tmp_path: Path, run_job: Callable[..., Finished]) -> None:
    """A problem with a secret is told without it."""
    (tmp_path / "password").write_text("fromthefilec4n4ry")
    finished = run_job(
        SFN_CREDENTIALS_PASSWORD=PASSWORD, SFN_CREDENTIALS_PASSWORD_FILE=str(tmp_path / "password"), **DEBUG
    )
    ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert leaks(finished, PASSWORD, "fromthefilec4n4ry") == set()


# Proxy credentials


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda aws: aws.plan(), 0),
        (lambda aws: aws.fail("*", page(407, ECHO), times=None), 11),
        (lambda aws: aws.fail("*", page(502, ECHO), times=None), 10),
        (lambda aws: aws.stop(), 11),
    ],
    ids=["works", "407", "502", "refused"],
)
def test_the_proxy_s_credentials_stay_secret(
    prepare: Prepare, code: int, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Also as `user:password` in base64, as the proxy gets them, and as part of the proxy's URL."""
    prepare(aws)
    finished = run_job(
        SFN_USE_PROXY="true",
        SFN_PROXY_TYPE="HTTPS With Credentials",
        SFN_PROXY=aws.url,  # to which a plain request through a proxy is a request like any other
        AWS_ENDPOINT_URL="http://states.eu-west-1.amazonaws.invalid",
        **PROXY_SECRETS,
        **SECRETS,
        **IMPATIENT,
        **DEBUG,
    )
    assert finished.code == code, finished.stderr
    basic = base64.b64encode(f"{PROXY_USER}:{PROXY_PASSWORD}".encode()).decode()
    assert all(request.headers["Proxy-Authorization"] == f"Basic {basic}" for request in aws.requests)
    assert leaks(finished, PROXY_USER, PROXY_PASSWORD, f"{PROXY_USER}:{PROXY_PASSWORD}", USER, PASSWORD) == set()


def test_credentials_in_the_proxy_s_address_are_not_repeated(run_job: Callable[..., Finished]) -> None:
    """They don't belong there, and the refusal doesn't show them."""
    finished = run_job(SFN_USE_PROXY="true", SFN_PROXY="http://someone:addressc4n4ry@proxy:3128", **DEBUG)
    ends_with(finished, Outcome.DATA_VALIDATION_ERROR)
    assert leaks(finished, "addressc4n4ry") == set()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy"])
def test_credentials_in_the_environment_s_proxy_are_not_logged(variable: str, run_job: Callable[..., Finished]) -> None:
    """AWS's own way to a proxy has its credentials in the address; they are secrets like ours."""
    address = f"http://someone:addressc4n4ry@127.0.0.1:{free_port()}"
    finished = run_job(
        AWS_ENDPOINT_URL="http://states.eu-west-1.amazonaws.invalid", **{variable: address}, **IMPATIENT, **DEBUG
    )
    assert finished.code in {Outcome.PROXY_ERROR, Outcome.CONNECTION_ERROR}
    assert leaks(finished, "addressc4n4ry") == set()


# Credentials that the job finds by itself

FOUND = {"AccessKeyId": "AKIAFOUNDC4N4RY", "SecretAccessKey": "foundsecretc4n4ry/+=", "Token": "foundtokenc4n4ry/+="}


def mismatch(token: str) -> Fault:
    """A signature refused as AWS does it: with the request's headers in the message, the session token among them."""
    message = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. The Canonical String for this request should have been\n'POST\n/\n\n"
        f"content-type:application/x-amz-json-1.0\nx-amz-security-token:{token}\n'"
    )
    return error("InvalidSignatureException", message=message)


def test_keys_and_token_of_the_environment_stay_secret(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """AWS's own variables hold secrets too."""
    aws.fail("DescribeExecution", mismatch(TOKEN))
    finished = run_job(
        **NO_CREDENTIALS,
        AWS_ACCESS_KEY_ID=USER,
        AWS_SECRET_ACCESS_KEY=PASSWORD,
        AWS_SESSION_TOKEN=TOKEN,
        **WAIT,
        **DEBUG,
    )
    ends_with(finished, Outcome.AUTHENTICATION_ERROR)
    assert aws.requests[0].session_token == TOKEN
    assert leaks(finished, USER, PASSWORD, TOKEN) == set()


def test_keys_of_a_profile_stay_secret(tmp_path: Path, aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """What comes from a credentials file isn't in any variable, and not in the log either."""
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id={FOUND['AccessKeyId']}\naws_secret_access_key={FOUND['SecretAccessKey']}\n"
        f"aws_session_token={FOUND['Token']}\n"
    )
    aws.fail("DescribeExecution", mismatch(FOUND["Token"]))
    found = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    finished = run_job(**{**NO_CREDENTIALS, **found}, **WAIT, **DEBUG)
    ends_with(finished, Outcome.AUTHENTICATION_ERROR)
    assert aws.requests[0].session_token == FOUND["Token"]
    assert leaks(finished, FOUND["SecretAccessKey"], FOUND["Token"]) == set()


class ContainerCredentials(BaseHTTPRequestHandler):
    """The credentials endpoint of ECS and of EKS Pod Identity, with an answer that the server holds."""

    def do_GET(self) -> None:
        body = cast("Any", self.server).answer.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def container() -> Iterator[Any]:
    """A credentials endpoint; a test sets `answer`."""
    server = cast("Any", HTTPServer(("127.0.0.1", 0), ContainerCredentials))
    server.answer = json.dumps({**FOUND, "Expiration": "2100-01-01T00:00:00Z"})
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("broken", [False, True], ids=["whole", "broken"])
def test_keys_of_a_container_endpoint_stay_secret(
    broken: bool, container: Any, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Neither they nor the token that opens the endpoint, also when its answer can't be used."""
    if broken:
        container.answer = container.answer[:-2]
    aws.fail("StartExecution", mismatch(FOUND["Token"]), times=None)
    finished = run_job(
        **NO_CREDENTIALS,
        **DEBUG,
        **IMPATIENT,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"http://127.0.0.1:{container.server_port}/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN="authorizationc4n4ry",
    )
    ends_with(finished, Outcome.AUTHENTICATION_ERROR)
    assert aws.count("StartExecution") == (0 if broken else 1)
    assert leaks(finished, FOUND["SecretAccessKey"], FOUND["Token"], "authorizationc4n4ry") == set()


def test_what_sts_hands_out_stays_secret(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """The assumed role's key and session token are as secret as those that the user gave."""
    aws.fail(
        "DescribeExecution", Fault("mismatch", False, lambda wire, answer: mismatch(*aws.sessions).play(wire, answer))
    )
    finished = run_job(
        SFN_ROLE_BASED_ACCESS="true", SFN_ROLE_ARN="arn:aws:iam::123456789012:role/runner", **SECRETS, **WAIT, **DEBUG
    )
    ends_with(finished, Outcome.AUTHENTICATION_ERROR)
    assert aws.count("AssumeRole") == 1
    (token,) = aws.sessions
    assert leaks(finished, token, USER, PASSWORD, TOKEN) == set()


def test_a_key_that_is_not_utf_8_is_a_wrong_one(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Nothing can be signed with it, so nothing is sent and nothing is in doubt."""
    finished = run_job(**NO_CREDENTIALS, AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="se\udcffcretc4n4ry", **DEBUG)
    document = ends_with(finished, Outcome.AUTHENTICATION_ERROR)
    assert not aws.requests
    assert "may have been started" not in document["status_description"]
    assert "c4n4ry" not in finished.stdout + finished.stderr
