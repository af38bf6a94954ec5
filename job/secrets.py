"""Where values come from: a variable, or the file that ``<NAME>_FILE`` names (contract 1)."""

from collections.abc import Iterable, Mapping

from job.errors import Problem

MASK = "****"
"""What a secret shows as."""

FILE_SUFFIX = "_FILE"
LARGEST = 262_144
"""Bytes of UTF-8: Step Functions' limit for an input, the longest value there is."""


def read(variables: Iterable[str], environ: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """Return the given values by variable, and what was wrong with giving them.

    An empty value is an unset one, from a file too. One trailing newline of a file is dropped.
    """
    values, problems = {}, []
    for variable in variables:
        value, path = environ.get(variable, ""), environ.get(variable + FILE_SUFFIX, "")
        if value and path:
            problems.append(Problem(variable, f"is given, and {variable + FILE_SUFFIX} too: give one of them"))
            continue
        try:
            content = _read_file(path) if path else value.encode()
            if len(content) > LARGEST:
                problems.append(Problem(variable, f"is longer than {LARGEST:,} bytes"))
            elif content:
                values[variable] = content.decode()
        except UnicodeError:  # what isn't UTF-8 in the environment arrives as lone surrogates, which don't encode
            problems.append(Problem(variable, "is not valid UTF-8"))
        except (OSError, ValueError) as error:  # ValueError: a null byte in the path
            # Without the path: somebody may have put the secret itself there.
            reason = error.strerror if isinstance(error, OSError) else error
            problems.append(Problem(variable + FILE_SUFFIX, f"names a file that can't be read: {reason}"))
    return values, problems


def _read_file(path: str) -> bytes:
    with open(path, "rb") as file:
        content = file.read(LARGEST + len(b"\r\n") + 1)
    return content.removesuffix(b"\n").removesuffix(b"\r") if content.endswith(b"\n") else content
