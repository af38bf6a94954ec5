"""Imports without what a single run never uses; docs/performance.md has what each of them costs."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
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
def without(name: str) -> Iterator[None]:
    """Within the block, whoever imports this module gets an empty one, in which all that it looks for is None.

    Afterwards whoever imports it gets the real one.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = _Empty(name)
    try:
        yield
    finally:
        del sys.modules[name]


class _Empty(ModuleType):
    """A module that has everything, and all of it is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):  # what Python itself asks of a module
            raise AttributeError(name)


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
