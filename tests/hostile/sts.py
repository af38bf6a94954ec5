"""STS's operations, and who the sender of a request is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from .aws import ACCOUNT_ID, Account, Session
from .wire import AwsError

USER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:user/hostile"
DEFAULT_DURATION = 3600


def caller_arn(account: Account, access_key: str | None, session_token: str | None) -> str:
    """The ARN of who signed. Raises MissingAuthenticationTokenException, ExpiredTokenException.

    Signatures aren't verified. Session tokens that this account didn't hand out are somebody's who is trusted.
    """
    if access_key is None:
        raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token")
    session = account.sessions.get(session_token or "")
    if session is None:
        return USER_ARN
    if account.clock() >= session.expiration:
        raise AwsError("ExpiredTokenException", "The security token included in the request is expired")
    return session.arn


def assume_role(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """New credentials, good for as long as `credentials_lifetime` says and no longer."""
    lifetime = account.credentials_lifetime
    if lifetime is None:
        lifetime = float(body.get("DurationSeconds", DEFAULT_DURATION))
    role, session_name = body["RoleArn"].rsplit("/", 1)[-1], body["RoleSessionName"]
    arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session_name}"
    access_key, token = f"ASIA{uuid4().hex[:16].upper()}", uuid4().hex
    session = account.sessions[token] = Session(access_key, arn, account.clock() + lifetime)
    return {
        "AssumedRoleUser": {"AssumedRoleId": f"AROAHOSTILE:{session_name}", "Arn": arn},
        "Credentials": {
            "AccessKeyId": access_key,
            "SecretAccessKey": uuid4().hex,
            "SessionToken": token,
            "Expiration": datetime.fromtimestamp(session.expiration, UTC).isoformat(),
        },
    }


def caller_identity(arn: str) -> dict[str, Any]:
    return {"Arn": arn, "UserId": "AIDAHOSTILE", "Account": ACCOUNT_ID}
