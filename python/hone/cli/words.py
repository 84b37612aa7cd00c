# SPDX-License-Identifier: Apache-2.0
"""Reading words as getopt and argparse users know them, for the command lines that we take over.

`-lv`, `-oFILE`, `-o FILE`, `--out=FILE`, `--out FILE`; long options may be shortened. Options come before
the first other word. A switch's long form takes yes or no, too, and has a twin `--no-…`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

TRUTHS = {
    **dict.fromkeys(("y", "yes", "t", "true", "on", "1"), True),
    **dict.fromkeys(("n", "no", "f", "false", "off", "0"), False),
}


class WordsError(ValueError):
    """The words make no sense; the text says why."""


@dataclass(frozen=True)
class Option:
    """`kind`: "switch", "count", "value", "values" (may be repeated) or "maybe" (a value or none)."""

    names: tuple[str, ...]
    kind: str
    help: str
    metavar: str = ""
    convert: Callable[[str], Any] = str
    bare: Any = None  # what "maybe" means without a value

    @property
    def key(self) -> str:
        long = next(name for name in self.names if name.startswith("--"))
        return long[2:].replace("-", "_")


class Reader:
    def __init__(self, options: Sequence[Option], stops: Sequence[str] = ()) -> None:
        """`stops`: words with a dash that are no options but begin what comes after these."""
        self._stops = stops
        self._short: dict[str, Option] = {}
        self._long: dict[str, tuple[Option, bool]] = {}
        for option in options:
            for name in option.names:
                if not name.startswith("--"):
                    self._short[name] = option
                    continue
                self._long[name] = option, True
                if option.kind == "switch":
                    self._long[f"--no-{name[2:]}"] = option, False
        self.found: dict[str, Any] = {}
        self.rest: list[str] = []

    def read(self, words: Sequence[str]) -> Reader:
        """`found` has what was given, `rest` the other words. WordsError if there is no such option."""
        self.rest = list(words)
        while self.rest and self.rest[0].startswith("-") and self.rest[0] != "-":
            if self.rest[0] in self._stops:
                break
            word = self.rest.pop(0)
            if word == "--":
                break
            if word.startswith("--"):
                self._read_long(word)
            else:
                self._read_cluster(word)
        return self

    def takes_value(self, word: str, after: str) -> bool:
        """Whether AFTER would be read as the value of WORD, the option before it."""
        if word.startswith("--"):
            option = self._long.get(word, (None,))[0]
            return option is not None and _takes(option, after, long=True)
        for at, letter in enumerate(word[1:], 2):
            option = self._short.get(f"-{letter}")
            if option is None:
                return False
            if option.kind not in ("switch", "count"):
                return at == len(word) and _takes(option, after)  # else the rest of the word is it
        return False

    def _read_long(self, word: str) -> None:
        name, has_value, value = word.partition("=")
        option, positive = self._long_named(name)
        match option.kind:
            case "switch":
                if not has_value and self.rest and self.rest[0].lower() in TRUTHS:
                    value = self.rest.pop(0)
                self.found[option.key] = self._truth(name, value or "yes") is positive
            case "count":
                self._count(option)
            case _:
                self._take(option, name, value if has_value else None)

    def _long_named(self, name: str) -> tuple[Option, bool]:
        if name in self._long:
            return self._long[name]
        fitting = {id(row[0]): row for long, row in self._long.items() if long.startswith(name)}
        if len(fitting) != 1:
            known = f"; did you mean {' or '.join(r[0].names[-1] for r in fitting.values())}?"
            raise WordsError(f"there is no option {name}{known if fitting else ''}")
        return next(iter(fitting.values()))

    def _read_cluster(self, word: str) -> None:
        letters = word[1:]
        while letters:
            name, letters = f"-{letters[0]}", letters[1:]
            option = self._short.get(name)
            if option is None:
                raise WordsError(f"there is no option {name}")
            if option.kind == "switch":
                self.found[option.key] = True
            elif option.kind == "count":
                self._count(option)
            else:
                self._take(option, name, letters.removeprefix("=") if letters else None)
                return

    def _count(self, option: Option) -> None:
        self.found[option.key] = self.found.get(option.key, 0) + 1

    def _take(self, option: Option, name: str, value: str | None) -> None:
        if value is None and option.kind == "maybe":
            value = self.rest.pop(0) if self._has_value(name) else option.bare
        elif value is None:
            if not self.rest:
                raise WordsError(f"{name} needs a value")
            value = self.rest.pop(0)
        try:
            converted = option.convert(value) if isinstance(value, str) else value
        except ValueError:
            raise WordsError(f"{value} is no value for {name}") from None
        if option.kind == "values":
            self.found.setdefault(option.key, []).append(converted)
        else:
            self.found[option.key] = converted

    def _has_value(self, name: str) -> bool:
        """Whether the next word is the value of an option that may have one, or the program, as -m is,
        or a file, or the last of them."""
        after, *more = self.rest or ("",)
        if _is_number(after) or not after or after.startswith("-"):
            return _is_number(after)
        if more and not os.path.exists(after):
            raise WordsError(f"{after} is no value for {name}, and no program")
        return False

    @staticmethod
    def _truth(name: str, value: str) -> bool:
        if value.lower() not in TRUTHS:
            raise WordsError(f"{name} is yes or no, not {value}")
        return TRUTHS[value.lower()]


def _is_number(word: str) -> bool:
    return word.removeprefix("-").isdecimal()


def _takes(option: Option, after: str, long: bool = False) -> bool:
    if option.kind == "maybe":
        return _is_number(after)
    return option.kind in ("value", "values") or (
        long and option.kind == "switch" and after.lower() in TRUTHS
    )


def help_of(options: Sequence[Option]) -> str:
    rows = []
    for option in options:
        names = ", ".join(option.names) + (f" {option.metavar}" if option.metavar else "")
        rows.append(f"  {names:<28} {option.help}\n")
    return "".join(rows)


def positive(word: str) -> float:
    """A number above zero."""
    number = float(word)
    if not 0 < number < float("inf"):
        raise ValueError(word)
    return number
