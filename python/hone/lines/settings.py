# SPDX-License-Identifier: Apache-2.0
"""Defaults from `[tool.line_profiler.…]` of line_profiler.toml or pyproject.toml.

Searched from the working directory upwards, unless $LINE_PROFILER_RC or the caller names a file.
Words may be joined by "-" or "_"; keys that are not known here are left out.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hone.report.lines_text import WIDTHS

VARIABLE = "LINE_PROFILER_RC"
_FILES = ("line_profiler.toml", "pyproject.toml")

DEFAULTS: dict[str, Any] = {
    "kernprof": {
        "line_by_line": False,
        "builtin": False,
        "rich": False,
        "skip_zero": False,
        "summarize": False,
        "preimports": True,
        "prof_imports": False,
        "verbose": 0,
        "outfile": "",
        "setup": "",
        "unit": 1e-6,
        "output_interval": 0,
        "prof_mod": [],
    },
    "cli": {"unit": 1e-6, "rich": False, "skip_zero": False, "sort": False, "summarize": False},
    "setup": {
        "environ_flags": ["LINE_PROFILE"],
        "cli_flags": ["--line-profile", "--line_profile"],
    },
    "write": {
        "output_prefix": "profile_output",
        "lprof": True,
        "text": True,
        "timestamped_text": True,
        "stdout": True,
    },
    "show": {
        "sort": True,
        "stripzeros": True,
        "rich": True,
        "details": False,
        "summarize": True,
        "column_widths": dict(WIDTHS),
    },
}


class SettingsError(ValueError):
    """A file that was named has no settings."""


def read(config: Any = None) -> dict[str, Any]:
    """DEFAULTS with what the file says. `config`: a path; None or True to search; False: no file."""
    if config is False:
        return _merged(DEFAULTS, {})
    if config is not None and config is not True:
        return _merged(DEFAULTS, _table(Path(config), must=True))
    for path in _candidates():
        if path.is_file():
            try:
                return _merged(DEFAULTS, _table(path, must=False))
            except SettingsError:
                continue
    return _merged(DEFAULTS, {})


def _candidates() -> Iterator[Path]:
    if named := os.environ.get(VARIABLE):
        yield Path(named)
        return
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in _FILES:
            yield folder / name


def _table(path: Path, *, must: bool) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            found: Any = tomllib.load(file)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    for name in ("tool", "line_profiler"):
        found = found.get(name, {}) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        if must:
            raise SettingsError(f"{path}: [tool.line_profiler] holds tables only")
        return {}
    return found


def _merged(defaults: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    words = {key.replace("-", "_"): value for key, value in found.items()}
    return {
        key: _merged(value, words.get(key, {}))
        if isinstance(value, dict)
        else words.get(key, list(value) if isinstance(value, list) else value)
        for key, value in defaults.items()
    }
