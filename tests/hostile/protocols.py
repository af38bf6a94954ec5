"""AWS's two wire formats that the job meets: JSON 1.0 (Step Functions) and query/XML (STS)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from .wire import Answer, AwsError

JSON = "application/x-amz-json-1.0"
XML = "text/xml"
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

# The same refusals have other names in the query protocol.
QUERY_ERRORS = {
    "AccessDeniedException": ("AccessDenied", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "ThrottlingException": ("Throttling", 400),
    "UnknownOperationException": ("InvalidAction", 400),
}


def json_answer(body: Mapping[str, Any], delay: float = 0.0) -> Answer:
    """A success. Members that are None are left out, as AWS leaves out what doesn't apply."""
    present = {name: value for name, value in body.items() if value is not None}
    return Answer(200, json.dumps(present).encode(), JSON, delay=delay)


def json_error(error: AwsError) -> Answer:
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return Answer(error.status, body, JSON, {"x-amzn-ErrorType": error.code})


def query_answer(operation: str, result: Mapping[str, Any]) -> Answer:
    return _xml(
        200,
        f"{operation}Response",
        {f"{operation}Result": result, "ResponseMetadata": {"RequestId": str(uuid4())}},
    )


def query_error(error: AwsError) -> Answer:
    code, status = QUERY_ERRORS.get(error.code, (error.code, error.status))
    fault = {"Type": "Sender" if status < 500 else "Receiver", "Code": code, "Message": error.message}
    return _xml(status, "ErrorResponse", {"Error": fault, "RequestId": str(uuid4())})


def _xml(status: int, root: str, content: Mapping[str, Any]) -> Answer:
    document = f'<{root} xmlns="{STS_NAMESPACE}">{_elements(content)}</{root}>'
    return Answer(status, document.encode(), XML)


def _elements(content: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_elements(value) if isinstance(value, Mapping) else escape(str(value))}</{name}>"
        for name, value in content.items()
    )
