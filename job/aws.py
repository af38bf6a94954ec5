"""The way to AWS: credentials, role, region, proxy and timeouts become one client, and each request goes through `Api`.

boto3 is imported by `connect`, because a run that fails validation needn't pay for it.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import job
from job import credentials, naming, proxies
from job.credentials import Learn
from job.errors import RequestRefused
from job.loading import Settings
from job.signals import Stop

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.credentials import Credentials

T = TypeVar("T")


class Answer(NamedTuple):
    """What AWS answered, and when, by the clock here (epoch seconds), it was asked and had answered."""

    body: dict[str, Any]
    sent: float
    received: float
    date: str | None
    """The answer's Date header: the server's clock, to the second."""


class Api:
    """Step Functions, one request at a time. It never retries and never sleeps: one policy decides, above it."""

    def __init__(self, client: "BaseClient", found: "Credentials", stop: Stop, limit: float, learn: Learn) -> None:
        """Take the client and its credentials, and the seconds that a request may last in all."""
        from botocore.credentials import RefreshableCredentials  # noqa: PLC0415 - who has a client has imported it

        self._client = client
        self._credentials = found
        self._renewable = isinstance(found, RefreshableCredentials)
        self._stop = stop
        self._limit = limit
        self._learn = learn

    def request(self, operation: str, **parameters: Any) -> Answer:
        """Send one request, such as ``describe_execution``.

        Raises a `JobError` for every way to fail, and `StopRequested` at a signal.
        """
        sent = time.time()
        body = _guarded(self._stop, lambda: self._send(operation, parameters), self._limit, renewable=self._renewable)
        received = time.time()
        date = body.pop("ResponseMetadata")["HTTPHeaders"].get("date")
        return Answer(body, sent, received, date)

    def _send(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
            return answer
        finally:
            credentials.teach(self._learn, self._credentials)  # they may have been renewed


def connect(settings: Settings, environ: Mapping[str, str], stop: Stop, learn: Learn) -> Api:
    """Find the credentials, assume the role if asked, and make the client. Raises as `Api.request` does.

    ``learn`` is told every secret that turns up, now and later, so that it can be kept out of the log.
    """
    limit = settings.connect_timeout + settings.read_timeout
    client, found = _guarded(stop, lambda: _client(settings, environ, learn), limit, renewable=False)
    return Api(client, found, stop, limit, learn)


def _guarded(stop: Stop, function: Callable[[], T], limit: float, *, renewable: bool) -> T:
    """Call ``function``, interruptible and within ``limit`` seconds; the one edge where foreign errors become ours."""
    try:
        return stop.call(function, limit)
    except Exception as error:
        from job import aws_errors  # noqa: PLC0415 - imports botocore, which may not be there before a first call

        ours = aws_errors.translate(error, renewable=renewable)
        if ours is error:
            raise
        raise ours from error


def _client(settings: Settings, environ: Mapping[str, str], learn: Learn) -> "tuple[BaseClient, Credentials]":
    import boto3  # noqa: PLC0415 - see the module's docstring
    from botocore.config import Config  # noqa: PLC0415

    trusted = proxies.trusted_file(settings, environ)
    session = boto3.session.Session(
        aws_access_key_id=settings.credentials_user, aws_secret_access_key=settings.credentials_password
    )
    core = session._session  # noqa: SLF001 - boto3 has no door of its own to region, defaults and credential chain
    core.set_config_variable(
        "region",
        settings.region
        or environ.get("AWS_REGION")  # which botocore doesn't know
        or session.region_name
        or naming.region_of(settings.state_machine_arn),
    )
    # For every client of the session: the credential chain's own requests to STS take the same proxy and timeouts.
    core.set_default_client_config(
        Config(
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent_extra=f"sfn-job/{job.__version__}",
            proxies=proxies.by_scheme(settings),
            proxies_config={"proxy_ca_bundle": trusted} if trusted else None,
        )
    )
    if trusted:
        core.set_config_variable("ca_bundle", trusted)
    found = credentials.find(core, settings, learn)
    try:
        client = session.client("stepfunctions")
    except ValueError as error:  # as botocore says that AWS_ENDPOINT_URL is no URL
        raise RequestRefused(f"{error}: check AWS_ENDPOINT_URL.") from error
    return client, found
