"""The kinds of values that a variable can hold: each parses text, or raises `ValidationError` with what is wrong.

A message never repeats the value: it may be a secret that went into the wrong variable.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from environs import ValidationError

from job import certificates, naming


class Kind(NamedTuple):
    """A kind of value: how the documentation calls it, and how text becomes it."""

    label: str
    parse: Callable[[str], Any]


def _text(text: str) -> str:
    return text


def _boolean(text: str) -> bool:
    value = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if text.lower() not in value:
        raise ValidationError("must be true or false (or yes, no, on, off, 1, 0)")
    return value[text.lower()]


MOST_SECONDS = 1e9
"""Over 30 years. The operating system's own timeouts hold no number of any size."""


def seconds(*, zero: bool) -> Kind:
    """Seconds, with fractions where wanted; above 0, or from 0 on."""

    def parse(text: str) -> float:
        try:
            value = float(text if text.isascii() and "_" not in text else "")  # Python reads 1_0 and other scripts
        except ValueError:
            raise ValidationError("must be a number of seconds") from None
        if not 0 <= value <= MOST_SECONDS or (value == 0 and not zero):
            least = "0 or more" if zero else "above 0"
            raise ValidationError(f"must be a number of seconds, {least}, and at most {MOST_SECONDS:,.0f}")
        return int(value) if value.is_integer() else value

    return Kind("seconds" if zero else "seconds > 0", parse)


def choice(*choices: str) -> Kind:
    """One of ``choices``, to the letter."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValidationError(f"must be one of: {', '.join(choices)}")
        return text

    return Kind("choice: " + ", ".join(f"`{one}`" for one in choices), parse)


def whole_seconds(least: int, most: int) -> Kind:
    """Whole seconds between two limits of AWS's."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
            raise ValidationError(f"must be a whole number of seconds from {least:,} to {most:,}")
        return int(text)

    return Kind(f"whole seconds, {least:,} to {most:,}", parse)


def _matching(pattern: str, message: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValidationError(message)
        return text

    return parse


def _execution_name(text: str) -> str:
    problem = naming.problem_with_base(text)
    if problem:
        raise ValidationError(problem)
    return text


def _json(text: str) -> str:
    """Check that ``text`` is JSON, without turning numbers into Python's: 1e400 and 5,000 digits are JSON too."""

    def not_json(constant: str) -> NoReturn:
        raise ValidationError(f"must be JSON: {constant} is not")

    try:
        json.loads(text, parse_float=_text, parse_int=_text, parse_constant=not_json)
    except json.JSONDecodeError as error:
        raise ValidationError(f"must be JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        pass  # nested deeper than Python can follow: AWS is asked, and its refusal has the same exit code
    return text


_HOST = r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*(%.+)?"
"""A name, or an IPv6 address, of which `urlsplit` has seen that it is one."""


def _proxy(text: str) -> dict[str, str]:
    """Return botocore's ``proxies`` map: scheme of the request → URL of the proxy."""
    proxies: dict[str, str] = {}
    for entry in text.split(","):
        try:
            url = urlsplit(entry.strip())
            host = re.fullmatch(_HOST, url.hostname or "", re.ASCII)
            usable = url.scheme in {"http", "https"} and host and url.port
        except ValueError:  # a port that is none, brackets that don't match
            usable = False
        if not usable or url.path.strip("/") or url.query or url.fragment:
            raise ValidationError("must be http://host:port or http://host:port,https://host:port")
        if url.username is not None:
            raise ValidationError("must not hold credentials: SFN_PROXY_CREDENTIALS_USER and _PASSWORD are for them")
        if url.scheme in proxies:
            raise ValidationError(f"names two proxies for {url.scheme}")
        proxies[url.scheme] = f"{url.scheme}://{url.netloc}"
    if len(proxies) == 1:
        (only,) = proxies.values()
        return {"http": only, "https": only}
    return proxies


def _path(text: str) -> str:
    if "\0" in text:
        raise ValidationError("must be a path, without a null byte")
    return text


def _certificates(text: str) -> str:
    problem = certificates.problem_with(_path(text))
    if problem:
        raise ValidationError(problem)
    return text


def _secret(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", text):  # as where a file of it ends with more than one line break
        raise ValidationError("must not hold line breaks or other control characters")
    return text


def _proxy_user(text: str) -> str:
    if ":" in _secret(text):
        raise ValidationError("must not hold a colon: HTTP takes what follows for the password")
    return text


_PARTITION = r"arn:aws(-[a-z]+)*"
_REGION = r"[a-z]{2,}(-[a-z]+)+-\d+"

TEXT = Kind("text", _text)
SECRET = Kind("secret", _secret)
PATH = Kind("path", _path)
CERTIFICATES = Kind("path", _certificates)
BOOLEAN = Kind("true or false", _boolean)
EXECUTION_NAME = Kind("text", _execution_name)
JSON = Kind("JSON text", _json)
PROXY = Kind("text", _proxy)
PROXY_USER = Kind("secret", _proxy_user)
REGION = Kind("text", _matching(_REGION, "must be the name of a region, such as eu-central-1"))
ROLE_ARN = Kind(
    "ARN",
    _matching(
        _PARTITION + r":iam::\d{12}:(role|instance-profile)/[\w+=,.@/-]+",
        "must be a role's ARN: arn:aws:iam::123456789012:role/name",
    ),
)
ROLE_SESSION_NAME = Kind("text", _matching(r"[\w+=,.@-]{2,64}", "must have 2 to 64 letters, digits or _ + = , . @ -"))
EXTERNAL_ID = Kind(
    "text", _matching(r"[\w+=,.@:/-]{2,1224}", "must have 2 to 1,224 letters, digits or _ + = , . @ : / -")
)
TRACE_HEADER = Kind("text", _matching(r"[\x21-\x7e ]{1,256}", "must have at most 256 characters, all of them ASCII"))
STATE_MACHINE_ARN = Kind(
    "ARN",
    _matching(
        rf"{_PARTITION}:states:{_REGION}:\d{{12}}:stateMachine:[^\s:/<>{{}}\[\]?*\"#%\\^|~`$&,;]+(:[\w.-]+)?",
        "must be a state machine's ARN: arn:aws:states:eu-central-1:123456789012:stateMachine:name, "
        "with :version or :alias behind it where wanted",
    ),
)
