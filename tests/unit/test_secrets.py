"""Values from variables and from files."""

from pathlib import Path

import pytest

from job.secrets import LARGEST, read


def from_file(path: Path | str) -> tuple[str | None, list[str]]:
    values, problems = read(["SFN_X"], {"SFN_X_FILE": str(path)})
    return values.get("SFN_X"), [problem.variable for problem in problems]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        (b"secret\n\n", "secret\n"),
        (b" secret ", " secret "),
        (b"a\nb\n", "a\nb"),
        (b"secret\r", "secret\r"),
        ("ç\U0001f600".encode(), "ç\U0001f600"),
        (b"", None),
        (b"\n", None),
    ],
)
def test_a_file_gives_its_content_less_one_trailing_newline(tmp_path: Path, content: bytes, value: str | None) -> None:
    """An empty one is as good as none."""
    (tmp_path / "value").write_bytes(content)
    assert from_file(tmp_path / "value") == (value, [])


@pytest.mark.parametrize("path", ["/nowhere", "/", "/etc/hostname/x", "null\0byte"])
def test_a_path_that_cannot_be_read_is_a_problem_of_its_variable(path: str) -> None:
    """Whatever the operating system says about it."""
    assert from_file(path) == (None, ["SFN_X_FILE"])


def test_a_problem_never_repeats_the_path() -> None:
    """Somebody may have put the secret itself there."""
    _, problems = read(["SFN_X"], {"SFN_X_FILE": "hunter2"})
    assert "hunter2" not in str(problems)


def test_what_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    """From a file, and from the environment, where such bytes arrive as lone surrogates."""
    (tmp_path / "value").write_bytes(b"\xff\xfe")
    assert from_file(tmp_path / "value") == (None, ["SFN_X"])
    assert read(["SFN_X"], {"SFN_X": "\udcff"})[1][0].variable == "SFN_X"


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False), (1_000_000, False)])
@pytest.mark.parametrize("newline", [b"", b"\n", b"\r\n"])
def test_the_limit_is_in_bytes_without_the_newline(tmp_path: Path, more: int, fits: bool, newline: bytes) -> None:
    """Exactly AWS's limit fits."""
    (tmp_path / "value").write_bytes(b"x" * (LARGEST + more) + newline)
    value, problems = from_file(tmp_path / "value")
    assert (value is not None) == fits
    assert problems == ([] if fits else ["SFN_X"])


def test_both_forms_are_a_problem() -> None:
    """Never a silent choice."""
    assert read(["SFN_X"], {"SFN_X": "a", "SFN_X_FILE": "/etc/hostname"})[1][0].variable == "SFN_X"


@pytest.mark.parametrize("environ", [{}, {"SFN_X": ""}, {"SFN_X": "", "SFN_X_FILE": ""}])
def test_empty_is_unset(environ: dict[str, str]) -> None:
    """As in a shell's ${X:-}."""
    assert read(["SFN_X"], environ) == ({}, [])


def test_an_empty_variable_leaves_the_file_in_force(tmp_path: Path) -> None:
    """It is unset, so only one is given."""
    (tmp_path / "value").write_text("v")
    assert read(["SFN_X"], {"SFN_X": "", "SFN_X_FILE": str(tmp_path / "value")})[0] == {"SFN_X": "v"}
