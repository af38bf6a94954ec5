"""STS's operations, and who the sender of a request is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .aws import ACCOUNT_ID, Account
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
    role, session_name = body["RoleArn"].rsplit("/", 1)[-1], body["RoleSessionName"]
    session = account.hand_out(role, session_name, float(body.get("DurationSeconds", DEFAULT_DURATION)))
    return {
        "AssumedRoleUser": {"AssumedRoleId": f"AROAHOSTILE:{session_name}", "Arn": session.arn},
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
            "Expiration": datetime.fromtimestamp(session.expiration, UTC).isoformat(),
        },
    }


def assume_role_with_web_identity(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """As AssumeRole, for whoever has the token. Raises InvalidIdentityToken, ExpiredTokenException."""
    token = body["WebIdentityToken"]
    if token in account.web_identity_tokens[:-1]:
        raise AwsError("ExpiredTokenException", "Token expired: it was rotated")
    if token != account.web_identity_tokens[-1]:
        raise AwsError("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider")
    return {**assume_role(account, body), "SubjectFromWebIdentityToken": "system:serviceaccount:jobs:runner"}


def caller_identity(arn: str) -> dict[str, Any]:
    return {"Arn": arn, "UserId": "AIDAHOSTILE", "Account": ACCOUNT_ID}
