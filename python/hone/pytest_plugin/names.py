# SPDX-License-Identifier: Apache-2.0
"""What tests, groups and files are called in reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


def _short(row: Row) -> str:
    name = str(row["name"])
    if row["source"]:
        name += f" ({_file_of(row)[:4]})"
    return name.removeprefix("test_")


def _normal(row: Row) -> str:
    if not row["source"]:
        return str(row["name"])
    folders, slash, file = str(row["source"]).rpartition("/")
    return f"{row['name']} ({folders}{slash}{file[:12]})"


def _long(row: Row) -> str:
    return f"{row['fullname']} ({row['source']})" if row["source"] else str(row["fullname"])


def _trial(row: Row) -> str:
    return _file_of(row)[:4] if row["source"] else "????"


def _file_of(row: Row) -> str:
    return str(row["source"]).rpartition("/")[2]


FORMATS: dict[str, Callable[[Row], str]] = {
    "short": _short,
    "normal": _normal,
    "long": _long,
    "trial": _trial,
}


def group_key(row: Row, labels: str) -> str | None:
    """The name of the group that a row is in; None without one."""
    parts = [_LABELS[label](row) if label in _LABELS else _parameter(row, label) for label in labels.split(",")]  # fmt: skip
    return " ".join(str(part) for part in parts if part) or None


def _parameter(row: Row, label: str) -> str:
    name = label.removeprefix("param:")
    return f"{name}={row['params'][name]}" if name in (row["params"] or {}) else ""


def check_labels(labels: str) -> None:
    """Raises ValueError for what nothing can be grouped by."""
    for label in labels.split(","):
        if label not in _LABELS and not label.startswith("param:"):
            raise ValueError(f"can't group by {label!r}: there is {', '.join(_LABELS)}, param:NAME")


_LABELS: dict[str, Callable[[Row], Any]] = {
    "group": lambda row: row["group"],
    "name": lambda row: row["name"],
    "func": lambda row: row["name"].partition("[")[0],
    "fullname": lambda row: row["fullname"],
    "fullfunc": lambda row: row["fullname"].partition("[")[0],
    "param": lambda row: row["param"],
}


def file_name(text: str) -> str:
    """TEXT as a part of a file's name."""
    for bad in r"\/:*?<>| ":
        text = text.replace(bad, "_")
    while "__" in text:
        text = text.replace("__", "_")
    return text


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%d_%H%M%S")


def folder_of(file: str) -> None:
    """Make the folders that FILE lies in."""
    Path(file).parent.mkdir(parents=True, exist_ok=True)
