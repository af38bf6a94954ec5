"""The proxy between the job and AWS, and whose TLS certificates are trusted on the way (contract 1)."""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from job import certificates
from job.aws.credentials import Learn
from job.errors import RequestRefused
from job.settings import Settings

if TYPE_CHECKING:
    from botocore.session import Session as CoreSession


def configure(core: "CoreSession", settings: Settings, environ: Mapping[str, str], learn: Learn) -> dict[str, Any]:
    """Set whom the session trusts, and return the options of botocore's Config that take its clients to the proxy.

    ``learn`` is told the passwords in HTTPS_PROXY and the like. Raises `RequestRefused` where the environment names
    certificates that can't be used.
    """
    from urllib.request import getproxies  # noqa: PLC0415 - botocore has imported it

    environments = getproxies()
    for url in environments.values():
        credentials = re.search(r"(?:^|//)[^:/]*:(.+)@", url)
        learn([credentials[1], unquote(credentials[1])] if credentials else [])
    _mend_botocore()
    core.register("before-parse", _know_the_proxys_answer)
    trusted = _trusted_file(core, settings, environ)
    core.set_config_variable("ca_bundle", trusted)
    proxies = _by_scheme(settings)
    # Without this botocore doesn't verify the TLS to a proxy that a plain request goes to.
    by_tls = any(url.startswith("https:") for url in (proxies or environments).values())
    return {"proxies": proxies, "proxies_config": {"proxy_ca_bundle": trusted} if by_tls else None}


def _by_scheme(settings: Settings) -> dict[str, str] | None:
    """Return botocore's ``proxies`` map, with the credentials in it; None leaves HTTPS_PROXY and NO_PROXY in force."""
    if settings.proxy is None:
        return None
    if settings.proxy_credentials_user is None or settings.proxy_credentials_password is None:
        return dict(settings.proxy)
    user, password = (
        quote(settings.proxy_credentials_user, safe=""),
        quote(settings.proxy_credentials_password, safe=""),
    )
    return {scheme: url.replace("://", f"://{user}:{password}@", 1) for scheme, url in settings.proxy.items()}


def _trusted_file(core: "CoreSession", settings: Settings, environ: Mapping[str, str]) -> str:
    """Return a file with all certificates that are trusted: the given proxy CA, and what is trusted anyway.

    The proxy may show its own certificate, or one for AWS that it signed itself, or let AWS's pass. botocore takes one
    file for each, so the certificates are joined, in memory because a hardened container may have no place to write.
    """
    anyway = _trusted_anyway(core, environ)
    if settings.proxy_ca_bundle_file is None:
        return anyway
    joined = os.memfd_create("trusted")
    for path in (settings.proxy_ca_bundle_file, anyway):
        with open(path, "rb") as file:
            os.write(joined, file.read() + b"\n")
    return f"/proc/self/fd/{joined}"


def _trusted_anyway(core: "CoreSession", environ: Mapping[str, str]) -> str:
    """Return the file that botocore would take. To botocore an empty variable is an error; here it's an unset one."""
    from botocore.httpsession import where  # noqa: PLC0415

    places: dict[str, str | None] = {
        "AWS_CA_BUNDLE": environ.get("AWS_CA_BUNDLE"),
        "ca_bundle in the AWS profile": core.get_scoped_config().get("ca_bundle"),
        "REQUESTS_CA_BUNDLE": environ.get("REQUESTS_CA_BUNDLE"),
    }
    for name, value in places.items():
        if value:
            path = os.path.expanduser(value)
            problem = certificates.problem_with(path)
            if problem:
                raise RequestRefused(f"{name} {problem}.")
            return path
    system: str = where()
    return system


def _know_the_proxys_answer(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise our error for an answer of the proxy's own, which may be none that a parser of AWS's answers can read."""
    from job.aws import connection_errors  # noqa: PLC0415 - imports botocore

    error = connection_errors.proxy_answered(response_dict["status_code"], response_dict["headers"])
    if error:
        raise error


def _mend_botocore() -> None:
    """Have botocore do two things with proxies that it doesn't, in every client of this process.

    Credentials that aren't ASCII go as UTF-8 (RFC 7617). And whatever happens while a tunnel is asked for is the
    proxy's doing: botocore reports a CONNECT that hangs or is cut as if AWS's answer had been lost.
    """
    from base64 import b64encode  # noqa: PLC0415
    from http.client import HTTPException  # noqa: PLC0415

    from botocore.awsrequest import AWSHTTPSConnection, AWSHTTPSConnectionPool  # noqa: PLC0415
    from botocore.httpsession import ProxyConfiguration  # noqa: PLC0415
    from urllib3.exceptions import ProxyError  # noqa: PLC0415

    class Connection(AWSHTTPSConnection):  # type: ignore[misc] # botocore ships no types
        def _tunnel(self) -> None:
            try:
                super()._tunnel()
            except (OSError, HTTPException) as error:
                raise ProxyError("No tunnel", error) from error

    def basic(_: ProxyConfiguration, user: str, password: str) -> str:
        return "Basic " + b64encode(f"{user}:{password}".encode()).decode()

    AWSHTTPSConnectionPool.ConnectionCls = Connection
    ProxyConfiguration._construct_basic_auth = basic  # noqa: SLF001 - it has no door for other encodings
