"""Fan-out: which line of SFN_INPUTS_FILE is this process's input (contract 1)."""

from collections.abc import Mapping

from job.secrets import LARGEST

INDEX_VARIABLES = ("JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX")
"""Where Kubernetes and AWS Batch say which of the processes of a fan-out this is, from 0."""

_CHUNK = 1 << 20


def index_of(environ: Mapping[str, str]) -> str | None:
    """Return this process's index in a fan-out; None where it isn't in one."""
    return next((environ[variable] for variable in INDEX_VARIABLES if environ.get(variable)), None)


def read(path: str, index: str | None) -> str:
    """Return the line of the file whose number, from 0, is ``index``.

    The lines before it are skipped in pieces: a file of any size costs no more memory than a small one. Raises
    ValueError with a sentence that says what is wrong, and never repeats what the file holds.
    """
    if index is None:
        raise ValueError(f"needs {' or '.join(INDEX_VARIABLES)}, which says which line is meant")
    if not (index.isascii() and index.isdigit()):
        raise ValueError(f"needs a whole number, from 0, in {' or '.join(INDEX_VARIABLES)}")
    number = int(index)
    try:
        line = _line(path, number)
    except OSError as error:
        raise ValueError(f"names a file that can't be read: {error.strerror}") from None
    if len(line) > LARGEST:
        raise ValueError(f"line {number + 1} (index {number}) is longer than {LARGEST:,} bytes")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ValueError(f"line {number + 1} (index {number}) is not valid UTF-8") from None


def _line(path: str, number: int) -> bytes:
    """Return the line, or as much of it as shows that it is too long. Raises OSError, and ValueError without it."""
    passed, ended = 0, True
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            newlines = chunk.count(b"\n")
            if passed + newlines >= number:
                line = chunk.split(b"\n", number - passed)[-1] + file.read(LARGEST + len(b"\r\n"))
                if line:
                    return line.partition(b"\n")[0].removesuffix(b"\r")
            passed, ended = passed + newlines, chunk.endswith(b"\n")
    lines = passed if ended else passed + 1
    raise ValueError(f"has {lines:,} lines, and so none for index {number}")
