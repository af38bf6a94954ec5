"""A process's line of any file of inputs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job import inputs

LINES = st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=20), max_size=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "inputs"


@given(lines=LINES, newline=st.sampled_from(["\n", "\r\n"]), ended=st.booleans(), chunk=st.integers(1, 30))
def test_each_process_gets_its_line_and_one_too_many_none(
    path: Path, lines: list[str], newline: str, *, ended: bool, chunk: int
) -> None:
    """Wherever the pieces end in which the file is read, and whether its last line ends or not."""
    path.write_bytes((newline.join(lines) + newline * (ended and bool(lines))).encode())
    count = len(lines) if ended or not lines or lines[-1] else len(lines) - 1  # nothing behind the last newline
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_CHUNK", chunk)
        assert [inputs.read(str(path), str(index)) for index in range(count)] == lines[:count]
        with pytest.raises(ValueError, match=f"has {count} lines"):
            inputs.read(str(path), str(count))


def line_or_sentence(path: Path, index: str | None) -> str:
    try:
        return inputs.read(str(path), index)
    except ValueError as error:
        return str(error)


@given(content=st.binary(max_size=60), index=st.integers(0, 9).map(str) | st.text(max_size=5) | st.none())
def test_any_file_gives_a_line_or_a_sentence(path: Path, content: bytes, index: str | None) -> None:
    """Which repeats nothing of what is in the file; its first line isn't UTF-8."""
    path.write_bytes(b"Tr0ub4dor\xff" + content)
    assert "Tr0ub4dor" not in line_or_sentence(path, index)
