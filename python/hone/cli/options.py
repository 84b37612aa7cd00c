# SPDX-License-Identifier: Apache-2.0
"""Reading `[OPTIONS] [-m MODULE | SCRIPT] [ARGS…]`: options before the program are hone's, all after are its."""

from __future__ import annotations

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import NoReturn

from hone.cli import nearest
from hone.tune.target import Target, TargetError


class Parser(ArgumentParser):
    """An argparse parser whose complaints are TargetErrors, for the one place that prints them."""

    def error(self, message: str) -> NoReturn:
        raise TargetError(message)


def seconds(word: str) -> float:
    """The value of an option that is a time."""
    try:
        number = float(word)
    except ValueError:
        number = -1.0
    if not 0 <= number < math.inf:
        raise ArgumentTypeError(f"{word} is not a number of seconds")
    return number


def some_seconds(word: str) -> float:
    """The same, but more than none."""
    if seconds(word) == 0:
        raise ArgumentTypeError(f"{word} is not a number of seconds above 0")
    return seconds(word)


PROGRAM = "[-m MODULE | SCRIPT] [ARGS…]"


def parser(command: str, text: str, program: str = PROGRAM) -> Parser:
    return Parser(
        prog=f"hone {command}",
        usage=f"hone {command} [OPTIONS] {program}",
        description=text,
        allow_abbrev=False,
    )


def takes_value(rules: Parser, word: str) -> bool:
    """Whether the word after this one is its value; not for what is no option."""
    action = rules._option_string_actions.get(word)
    return action is not None and action.nargs is None


def read(rules: Parser, words: list[str]) -> tuple[Namespace, Target]:
    own: list[str] = []
    rest = list(words)
    known = rules._option_string_actions
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "--", "-"):
        word = rest.pop(0)
        own.append(word)
        if word.partition("=")[0] not in known:
            raise TargetError(f"there is no option {word}{nearest(word, list(known))}")
        if takes_value(rules, word) and rest:
            own.append(rest.pop(0))
    options = rules.parse_args(own)
    if rest[:1] == ["--"]:
        rest.pop(0)
    target = Target.of(rest)
    if target is None:
        raise TargetError(f"give a script, or -m MODULE ({rules.prog} --help says more)")
    return options, target
