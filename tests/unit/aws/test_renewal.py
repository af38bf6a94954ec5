"""Renewal of temporary credentials, where no server can be had to bring it about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from job.aws import renewal


def test_a_renewal_that_brings_nothing_has_failed() -> None:
    """As when an instance has lost its role, which botocore itself notices some 20 minutes later."""
    learned: list[Any] = []
    ended = datetime.now(UTC) - timedelta(seconds=1)
    credentials = RefreshableCredentials("key", "secret", "token", ended, dict, "iam-role")
    renewal.take_over(credentials, learned.extend, limit=5)
    with pytest.raises(CredentialRetrievalError, match=r"iam-role.*there are none any more"):
        credentials.get_frozen_credentials()
    assert learned == []
