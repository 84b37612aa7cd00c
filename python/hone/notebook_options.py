# SPDX-License-Identifier: Apache-2.0
"""The words between a magic's name and its statement, which itself is no shell's words.

`-n3`, `-n 3`, `-qr`, `-D "two words"`, `--vs 'f(1)'`, `--budget=2`; `--` before a statement that begins with
a dash and a letter. IPython's own reader joins the statement anew, so that spaces in it change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")

_WORD = re.compile(r"--(?P<long>[A-Za-z][\w-]*)(?P<set>=)?|-(?P<short>[A-Za-z])|(?P<end>--(?!\S))")
_VALUE = re.compile(r"""\s*(?P<value>"[^"]*"|'[^']*'|\S+)\s*""")


class Options:
    """What was given: the values of each option, in order; "" for one without a value."""

    def __init__(self, magic: str, known: Mapping[str, str]) -> None:
        """MAGIC: its name, with `%`. KNOWN: each option, with what it takes (nothing: "")."""
        self._magic = magic
        self._known = known
        self._found: dict[str, list[str]] = {}

    def read(self, line: str) -> str:
        """The statement that comes after them. UsageError: there is no such option, or it has no value."""
        line = line.strip()
        bundled = False
        while found := _WORD.match(f"-{line}" if bundled else line):
            line = line[found.end() - bundled :]
            if found["end"]:
                return line.lstrip()
            name = found["long"] or found["short"]
            line = self._take(name, line, "--" if found["long"] else "-")
            bundled = bool(found["short"]) and not self._known[name] and line[:1].isalpha()
            if not bundled:
                line = line.lstrip()
        return line

    def _take(self, name: str, line: str, dashes: str) -> str:
        word = f"{dashes}{name}"
        if name not in self._known or (len(name) > 1) != (dashes == "--"):
            raise self.error(f"there is no option {word}; there are {self._all()}")
        value = ""
        if self._known[name]:
            found = _VALUE.match(line)
            if found is None:
                raise self.error(f"{word} takes a {self._known[name]}")
            value, line = found["value"], line[found.end() :]
            if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
                value = value[1:-1]
        self._found.setdefault(name, []).append(value)
        return line

    def _all(self) -> str:
        return ", ".join(
            f"{'-' if len(name) == 1 else '--'}{name} {takes}".rstrip()
            for name, takes in self._known.items()
        )

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def __getitem__(self, name: str) -> list[str]:
        return self._found.get(name, [])

    def last(self, name: str, convert: Callable[[str], T], default: T) -> T:
        """UsageError if CONVERT raises ValueError for it."""
        if name not in self:
            return default
        text = self[name][-1]
        try:
            return convert(text)
        except ValueError:
            dashes = "-" if len(name) == 1 else "--"
            raise self.error(f"{dashes}{name} takes a {self._known[name]}, not {text}") from None

    def error(self, text: str) -> Exception:
        return usage_error(f"{self._magic}: {text}")


def usage_error(text: str) -> Exception:
    """IPython prints it without a traceback."""
    return import_module("IPython.core.error").UsageError(text)  # type: ignore[no-any-return]


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def seconds(text: str) -> float:
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", text):
        raise ValueError(text)
    return float(text)
