"""Who the job is to AWS: the given keys or the default credential chain, and the role assumed with them.

botocore is imported by the functions, because a run that fails validation needn't pay for it.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from job import naming
from job.aws import renewal
from job.settings import Settings

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.session import Session as CoreSession

log = logging.getLogger(__name__)

Learn = Callable[[Iterable[str]], None]
"""Takes secrets that must not be logged: `job.logs.Redactor.learn`."""

PROVIDERS: Mapping[str, str] = {
    "env": "AWS_ACCESS_KEY_ID",
    "assume-role": "the profile's role_arn",
    "assume-role-with-web-identity": "AWS_WEB_IDENTITY_TOKEN_FILE",
    "sso": "the profile's sso_session",
    "shared-credentials-file": "the profile in ~/.aws/credentials",
    "login": "the profile's login_session",
    "custom-process": "the profile's credential_process",
    "config-file": "the profile in ~/.aws/config",
    "ec2-credentials-file": "AWS_CREDENTIAL_FILE",
    "boto-config": "BOTO_CONFIG",
    "container-role": "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI",
    "iam-role": "the instance metadata service",
}
"""What each of botocore's providers takes credentials from, by its name; in the order in which they are asked."""


def find(core: "CoreSession", settings: Settings, learn: Learn) -> "Credentials":
    """Return the session's credentials, fetched, with the role assumed if asked; temporary ones renew themselves.

    ``learn`` is told every secret that turns up, now or later. Raises botocore's errors.
    """
    found = core._credentials = core._credentials or _from_chain(core)  # noqa: SLF001 - given keys are there already
    _fetch(found, learn, settings.request_limit)
    given = settings.credentials_user is not None
    log.log(  # what was given is no news
        logging.DEBUG if given else logging.INFO,
        "credentials found",
        extra={"provider": "SFN_CREDENTIALS_USER" if given else found.method},
    )
    if settings.role_based_access:
        name = settings.role_session_name or _session_name(settings)
        found = core._credentials = _role(core, settings, name)  # noqa: SLF001 - the only credentials from now on
        _fetch(found, learn, settings.request_limit)
        log.info("role assumed", extra={"role_arn": settings.role_arn, "role_session_name": name})
    return found


def _from_chain(core: "CoreSession") -> "Credentials":
    """Return what the first provider that has credentials hands out; raise an error that names who failed, or all."""
    from botocore.exceptions import CredentialRetrievalError, NoCredentialsError  # noqa: PLC0415

    providers = core.get_component("credential_provider").providers
    for provider in providers:
        try:
            found: Credentials | None = provider.load()
        except (AttributeError, LookupError, TypeError, ValueError) as error:  # so botocore takes what it can't read
            reason = f"{type(error).__name__}: {error}"
            raise CredentialRetrievalError(provider=provider.METHOD, error_msg=reason) from error
        if found is not None:
            return found
    none = NoCredentialsError()
    tried = ", ".join(f"{provider.METHOD} ({PROVIDERS.get(provider.METHOD)})" for provider in providers)
    none.args = (f"{none}: tried SFN_CREDENTIALS_USER, {tried}",)
    raise none


def _session_name(settings: Settings) -> str:
    """Return the name by which CloudTrail shows whose the role is: the run's; without one, the pod's or the host's."""
    base = naming.base(settings.execution_name, settings.run_id, settings.index)
    return naming.session_name(base or f"sfn-job-{os.uname().nodename}")


def _role(core: "CoreSession", settings: Settings, session_name: str) -> "Credentials":
    """Return the credentials of the role, not fetched yet; whoever the session is now assumes it, each time anew."""
    from botocore.credentials import (  # noqa: PLC0415
        AssumeRoleCredentialFetcher,
        DeferredRefreshableCredentials,
    )

    arguments = {
        "RoleSessionName": session_name,
        "ExternalId": settings.external_id,
        "DurationSeconds": settings.role_duration,
    }
    fetcher = AssumeRoleCredentialFetcher(
        core.create_client,
        core.get_credentials(),
        naming.role_of(str(settings.role_arn)),
        extra_args={name: value for name, value in arguments.items() if value is not None},
    )
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def _fetch(credentials: "Credentials", learn: Learn, limit: float) -> None:
    """Fetch the credentials, so that what is wrong with them is found before the start, and see to their renewal.

    A renewal may take ``limit`` seconds.
    """
    from botocore.credentials import RefreshableCredentials  # noqa: PLC0415

    if isinstance(credentials, RefreshableCredentials):
        renewal.take_over(credentials, learn, limit)
    frozen = credentials.get_frozen_credentials()
    learn(secret for secret in (frozen.access_key, frozen.secret_key, frozen.token) if secret)
