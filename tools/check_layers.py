# SPDX-License-Identifier: Apache-2.0
"""Check that nothing in src/ and python/hone points against the arrows of tools/layers.toml.

Run by the build, by ctest and by `./dev lint`. Prints one line per violation, as compilers do.
Imports of the Python side count wherever they stand in a file, also inside functions: a late import
is an arrow as well.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


@dataclass(frozen=True)
class Violation:
    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: error: {self.text}"


@dataclass(frozen=True)
class Rules:
    """The contents of layers.toml."""

    rooms: dict[str, list[str]]
    files: dict[str, list[str]]
    only: list[tuple[str, re.Pattern[str], list[str]]]
    python: dict[str, list[str]]

    @staticmethod
    def read(path: Path) -> Rules:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        only = [(row["what"], re.compile(row["pattern"]), row["rooms"]) for row in data["only"]]
        return Rules(data["rooms"], data["files"], only, data["python"])


def check_cpp(source: Path, rules: Rules) -> Iterator[Violation]:
    """Violations in the C++ rooms below SOURCE."""
    for path in sorted(source.rglob("*")):
        if path.suffix not in {".h", ".cpp", ".c", ".def", ".inc"}:
            continue
        room = path.relative_to(source).parts[0]
        if room not in rules.rooms:
            yield Violation(path, 1, f"src/{room} is no room of tools/layers.toml")
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            yield from _check_line(path, number, line, room, rules)


def _check_line(path: Path, number: int, line: str, room: str, rules: Rules) -> Iterator[Violation]:
    for what, pattern, rooms in rules.only:
        if room not in rooms and pattern.search(line):
            yield Violation(path, number, f"{what} belong in {', '.join(rooms)}, not in {room}")
    found = INCLUDE.match(line)
    if not found:
        return
    target = found.group(1)
    other = target.split("/")[0]
    if other not in rules.rooms or other == room:
        return
    allowed = rules.rooms[room]
    if other not in allowed and "*" not in allowed and target not in rules.files.get(room, []):
        yield Violation(path, number, f"{room} may not include {target}: no arrow to {other}")


def check_python(package: Path, rules: Rules) -> Iterator[Violation]:
    """Violations in the Python package whose folder is PACKAGE."""
    for path in sorted(package.rglob("*.py")):
        module = _module_name(package, path)
        owner = _owner(module, rules)
        allowed = rules.python[owner]
        for number, imported in _imports(path, module):
            inside = _owner(imported, rules) == owner and owner != "hone"
            if inside or "*" in allowed:
                continue
            if not any(imported == name or imported.startswith(name + ".") for name in allowed):
                yield Violation(path, number, f"{owner} may not import {imported}")


def _module_name(package: Path, path: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _owner(module: str, rules: Rules) -> str:
    """The longest name of the table that MODULE is in."""
    while module not in rules.python:
        module = module.rpartition(".")[0]
        if not module:
            return "hone"
    return module


def _imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every import of hone's own modules; `from hone import x` gives hone.x."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    here = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (base, node.module) if part)
            names = [f"hone.{a.name}" for a in node.names] if base == "hone" else [base]
        else:
            continue
        for name in names:
            if name.startswith("hone.") and name != "hone.__version__":
                yield node.lineno, name


def main() -> int:
    rules = Rules.read(ROOT / "tools" / "layers.toml")
    violations = [
        *check_cpp(ROOT / "src", rules),
        *check_python(ROOT / "python" / "hone", rules),
    ]
    for violation in violations:
        print(violation, file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
