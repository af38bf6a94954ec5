"""Which line of a file of inputs is meant, and at what cost."""

import tracemalloc
from pathlib import Path

import pytest

from job import inputs


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("end", ["", "\n"])
def test_every_line_is_found_wherever_the_pieces_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, end: str
) -> None:
    """Empty lines count too."""
    monkeypatch.setattr(inputs, "_CHUNK", chunk)
    lines = ["a", "", "bcd", "", "", "e", "f" * 20]
    path = tmp_path / "inputs"
    path.write_text("\n".join(lines) + end)
    assert [inputs.read(str(path), str(index)) for index in range(len(lines))] == lines
    with pytest.raises(ValueError, match=f"has {len(lines)} lines"):
        inputs.read(str(path), str(len(lines)))


def test_a_large_file_costs_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    """A gigabyte, most of it in one line, and sparse, so that it needs no disk."""
    path = tmp_path / "inputs"
    with path.open("wb") as file:
        file.write(b"{}\n" * 1000)
        file.seek(1 << 30)
        file.write(b"\n[1]\n")
    tracemalloc.start()
    try:
        assert inputs.read(str(path), "1001") == "[1]"
        with pytest.raises(ValueError, match=r"line 1001 .* is longer than"):
            inputs.read(str(path), "1000")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
