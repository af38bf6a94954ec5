"""The log: one event a line on standard error, JSON or text, with every secret redacted by its value."""

import base64
import copy
import json
import logging
import re
from collections.abc import Iterable
from typing import TextIO
from urllib.parse import quote, quote_plus

from job.run import Run
from job.secrets import MASK

_TALKATIVE = (
    "botocore.auth",
    "botocore.credentials",
    "botocore.endpoint",
    "botocore.hooks",
    "botocore.parsers",
    "botocore.utils",
)
"""Loggers that show whole requests and answers: signatures, tokens, credentials, the input and the output."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Redactor:
    """Replaces secrets in text, in the forms in which they turn up in headers, URLs, JSON and tracebacks."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Redact these values from now on."""
        self._secrets: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Redact these values too."""
        known = self._secrets.union(secrets)
        if known != self._secrets:
            # The longest first, because one secret may be part of another.
            forms = sorted({form for secret in known for form in _forms(secret)}, key=len, reverse=True)
            self._secrets, self._pattern = known, re.compile("|".join(map(re.escape, forms)))

    def __call__(self, text: str) -> str:
        """Return ``text`` without the secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms(secret: str) -> Iterable[str]:
    utf8 = secret.encode(errors="surrogatepass")  # what isn't UTF-8 in the environment arrives as lone surrogates
    yield secret
    yield quote(utf8, safe="")
    yield quote_plus(utf8)
    yield quote(utf8)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    for padding in (b"", b"x", b"xx"):  # base64 of a text that holds the secret, at each of three alignments
        encoded = base64.b64encode(padding + utf8).decode().rstrip("=")
        start = -(-len(padding) * 4 // 3)
        # The last character may hold bits of what follows.
        if len(encoded) - start > 8:
            yield encoded[start:-1]


_STACK = logging.Formatter()


class _Context(logging.Filter):
    """Adds what is known of the run's execution to each event, for machines; people have read it once."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def filter(self, record: logging.LogRecord) -> bool:
        execution = self._run.execution
        if execution:
            record.execution_name = execution.name
            record.execution_status = execution.status
            record.execution_arn = execution.execution_arn
        if self._run.state and not hasattr(record, "state"):
            record.state = self._run.state
        return True


class _Handler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO, redactor: Redactor) -> None:
        super().__init__(stream)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        # Each part by itself, because formatting escapes it anew; then the whole, for what formatting makes of numbers,
        # lists and stacks.
        redacted = copy.copy(record)
        redacted.msg, redacted.args = self._redactor(record.getMessage()), None
        for key, value in vars(record).items():
            if key not in _STANDARD and isinstance(value, str):
                setattr(redacted, key, self._redactor(value))
        if record.exc_info:
            redacted.exc_info, redacted.exc_text = None, self._redactor(_STACK.formatException(record.exc_info))
        return self._redactor(super().format(redacted))


class _TextFormatter(logging.Formatter):
    """``12:00:00 INFO started  execution_name=nightly-1 …``: for people."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {message}", datefmt="%H:%M:%S", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        facts = [f"{key}={_word(value)}" for key, value in vars(record).items() if key not in _STANDARD]
        return "  ".join([super().formatMessage(record), " ".join(facts)]).rstrip()


def _word(value: object) -> str:
    text = str(value)
    return text if re.fullmatch(r"[^\s\"\\=]+", text) and text.isprintable() else json.dumps(text, ensure_ascii=False)


def configure(
    level: str, format_: str, stream: TextIO | None, redactor: Redactor, run: Run
) -> "logging.StreamHandler[TextIO] | None":
    """Send the job's events to ``stream``, and at DEBUG the libraries' too. ``format_``: auto, json or text.

    Returns the handler where people look on: text on a terminal.
    """
    logging.raiseExceptions = False  # a log that can't be written must not end the run
    if stream is None:  # standard error is closed
        logging.disable()
        return None
    handler = _Handler(stream, redactor)
    as_text = format_ == "text" or (format_ == "auto" and stream.isatty())
    if as_text:
        handler.setFormatter(_TextFormatter())
    else:
        from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415 - start-up is paid by everybody

        handler.addFilter(_Context(run))
        handler.setFormatter(
            JsonFormatter("{levelname}{name}{message}", style="{", timestamp=True, rename_fields={"levelname": "level"})
        )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("DEBUG" if level == "DEBUG" else "WARNING")
    logging.getLogger("job").setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel("ERROR")
    return handler if as_text and stream.isatty() else None
