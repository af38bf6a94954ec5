"""Who the job is to AWS: the given keys or the default credential chain, and the role assumed with them.

boto3 is imported by the functions, because a run that fails validation needn't pay for it.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from job.loading import Settings

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.session import Session as CoreSession

Learn = Callable[[Iterable[str]], None]
"""Takes secrets that must not be logged: `job.logs.Redactor.learn`."""


def find(core: "CoreSession", settings: Settings, learn: Learn) -> "Credentials":
    """Return the session's credentials, fetched; with the role assumed if asked, they renew themselves.

    ``learn`` is told every secret that turns up. Raises botocore's errors.
    """
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

    if settings.role_based_access:
        _assume_role(core, settings, learn)
    credentials = core.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    teach(learn, credentials)  # which fetches them: a role that can't be assumed is found before the start
    return credentials


def teach(learn: Learn, credentials: "Credentials") -> None:
    """Tell ``learn`` the secrets that the credentials consist of now."""
    frozen = credentials.get_frozen_credentials()
    learn(secret for secret in (frozen.access_key, frozen.secret_key, frozen.token) if secret)


def _assume_role(core: "CoreSession", settings: Settings, learn: Learn) -> None:
    """Make the role, assumed by the session's credentials so far, its only credentials; they renew themselves."""
    from botocore.credentials import (  # noqa: PLC0415
        AssumeRoleCredentialFetcher,
        DeferredRefreshableCredentials,
    )
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

    source = core.get_credentials()
    if source is None:
        raise NoCredentialsError
    teach(learn, source)
    arguments = {
        "RoleSessionName": settings.role_session_name or "sfn-job",
        "ExternalId": settings.external_id,
        "DurationSeconds": settings.role_duration,
    }
    fetcher = AssumeRoleCredentialFetcher(
        core.create_client,
        source,
        # An instance profile is asked for by its role, which has the same name.
        str(settings.role_arn).replace(":instance-profile/", ":role/"),
        extra_args={name: value for name, value in arguments.items() if value is not None},
    )
    core._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")  # noqa: SLF001
