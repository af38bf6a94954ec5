"""Files that the job leaves: found writable before anything is started, then written whole or not at all."""

import errno
import os
from contextlib import suppress

from job.errors import Problem

_KEEPS_ITS_PLACE = {errno.EACCES, errno.EBUSY, errno.EPERM, errno.EROFS}
"""Errors of a file that can't be replaced, or have a neighbour, as one that is mounted by itself."""


class File:
    """One file, by the variable that names it."""

    def __init__(self, variable: str, path: str) -> None:
        """Nothing is touched yet."""
        self._variable = variable
        # A link to a file stays one, and its target is replaced. A link to a pipe, as /dev/stdout is, has no target.
        self._path = path if _special(path) else os.path.realpath(path)

    def problems(self) -> list[Problem]:
        """Return what would keep the file from being written."""
        try:
            if os.path.isdir(self._path):
                return [Problem(self._variable, "names a directory")]
            if not (os.path.exists(self._path) and os.access(self._path, os.W_OK)):
                os.close(os.open(self._partial, os.O_WRONLY | os.O_CREAT, 0o666))
                os.unlink(self._partial)
        except OSError as error:
            return [Problem(self._variable, f"can't be written: {error.strerror}")]
        return []

    def write(self, content: bytes) -> None:
        """Write the file; raises OSError."""
        if _special(self._path):
            self._write_in_place(content)  # a pipe or device keeps its place
            return
        try:
            descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            try:
                write(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(self._partial, self._path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(self._partial)
            # On a full disk an older file stays as it was; one that is mounted by itself may be on another disk.
            if error.errno not in _KEEPS_ITS_PLACE and not os.path.ismount(self._path):
                raise
            self._write_in_place(content)

    @property
    def _partial(self) -> str:
        return f"{self._path}.{os.getpid()}.partial"

    def _write_in_place(self, content: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_TRUNC)
        try:
            write(descriptor, content)
        finally:
            os.close(descriptor)


def _special(path: str) -> bool:
    """Return whether something is there that can't be replaced, such as a pipe or a device."""
    return os.path.exists(path) and not os.path.isfile(path)


def write(descriptor: int, content: bytes) -> None:
    """Write all of it to an open file or pipe; raises OSError."""
    while content:
        content = content[os.write(descriptor, content) :]
