# SPDX-License-Identifier: Apache-2.0
"""`-p`: functions chosen by the module, file, class or name they are in, as their code is loaded.

Every module's code passes through here between being read and being run; a chosen function's code is
replaced by a copy that turns the profiler on. So functions are met wherever and whenever their module
is imported, and nested ones, too. Lambdas, comprehensions,
class bodies and what the compiler adds for annotations are not functions here.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

from hone.lines.functions import is_written
from hone.lines.profiler import LineProfiler

_FUNCTION = 0x3  # CO_OPTIMIZED | CO_NEWLOCALS

Chooses = Callable[[CodeType], bool]


class Targets:
    """What the words of `-p` name."""

    def __init__(self, words: Iterable[str]) -> None:
        self._files: set[str] = set()
        self._names: list[str] = []
        self._unmet: dict[str, str] = {}  # a file or name -> the word of it
        for word in words:
            if not word:
                self._files.clear()
                self._names.clear()
                self._unmet.clear()
                continue
            for part in [word] if os.path.exists(word) else filter(None, word.split(",")):
                self._unmet[self.add(part)] = part

    def __bool__(self) -> bool:
        return bool(self._files or self._names)

    def add(self, part: str) -> str:
        """The file or the name that it is."""
        if os.path.exists(part):
            part = os.path.realpath(part)
            self._files.add(part)
        else:
            self._names.append(part)
        return part

    def unmet(self) -> list[str]:
        """The words that nothing fitted so far."""
        return list(self._unmet.values())

    def has_file(self, path: str) -> bool:
        """A file or a folder that it is in."""
        return self._meet(each for each in self._files if _is_in(path, each))

    def _is_named(self, module: str) -> bool:
        return self._meet(each for each in self._names if _is_whole(each, module))

    def _meet(self, found: Iterable[str]) -> bool:
        met = list(found)
        for each in met:
            self._unmet.pop(each, None)
        return bool(met)

    def chooser(self, module: str, path: str) -> Chooses | None:
        """Which functions of a module are meant; None: not one."""
        if self.has_file(path) | self._is_named(module):
            return lambda _: True
        members = {
            name: name[len(module) + 1 :] for name in self._names if name.startswith(f"{module}.")
        }
        if not members:
            return None
        return lambda code: self._meet(
            name
            for name, member in members.items()
            if code.co_qualname == member or code.co_qualname.startswith(f"{member}.")
        )

    def loaded(self) -> list[Any]:
        """What of it is here already: modules, classes, functions."""
        found = []
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None) or ""
            if self._is_named(name) | (path != "" and self.has_file(path)):
                found.append(module)
                continue
            for each in self._names:
                if each.startswith(f"{name}."):
                    thing: Any = module
                    for part in each[len(name) + 1 :].split("."):
                        thing = getattr(thing, part, None)
                    if isinstance(thing, type) or callable(thing):
                        self._meet([each])
                        found.append(thing)
        return found


def _is_in(path: str, place: str) -> bool:
    path = os.path.realpath(path)
    return path == place or path.startswith(f"{place}/")


def _is_whole(name: str, module: str) -> bool:
    """`name` names this module or a package that it is in (`package.__init__` is that one alone)."""
    if name.endswith(".__init__"):
        return module == name.removesuffix(".__init__")
    return module == name or module.startswith(f"{name}.")


def imports_of(source: bytes) -> list[str]:
    """What a program's text imports, as dotted names."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []  # the program's run will say so
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def watched(code: CodeType, profiler: LineProfiler, chooses: Chooses) -> CodeType:
    """The same code, in which the chosen functions turn the profiler on."""
    constants = tuple(
        watched(each, profiler, chooses) if isinstance(each, CodeType) else each
        for each in code.co_consts
    )
    if any(new is not old for new, old in zip(constants, code.co_consts, strict=True)):
        code = code.replace(co_consts=constants)
    is_function = code.co_flags & _FUNCTION == _FUNCTION and not code.co_name.startswith("<")
    if is_function and is_written(code) and chooses(code):
        return profiler._choose(code, True)
    return code
