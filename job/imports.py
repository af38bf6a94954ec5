"""Imports without what a single run never uses; docs/performance.md has what each of them costs.

Nothing is replaced for good: what is put off here is done where it is used after all.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

_compile = re.compile


@contextmanager
def postponed_patterns() -> Iterator[None]:
    """Within the block, compile a regular expression when it is first used, not where it is defined.

    Libraries define far more of them than one run uses. The host names that environs' marshmallow allows in an e-mail
    address cost a quarter of the whole run.
    """
    re.compile = _Postponed  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = _compile


@contextmanager
def without_s3_transfers() -> Iterator[None]:
    """Within the block, boto3 is imported without S3's transfer manager, and so without multiprocessing.

    boto3 imports it for a single question: whether it knows an option. Afterwards whoever needs it gets the real one.
    """
    manager = "s3transfer.manager"
    if manager in sys.modules:
        yield
        return
    sys.modules[manager] = SimpleNamespace(TransferConfig=None)  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[manager]


class _Postponed:
    """A pattern that is compiled when one of its methods or attributes is asked for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._arguments = arguments
        self._options = options

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python itself asks of any object, such as whether it is abstract
            raise AttributeError(name)
        found = getattr(_compile(*self._arguments, **self._options), name)
        setattr(self, name, found)
        return found
