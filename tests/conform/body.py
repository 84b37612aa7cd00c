# SPDX-License-Identifier: Apache-2.0
"""A body: one Python file of plain functions that every configuration runs.

    ARGS = {"case_add": [(1, 2), (2**63, -1)]}   # rows of arguments; a case without a row has none
    MIN_PYTHON = (3, 12)                         # the oldest interpreter whose syntax or API it needs
    LONG = True                                  # only with --conform-long
    EXPECT_COMPILED = {"case_add", "Cls.method"} # qualified names that must end up compiled
    CALLS = {"case_slow": 3}                     # at most so many calls per row
    NO_LEAK_CHECK = {"case_x": "reason"}         # cases that keep memory by design
    ALONE = {"case_x": "reason"}                 # cases that cannot run in several threads at once

The declarations are read from the syntax tree, so a file whose body this interpreter cannot parse
can still say so, and reading one never runs it.
"""

from __future__ import annotations

import ast
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BODIES = Path(__file__).resolve().parent / "bodies"
_MIN_PYTHON = re.compile(r"^MIN_PYTHON\s*=\s*\(3,\s*(\d+)\)", re.MULTILINE)


@dataclass(frozen=True)
class Declarations:
    min_python: tuple[int, int] = (3, 11)
    long: bool = False
    expect_compiled: frozenset[str] = frozenset()
    calls: dict[str, int] = field(default_factory=dict)
    no_leak_check: dict[str, str] = field(default_factory=dict)
    alone: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One call to compare: a case and, where it has a table, the index into it."""

    name: str
    case: str
    function: Callable[..., object]
    arguments: tuple[object, ...]


def declarations(path: Path) -> Declarations:
    source = path.read_text(encoding="utf-8")
    needs = _MIN_PYTHON.search(source)
    min_python = (3, int(needs[1])) if needs else (3, 11)
    if sys.version_info < min_python:
        return Declarations(min_python=min_python)
    found: dict[str, Any] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in {"LONG", "EXPECT_COMPILED", "CALLS", "NO_LEAK_CHECK", "ALONE"}:
                found[name] = ast.literal_eval(node.value)
    return Declarations(
        min_python=min_python,
        long=found.get("LONG", False),
        expect_compiled=frozenset(found.get("EXPECT_COMPILED", ())),
        calls=found.get("CALLS", {}),
        no_leak_check=found.get("NO_LEAK_CHECK", {}),
        alone=found.get("ALONE", {}),
    )


def rows(namespace: dict[str, Any]) -> Iterator[Row]:
    """The calls of an executed body, in the order of its source."""
    tables = namespace.get("ARGS", {})
    unknown = set(tables) - set(namespace)
    if unknown:
        raise ValueError(f"ARGS names no function of the body: {sorted(unknown)}")
    for name, value in list(namespace.items()):
        if not isinstance(value, types.FunctionType):
            continue
        if name in tables:
            for index, arguments in enumerate(tables[name]):
                yield Row(f"{name}[{index}]", name, value, arguments)
        elif name.startswith("case_"):
            yield Row(name, name, value, ())


def fresh(value: Any) -> Any:
    """A copy of an argument: builtin mutable containers are new, all else is the same object."""
    kind = type(value)
    if kind is list:
        return [fresh(item) for item in value]
    if kind is tuple:
        return tuple([fresh(item) for item in value])
    if kind is dict:
        return {key: fresh(item) for key, item in value.items()}
    if kind is set or kind is bytearray:
        return kind(value)
    return value
