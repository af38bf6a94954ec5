"""How temporary credentials are renewed: in good time, but not with each request; and failing as late as can be.

botocore begins 15 minutes before their end, which for those that live 15 minutes is always, and in the last 10 minutes
a renewal that fails is an error. Here they are renewed in the last third of their life, 15 minutes at most, and a
renewal that fails is tried again with the next request: it is an error only once the credentials have expired.

A renewal that never ends is one that fails. botocore holds its lock while it renews, so that without credentials that
are still good every later request would wait for it.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from job.signals import in_thread

if TYPE_CHECKING:
    from botocore.credentials import RefreshableCredentials

log = logging.getLogger(__name__)

LONGEST_BEFORE = 900.0
"""Seconds before their end."""


def take_over(credentials: "RefreshableCredentials", learn: Callable[[Iterable[str]], None], limit: float) -> None:
    """Renew ``credentials`` so from now on, within ``limit`` seconds each time; ``learn`` is told each new secret."""
    # botocore has no door of its own to any of this.
    fetch, failing = credentials._refresh_using, False  # noqa: SLF001
    # Where a role's fetcher keeps what it hands out: also what AWS refuses by now.
    cache = getattr(getattr(fetch, "__self__", None), "_cache", {})

    def renew() -> dict[str, Any]:
        nonlocal failing
        cache.clear()
        try:
            fetched = _fetched(lambda: in_thread(fetch).result(limit), credentials)
        except Exception as error:
            if credentials._frozen_credentials and not failing:  # noqa: SLF001 - None before the very first time
                from job.aws.errors import translate  # noqa: PLC0415 - imports botocore

                ours = translate(error, renewable=True)
                log.warning("credentials can't be renewed now", extra={"reason": ours.detail or str(ours)})
            failing = True
            raise
        failing = False
        _begin_before(credentials._expiry_datetime(fetched["expiry_time"]), credentials)  # noqa: SLF001
        learn(fetched[key] for key in ("access_key", "secret_key", "token") if fetched.get(key))
        return fetched

    credentials._refresh_using = renew  # noqa: SLF001
    credentials._mandatory_refresh_timeout = 0  # noqa: SLF001
    if credentials._expiry_time:  # noqa: SLF001 - None before the very first time
        _begin_before(credentials._expiry_time, credentials)  # noqa: SLF001


def hasten(credentials: "RefreshableCredentials") -> None:
    """Renew them with the next request: AWS says that they have expired, whatever it said when it handed them out."""
    credentials._expiry_time = credentials._time_fetcher() - timedelta(seconds=1)  # noqa: SLF001


def _fetched(fetch: Callable[[], dict[str, Any]], credentials: "RefreshableCredentials") -> dict[str, Any]:
    """Return what is fetched, if it can be used. Raises botocore's errors."""
    from botocore.exceptions import CredentialRetrievalError, ParamValidationError  # noqa: PLC0415

    reason = "there are none any more"
    try:
        fetched = fetch()
    except (ParamValidationError, UnicodeDecodeError) as error:  # a token file that holds no token
        raise CredentialRetrievalError(provider=credentials.method, error_msg=error) from error
    if fetched:
        if _seconds_to(credentials._expiry_datetime(fetched["expiry_time"]), credentials) > 0:  # noqa: SLF001
            return fetched
        reason = f"those handed out have expired, at {fetched['expiry_time']}"
    raise CredentialRetrievalError(provider=credentials.method, error_msg=reason)


def _begin_before(end: datetime, credentials: "RefreshableCredentials") -> None:
    """Set when the next renewal begins, for credentials good until ``end``."""
    credentials._advisory_refresh_timeout = min(_seconds_to(end, credentials) / 3, LONGEST_BEFORE)  # noqa: SLF001


def _seconds_to(end: datetime, credentials: "RefreshableCredentials") -> float:
    left: float = (end - credentials._time_fetcher()).total_seconds()  # noqa: SLF001
    return left
