# SPDX-License-Identifier: Apache-2.0
"""Files that hone writes: whole ones or none; and what was recorded is not lost where one can't be written."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable

UNWRITTEN = 1  # the exit code then, if the program's own is 0


def write(path: str | os.PathLike[str], parts: Iterable[bytes]) -> None:
    """All of PARTS; a file that can't be finished is not left behind. Raises OSError."""
    with io.open(path, "wb") as file:  # noqa: UP020 - the program may have replaced the builtin one
        try:
            for part in parts:
                file.write(part)
            file.flush()
        except BaseException:
            discard(path)
            raise


def discard(path: str | os.PathLike[str]) -> None:
    """Remove a file that was begun and won't be finished. Pipes and devices stay."""
    if os.path.isfile(path):
        try:  # noqa: SIM105 - no module contextlib for this
            os.unlink(os.path.realpath(path))
        except OSError:
            pass  # gone already, or in a folder that is not ours


def save(path: str, suffix: str, write: Callable[[str], object], what: str = "profile") -> str:
    """WRITE(path); if that can't be, to a temporary file. What there is to say then, else nothing."""
    try:
        write(path)
    except Exception as error:
        return save_elsewhere(suffix, write, unwritable(path, error), what)
    return ""


def save_elsewhere(
    suffix: str, write: Callable[[str], object], why: str, what: str = "profile"
) -> str:
    """WRITE to a temporary file; a sentence on that, which begins with WHY."""
    try:
        path = _temporary(suffix)
    except OSError as error:
        return f"{why}; the {what} is lost: {error.strerror}"
    try:
        write(path)
    except Exception as error:
        discard(path)
        return f"{why}; the {what} is lost: {_reason(error)}"
    return f"{why}; the {what} is in {path}"


def unwritable(path: str, error: Exception) -> str:
    """As a sentence; the text of what hone itself raises is one."""
    text = str(error)
    return text if text.startswith(path) else f"{path} can't be written: {_reason(error)}"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _temporary(suffix: str) -> str:
    """A new and empty file that only this user may read. The module tempfile takes long to import."""
    folders = [os.environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP")]
    last = OSError(0, "there is no folder for it")
    for folder in dict.fromkeys((*filter(os.path.isdir, folders), "/tmp", "/var/tmp")):
        path = os.path.join(folder, f"hone-{os.urandom(6).hex()}{suffix}")
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except OSError as error:
            last = error
        else:
            return path
    raise last
