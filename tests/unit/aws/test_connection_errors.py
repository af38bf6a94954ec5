"""What goes wrong on the way to AWS, by class and status: whose fault it is, and whether it passes."""

import ssl

import botocore.exceptions
import pytest
from urllib3.util.ssl_match_hostname import CertificateError

from job import errors
from job.aws.connection_errors import proxy_answered
from job.aws.errors import translate
from job.outcomes import Outcome

ADDRESS = "http://***:***@proxy:3128"


def unverified(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code, error.verify_message = code, "as OpenSSL says it"
    return error


@pytest.mark.parametrize(
    ("cause", "advice"), [(unverified(20), True), (unverified(10), False), (CertificateError("other name"), False)]
)
def test_a_certificate_that_is_not_trusted_says_why(cause: Exception, advice: bool) -> None:
    """What to set helps where the issuer isn't known, and not with an expired certificate or one for another host."""
    error = botocore.exceptions.SSLError(endpoint_url="https://x", error=cause)
    translated = translate(error, renewable=False)
    assert type(translated) is errors.NotAws
    assert ("AWS_CA_BUNDLE" in str(translated)) is advice


def test_other_trouble_with_tls_passes() -> None:
    """It is told from certificates by the class of its cause."""
    cut = botocore.exceptions.SSLError(endpoint_url="https://x", error=ssl.SSLEOFError("cut"))
    assert translate(cut, renewable=False).transient


@pytest.mark.parametrize(
    ("cause", "ours"),
    [
        (ConnectionRefusedError(111, "Connection refused"), errors.ProxyUnreachable),
        (TimeoutError("timed out"), errors.ProxyUnreachable),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), errors.ProxyRefused),
        (OSError("Tunnel connection failed: 403 Forbidden"), errors.ProxyRefused),
        (OSError("Tunnel connection failed: 503 Service Unavailable"), errors.ProxyUnreachable),
        (OSError("a port 407"), errors.ProxyUnreachable),
        (unverified(20), errors.ProxyRefused),
        (CertificateError("other name"), errors.ProxyRefused),
    ],
)
def test_what_a_proxy_does_is_exit_11(cause: Exception, ours: type[errors.JobError]) -> None:
    """Unreachable passes, refusing doesn't; and its address is named without the credentials in it."""
    error = botocore.exceptions.ProxyConnectionError(proxy_url=ADDRESS, error=cause)
    translated = translate(error, renewable=False)
    assert type(translated) is ours
    assert translated.outcome is Outcome.PROXY_ERROR
    assert "@" not in str(translated)


@pytest.mark.parametrize(
    ("status", "squids", "ours"),
    [
        (407, False, errors.ProxyRefused),
        (403, True, errors.ProxyRefused),
        (503, True, errors.ProxyUnreachable),
        (200, False, None),
        (403, False, None),
        (503, False, None),
        (502, True, None),
        (504, True, None),
    ],
)
def test_a_proxys_own_answer_is_told_from_aws(status: int, squids: bool, ours: type[errors.JobError] | None) -> None:
    """Not so 502 and 504: by then the request may have been carried out, which only a lost answer says."""
    found = proxy_answered(status, {"X-Squid-Error": "ERR_CONNECT_FAIL 111"} if squids else {})
    assert (type(found) if found else None) is ours
