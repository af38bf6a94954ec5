"""Imports without what a single run never uses: put off, and done where it is used after all."""

import re
import subprocess
import sys
from importlib import import_module

import pytest

from job.imports import postponed_patterns, without


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


def test_a_module_is_empty_within_the_block_and_real_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with without("colorsys"):
        assert import_module("colorsys").rgb_to_hls is None
    assert import_module("colorsys").rgb_to_hls(0, 0, 0) == (0, 0, 0)


def test_a_module_that_somebody_has_imported_stays() -> None:
    import colorsys

    with without("colorsys"):
        assert sys.modules["colorsys"] is colorsys
    assert sys.modules["colorsys"] is colorsys


def test_boto3_gets_the_real_transfers_where_it_needs_them() -> None:
    script = """
from job.imports import without
with without("s3transfer.manager"):
    import boto3
from boto3.s3.transfer import TransferConfig
print(TransferConfig().max_request_concurrency > 0)
"""
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "True\n"
