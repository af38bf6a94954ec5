"""The proxy between the job and AWS, and whose TLS certificates are trusted on the way (contract 1)."""

import os
from collections.abc import Mapping
from urllib.parse import quote

from job.loading import Settings


def by_scheme(settings: Settings) -> dict[str, str] | None:
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


def trusted_file(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Return a file with the given proxy CA and all that is trusted anyway; None without a proxy CA.

    The proxy may show its own certificate, or one for AWS that it signed itself, or let AWS's pass. botocore takes one
    file for each, so the certificates are joined, in memory because a hardened container may have no place to write.
    """
    if settings.proxy_ca_bundle_file is None:
        return None
    from botocore.httpsession import where  # noqa: PLC0415

    joined = os.memfd_create("trusted")
    for path in (settings.proxy_ca_bundle_file, environ.get("AWS_CA_BUNDLE") or where()):
        with open(path, "rb") as file:
            os.write(joined, file.read() + b"\n")
    return f"/proc/self/fd/{joined}"
