# SPDX-License-Identifier: Apache-2.0
"""Kept runs: FOLDER/MACHINE/NNNN_NAME.json, in pytest-benchmark's form, so that its `compare` reads them."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hone.pytest_plugin.voice import Voice

_NUMBERED = "[0-9][0-9][0-9][0-9]_"


def machine_id() -> str:
    version = ".".join(platform.python_version_tuple()[:2])
    bits = platform.architecture()[0]
    return f"{platform.system()}-{platform.python_implementation()}-{version}-{bits}"


def dumps(document: Any) -> str:
    return json.dumps(document, indent=4, default=lambda value: f"UNSERIALIZABLE[{value!r}]")


def folder_of(uri: str) -> str:
    """Raises ValueError for what is no folder."""
    scheme, there, path = uri.partition("://")
    if not there:
        return uri
    if scheme != "file":
        raise ValueError(f"runs are kept in a folder, file://PATH: hone has no storage {uri}")
    return path


class FileStorage:
    def __init__(self, path: str, logger: Voice, default_machine_id: str | None = None) -> None:
        self.path = Path(path).resolve()
        self.machine_id = default_machine_id or machine_id()
        self._voice = logger

    def __str__(self) -> str:
        return str(self.path)

    @property
    def location(self) -> str:
        """As people write it."""
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)

    def save(self, document: dict[str, Any], name: str) -> Path:
        """Under the next number. Raises OSError."""
        folder = self.path / self.machine_id
        folder.mkdir(parents=True, exist_ok=True)
        text = dumps(document)
        number = self._last() + 1
        while True:
            file = folder / f"{number:04}_{name}.json"
            try:
                with file.open("x", encoding="ascii") as out:
                    out.write(text)
            except FileExistsError:  # another run was quicker
                number += 1
                continue
            self._voice.info(f"Saved benchmark data in: {file}")
            return file

    def _last(self) -> int:
        files = self.query(f"{_NUMBERED}*")
        return max((int(file.name.partition("_")[0]) for file in files), default=0)

    def query(self, *wanted: str) -> list[Path]:
        """Files by their names, or the beginnings of names, with or without a machine's: MACHINE/NAME."""
        found: list[Path] = []
        for word in wanted or ("*",):
            if Path(word).is_file():
                found.append(Path(word))
                continue
            machine, _, start = word.rpartition("/")
            pattern = f"{start.rstrip('*').removesuffix('.json')}*.json"
            found += self.path.glob(f"{machine or self.machine_id}/{pattern}")
            if not machine:
                found += self.path.glob(pattern)
        return sorted(found, key=lambda file: (file.name, file.parent))

    def load(self, *wanted: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Runs with their paths below the folder; all with a number by default."""
        for file in self.query(*wanted or (_NUMBERED,)):
            try:
                run = json.loads(file.read_text(encoding="utf-8"))
                for row in run["benchmarks"]:
                    row["stats"].setdefault("ops", 1 / row["stats"]["mean"])
            except (OSError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:  # fmt: skip
                self._voice.warning(f"{file} can't be read as a kept run: {error!r}")
                continue
            below = file.is_relative_to(self.path)
            yield (file.relative_to(self.path) if below else file), run


def source_of(path: Path) -> str:
    """What a kept run is called in tables."""
    parts = path.parts[1:] if path.parts[:1] == (machine_id(),) else path.parts
    return "/".join(parts).removesuffix(".json")
