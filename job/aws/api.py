"""The way to AWS: credentials, role, region, proxy and timeouts become one client, and each request goes through `Api`.

boto3 is imported by `connect`, because a run that fails validation needn't pay for it.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import job
from job import naming
from job.aws import credentials, proxies, renewal
from job.aws.credentials import Learn
from job.errors import AnswerLost, CredentialsExpired, RequestRefused
from job.imports import postponed_patterns, without
from job.settings import Settings
from job.signals import Stop

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.credentials import Credentials
    from botocore.model import Shape

log = logging.getLogger(__name__)

T = TypeVar("T")

Make = Callable[..., "BaseClient"]
"""Makes a client for a service; takes options of botocore's Config."""


class Answer(NamedTuple):
    """What AWS answered, and when, by the clock here (epoch seconds), it was asked and had answered."""

    body: dict[str, Any]
    sent: float
    received: float
    date: str | None
    """The answer's Date header: the server's clock, to the second."""


class Api:
    """One service, one request at a time. It never retries and never sleeps: one policy decides, above it."""

    def __init__(self, client: "BaseClient", make: Make, found: "Credentials", stop: Stop, limit: float) -> None:
        """Take a client, what makes others like it, their credentials, and the seconds a request may last in all."""
        from botocore.credentials import RefreshableCredentials  # noqa: PLC0415 - who has a client has imported it

        self._client = client
        self._make = make
        self._credentials = found
        self.renewable: bool = isinstance(found, RefreshableCredentials)
        """Whether the credentials renew themselves."""
        self.temporary: bool = found.token is not None
        """Whether they expire."""
        self.endpoint_url: str = client.meta.endpoint_url
        self._stop = stop
        self._limit = limit

    def patient(self, seconds: float) -> "Api":
        """Return another way to the same account, on which a request may last ``seconds``."""
        options: dict[str, Any] = {"read_timeout": max(seconds, 1.0)}
        if not (urlsplit(self.endpoint_url).hostname or "").startswith("states"):
            # StartSyncExecution goes to a host of its own, sync-…, which only AWS's own endpoints have.
            options["inject_host_prefix"] = False
        return Api(self._make("stepfunctions", **options), self._make, self._credentials, self._stop, seconds)

    def of(self, service: str) -> "Api":
        """Return the way to another service, such as ``sts``, as the same caller."""
        return Api(self._make(service), self._make, self._credentials, self._stop, self._limit)

    def request(self, operation: str, **parameters: Any) -> Answer:
        """Send one request, such as ``describe_execution``.

        Raises a `JobError` for every way to fail, and `StopRequested` at a signal.
        """
        sent = time.time()
        try:
            body = _guarded(
                self._stop, lambda: self._send(operation, parameters), self._limit, renewable=self.renewable
            )
        except CredentialsExpired:
            if self.renewable:
                renewal.hasten(self._credentials)
            raise
        received = time.time()
        date = body.pop("ResponseMetadata")["HTTPHeaders"].get("date")
        meta = self._client.meta
        if not _fits(meta.service_model.operation_model(meta.method_to_api_mapping[operation]).output_shape, body):
            raise AnswerLost("What was answered has other types than AWS's: something between here and AWS garbled it.")
        return Answer(body, sent, received, date)

    def _send(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
        return answer


_TYPES = {"structure": dict, "map": dict, "list": list, "string": str, "integer": int, "long": int, "boolean": bool}
"""Python's types by botocore's names of them; botocore itself makes sure of the others."""


def _fits(shape: "Shape", value: Any) -> bool:
    """Return whether each part of an answer has the type that AWS's model gives it, which botocore doesn't look at."""
    if shape.type_name in _TYPES and type(value) is not _TYPES[shape.type_name]:
        return False
    if shape.type_name == "structure":
        return all(_fits(shape.members[name], part) for name, part in value.items())
    return shape.type_name != "list" or all(_fits(shape.member, part) for part in value)


def connect(settings: Settings, environ: Mapping[str, str], stop: Stop, learn: Learn) -> Api:
    """Find the credentials, assume the role if asked, and make the client. Raises as `Api.request` does.

    ``learn`` is told every secret that turns up, now and later, so that it can be kept out of the log.
    """
    with postponed_patterns(), without("s3transfer.manager"):  # which boto3 asks whether it knows an option
        import boto3  # noqa: F401, PLC0415 - here, because what it takes is no request's time; and see the docstring

    limit = settings.request_limit
    client, make, found = _guarded(stop, lambda: _client(settings, environ, learn), limit, renewable=False)
    return Api(client, make, found, stop, limit)


def _guarded(stop: Stop, function: Callable[[], T], limit: float, *, renewable: bool) -> T:
    """Call ``function``, interruptible and within ``limit`` seconds; the one edge where foreign errors become ours."""
    try:
        return stop.call(function, limit)
    except Exception as error:
        from job.aws.errors import translate  # noqa: PLC0415 - imports botocore, which may not be there before a first call

        ours = translate(error, renewable=renewable)
        if ours is error:
            raise
        raise ours from error


def _client(settings: Settings, environ: Mapping[str, str], learn: Learn) -> "tuple[BaseClient, Make, Credentials]":
    import boto3  # noqa: PLC0415 - see `connect`
    from botocore.config import Config  # noqa: PLC0415

    from job.aws import models  # noqa: PLC0415

    session = boto3.session.Session(
        aws_access_key_id=settings.credentials_user, aws_secret_access_key=settings.credentials_password
    )
    core = session._session  # noqa: SLF001 - boto3 has no door of its own to region, defaults and credential chain
    models.lighten(core)
    machines = naming.region_of(settings.state_machine_arn)
    # botocore doesn't know AWS_REGION.
    region = settings.region or environ.get("AWS_REGION") or session.region_name or machines
    if region != machines:
        log.warning("not the state machine's region", extra={"region": region, "set_sfn_region_to": machines})
    core.set_config_variable("region", region)
    # For every client of the session: the credential chain's own requests to STS take the same proxy and timeouts.
    core.set_default_client_config(
        Config(
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent_extra=f"sfn-job/{job.__version__}",
            **proxies.configure(core, settings, environ, learn),
        )
    )
    found = credentials.find(core, settings, learn)

    def make(service: str, **options: Any) -> "BaseClient":
        return session.client(service, config=Config(**options))

    try:
        client = make("stepfunctions")
    except ValueError as error:  # as botocore says that AWS_ENDPOINT_URL is no URL
        raise RequestRefused(f"{error}: check AWS_ENDPOINT_URL.") from error
    return client, make, found
