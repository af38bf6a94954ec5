"""Imports without what a single run never uses: put off, and done where it is used after all."""

import re
import sys

import pytest

from job.imports import postponed_patterns, without_s3_transfers


def test_a_postponed_pattern_is_compiled_when_it_is_used() -> None:
    with postponed_patterns():
        wrong = re.compile("(")
        right = re.compile("a(b+)c", flags=re.IGNORECASE)
    found = right.search("xABBC")
    assert found
    assert found[1] == "BB"
    assert right.pattern == "a(b+)c"
    with pytest.raises(re.error):
        wrong.search("x")


def test_python_finds_none_of_its_own_marks_on_a_postponed_pattern() -> None:
    """An abstract class asks each of its attributes for one, which must compile nothing."""
    with postponed_patterns():
        wrong = re.compile("(")
    assert not getattr(wrong, "__isabstractmethod__", False)


def test_patterns_are_compiled_at_once_again_after_the_block_however_it_ends() -> None:
    with pytest.raises(ZeroDivisionError), postponed_patterns():
        raise ZeroDivisionError
    assert isinstance(re.compile("a"), re.Pattern)


def test_who_needs_transfers_afterwards_gets_the_real_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "s3transfer.manager", raising=False)
    with without_s3_transfers():
        from s3transfer.manager import TransferConfig as Nothing
    assert Nothing is None
    from s3transfer.manager import TransferConfig

    assert TransferConfig().max_request_concurrency > 0


def test_transfers_that_somebody_has_imported_stay() -> None:
    from s3transfer import manager

    with without_s3_transfers():
        assert sys.modules["s3transfer.manager"] is manager
    assert sys.modules["s3transfer.manager"] is manager
