"""What goes wrong between the job and AWS: connections, TLS and the proxy become our errors, by class and status."""

import re
import ssl
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import ProxyConnectionError
from urllib3.exceptions import LocationValueError
from urllib3.util.ssl_match_hostname import CertificateError

from job import errors

SQUIDS_OWN = "X-Squid-Error"
"""The header of squid's own pages. Only a plain request, to an AWS_ENDPOINT_URL, can be answered with one."""

UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's codes (X509_V_ERR_…) for a certificate of which it doesn't know who signed it."""


class _Distrust(NamedTuple):
    """Why a certificate isn't trusted."""

    reason: str
    unknown_issuer: bool


def proxy_answered(status: int, headers: Mapping[str, str]) -> errors.JobError | None:
    """Return the error where this answer to a plain request is the proxy's; None where it's whoever's behind it."""
    if status == 407 or (status in {403, 503} and SQUIDS_OWN in headers):
        # Unlike 502 and 504, 503 is said before anything was sent.
        return _refused_by_proxy(status)
    return None


def no_address(error: BaseException) -> bool:
    """Whether nothing was sent, because the URL of AWS or of the proxy is none.

    For brackets without an IPv6 address in them Python's own modules have a bare ValueError.
    """
    return any(
        isinstance(cause, LocationValueError) or (type(cause) is ValueError and "IPv6" in str(cause))
        for cause in _causes(error)
    )


def no_header(error: BaseException) -> bool:
    """Whether nothing was sent, because a header of the request would be none: what varies in them is credentials."""
    return any(isinstance(cause, ValueError) and str(cause).startswith("Invalid header") for cause in _causes(error))


def connection_failed(error: BaseException) -> errors.JobError:
    """Return ours for a connection that didn't come about: nothing was sent to AWS."""
    distrust = next(filter(None, map(_distrust, _causes(error))), None)
    if isinstance(error, ProxyConnectionError):
        return _proxy_failed(error, distrust)
    if distrust is None:
        return errors.ServiceUnreachable(f"AWS can't be reached ({type(error).__name__}: {_innermost(error)}).")
    advice = (
        " Set AWS_CA_BUNDLE to the CA certificates of whoever signs it here; for a proxy that opens TLS, "
        "SFN_PROXY_CA_BUNDLE_FILE."
        if distrust.unknown_issuer
        else ""
    )
    return errors.NotAws(f"AWS's TLS certificate isn't trusted: {distrust.reason}.{advice}")


def _proxy_failed(error: ProxyConnectionError, distrust: _Distrust | None) -> errors.JobError:
    url = urlsplit(error.kwargs["proxy_url"])
    proxy = f"The proxy {url.scheme}://{url.netloc.rpartition('@')[2]}"
    if distrust:
        advice = (
            " Set SFN_PROXY_CA_BUNDLE_FILE, with an HTTPS proxy type, or AWS_CA_BUNDLE to its CA certificates."
            if distrust.unknown_issuer
            else ""
        )
        return errors.ProxyRefused(f"{proxy} has a TLS certificate that isn't trusted: {distrust.reason}.{advice}")
    reason = _innermost(error)
    # http.client has the status of a refused CONNECT in its text only.
    status = re.search(r"Tunnel connection failed: (\d+)", reason)
    if status:
        return _refused_by_proxy(int(status[1]))
    return errors.ProxyUnreachable(f"{proxy} can't be reached ({reason}).")


def _refused_by_proxy(status: int) -> errors.JobError:
    if status == 407:
        return errors.ProxyRefused(
            "The proxy refuses the credentials (407): check SFN_PROXY_CREDENTIALS_USER and _PASSWORD."
        )
    if status == 403:
        return errors.ProxyRefused("The proxy doesn't let the job through to AWS (403): have AWS's endpoints allowed.")
    return errors.ProxyUnreachable(f"The proxy can't reach AWS ({status}).")


def _distrust(cause: BaseException) -> _Distrust | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _Distrust(getattr(cause, "verify_message", ""), getattr(cause, "verify_code", 0) in UNKNOWN_ISSUER)
    if isinstance(cause, CertificateError):  # urllib3 compares names itself where ssl isn't told to
        return _Distrust(str(cause), unknown_issuer=False)
    return None


def _innermost(error: BaseException) -> str:
    *_, last = _causes(error)
    return f"{type(last).__name__}: {last}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and what caused it, outermost first: botocore and urllib3 keep it in different places."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        cause = pending.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
            pending.append(getattr(cause, "kwargs", {}).get("error"))
