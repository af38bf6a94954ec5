"""Files that the job leaves: whole or not at all."""

import os
from pathlib import Path

import pytest

from job import files
from job.files import File


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing else is left beside it."""
    path = tmp_path / "result.json"
    path.write_text("old " * 1000)
    destination = File("SFN_REPORT_PATH", str(path))
    assert destination.problems() == []
    destination.write(b"new")
    assert path.read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]


def test_checking_leaves_no_trace(tmp_path: Path) -> None:
    """Neither an empty file nor a changed one."""
    (tmp_path / "old").write_text("old")
    assert File("SFN_REPORT_PATH", str(tmp_path / "new")).problems() == []
    assert File("SFN_REPORT_PATH", str(tmp_path / "old")).problems() == []
    assert [one.name for one in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"


@pytest.mark.parametrize("path", ["/nowhere/result.json", "/", "/proc/result.json"])
def test_a_path_that_cannot_be_written_is_a_problem(path: str) -> None:
    """Before anything is started."""
    assert [problem.variable for problem in File("SFN_REPORT_PATH", path).problems()] == ["SFN_REPORT_PATH"]


def test_a_pipe_keeps_its_place(tmp_path: Path) -> None:
    """What isn't a regular file is written to, not replaced."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    File("SFN_REPORT_PATH", str(pipe)).write(b"new")
    assert os.read(reader, 100) == b"new"
    assert pipe.is_fifo()
    os.close(reader)


def test_a_pipe_without_reader_is_an_error() -> None:
    """The caller must learn of it."""
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        files.write(writer, b"new")
    os.close(writer)
