# SPDX-License-Identifier: Apache-2.0
"""The state before the user's own run, as far as it is likely to matter: the working folder and the
files named as arguments. Sealed runs begin with it, so that a program that deletes its input, makes a
folder or counts up a file can be run again. What is too large or elsewhere stays as that run left it.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from hone.tune.seal import Undo

MOST_ENTRIES = 2000
LARGEST_FILE = 16 << 20
MOST_BYTES = 64 << 20
NOT_LOOKED_INTO = {".git", ".hone", ".hg", ".venv", "__pycache__", "node_modules"}

# Whether two looks at a path saw the same: not the time of reading, nor a folder's times.
_Look = tuple[object, ...]


class Before:
    """Copies made before the open run; `undo()` afterwards says what there is to take back."""

    def __init__(self, folder: Path, files: Iterable[str], store: Path) -> None:
        self._folder, self._store = folder, store
        self._copies = store / "copies"
        self._left = MOST_BYTES
        self._whole = True  # the folder's tree, not only its own entries
        paths = self._list()
        named = [folder / name for name in files]
        self._seen = {path: _look(path) for path in [*paths, *named]}
        self._kept = {path for path in self._seen if self._keep(path)}

    def _list(self) -> list[Path]:
        found = []
        for path in _tree(self._folder):
            found.append(path)
            if len(found) > MOST_ENTRIES:
                self._whole = False
                break
        if not self._whole:
            found = sorted(_entries(self._folder))
        return found[:MOST_ENTRIES]

    def _keep(self, path: Path) -> bool:
        with suppress(OSError):
            info = path.lstat()
            copy = self._copies / path.relative_to("/")
            if stat.S_ISREG(info.st_mode) and info.st_size <= min(LARGEST_FILE, self._left):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy)
                self._left -= info.st_size
                return True
            if stat.S_ISLNK(info.st_mode):
                copy.parent.mkdir(parents=True, exist_ok=True)
                os.symlink(os.readlink(path), copy)
                return True
            return stat.S_ISDIR(info.st_mode)
        return False

    def undo(self) -> tuple[Undo | None, list[str]]:
        """What to take back in sealed runs, and every path that the run changed."""
        now = self._list()
        made = [path for path in now if path not in self._seen]
        changed = [path for path, look in self._seen.items() if _look(path) != look]
        paths = sorted(str(path) for path in [*made, *changed])
        if not paths:
            return None, []
        tree = self._store / "undo"
        tree.mkdir()
        for path in sorted(self._kept.intersection(changed)):
            self._lay_out(path, tree)
        return Undo([str(path) for path in made], str(tree)), paths

    def _lay_out(self, path: Path, tree: Path) -> None:
        copy, place = self._copies / path.relative_to("/"), tree / path.relative_to("/")
        for folder in reversed(place.relative_to(tree).parents):
            _make_like(tree / folder, Path("/") / folder)
        if copy.is_symlink() or copy.is_file():
            copy.rename(place)
        else:
            place.mkdir(exist_ok=True)

    def too_large(self) -> list[str]:
        """Files that changed and of which there was no room for a copy."""
        return [
            str(path)
            for path, look in self._seen.items()
            if path not in self._kept and _look(path) != look
        ]


def _make_like(folder: Path, original: Path) -> None:
    if not folder.exists():
        folder.mkdir()
        with suppress(OSError):
            shutil.copystat(original, folder)


def _look(path: Path) -> _Look | None:
    try:
        info = path.lstat()
    except OSError:
        return None
    if stat.S_ISDIR(info.st_mode):
        return info.st_mode, info.st_uid, info.st_gid
    return (
        info.st_mode,
        info.st_uid,
        info.st_gid,
        info.st_ino,
        info.st_size,
        info.st_mtime_ns,
        info.st_ctime_ns,
    )


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name not in NOT_LOOKED_INTO]
    except OSError:
        return []


def _tree(folder: Path) -> Iterator[Path]:
    for path in sorted(_entries(folder)):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _tree(path)
