"""Hunting secrets in what a job has said and left behind."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from tests.support.process import Finished


def forms(secret: str) -> set[str]:
    """The shapes in which a secret turns up in headers, URLs, JSON and stacks."""
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    }


def leaks(finished: Finished, *secrets: str, left: str = "") -> set[str]:
    """The secrets that are anywhere in what the job has said and left behind, in any form.

    A JSON string is looked at both as it is written and as it is read.
    """
    said = [finished.stdout, finished.stderr, left]
    for line in "\n".join(said).splitlines():
        said += strings(parsed(line))
    everything = "\n".join(said)
    return {secret for secret in secrets for form in forms(secret) if form in everything}


def parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        yield value
