# SPDX-License-Identifier: Apache-2.0
"""`hone time --stats [OPTIONS] STATEMENT…`: timeit's options, and those of time.OWN."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from hone.cli import COMMANDS, complain, options, time, time_outputs
from hone.measure import rounds, timing, turns
from hone.measure.statement import Statement
from hone.report import times
from hone.tune.target import TargetError

# timeit's options that take a value; the others don't.
_TIMEIT_VALUES = ("-n", "-u", "-s", "-r", "--number", "--setup", "--repeat", "--unit")
_TARGET_TIME = ("-t", "--target-time") if sys.version_info >= (3, 15) else ()


def run(words: list[str], own: set[str]) -> int | None:
    """The exit code; None when none of the options OWN stands before the statement."""
    rules = parser()
    before, _ = _until_statement(words, rules)
    if not any(word.partition("=")[0] in own for word in before):
        return None
    try:
        return _time(rules, words)
    except (TargetError, rounds.StatementFailed) as error:
        return complain(str(error), error.code)


def parser() -> options.Parser:
    rules = options.parser("time", COMMANDS["time"], "[STATEMENT…]")
    group = rules.add_argument_group("timeit's options")
    group.add_argument("-n", "--number", type=int, default=0, help="loops of a sample")
    group.add_argument("-r", "--repeat", type=int, default=0, help="samples in each process")
    group.add_argument(
        "-s", "--setup", action="append", default=[], help="run first, not timed; once a process"
    )
    group.add_argument("-p", "--process", action="store_true", help="CPU time, not wall time")
    group.add_argument("-u", "--unit", choices=list(times.UNITS))
    group.add_argument(
        "-v", "--verbose", action="count", default=0, help="also each process's median"
    )
    if _TARGET_TIME:
        group.add_argument(*_TARGET_TIME, type=float, help="seconds of a sample")
    rules.set_defaults(target_time=turns.SAMPLE_SECONDS)
    group = rules.add_argument_group("statistics")
    for names, how in time.OWN.items():
        group.add_argument(*names, **how)
    return rules


def _until_statement(words: list[str], rules: options.Parser) -> tuple[list[str], list[str]]:
    """timeit's way of reading: options end at the first word that is none, or after `--`."""
    known = rules._option_string_actions
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        word = words[at]
        if word == "--":
            return words[:at], words[at + 1 :]
        action = known.get(word)
        takes = action.nargs is None if action else word in _TIMEIT_VALUES + _TARGET_TIME
        at += 2 if takes else 1
    return words[:at], words[at:]


def _time(rules: options.Parser, words: list[str]) -> int:
    own, rest = _until_statement(words, rules)
    chosen = rules.parse_args(own)
    setup = "\n".join(chosen.setup) or "pass"
    statements = [Statement("\n".join(rest) or "pass", setup)]
    statements += [Statement(text, setup) for text in chosen.vs]
    _check(chosen, statements)
    time_outputs.outputs_open(chosen)
    plan = rounds.Plan(
        chosen.budget * len(statements),
        processes=chosen.processes,
        rounds=max(0, chosen.repeat),
        loops=chosen.number,
        sample_seconds=chosen.target_time,
        cpu_time=chosen.process,
    )
    sys.path.insert(0, os.curdir)
    found = rounds.measure(statements, plan, time_outputs.progress(chosen.quiet))
    return time_outputs.finish(timing.of_rounds(found), chosen)


def _check(chosen: Namespace, statements: list[Statement]) -> None:
    time_outputs.check_numbers(chosen, "number", "repeat", "processes", "budget", "target_time")
    for statement in statements:
        try:
            statement.check()
        except SyntaxError as error:
            text = statement.setup if _broken(statement) else statement.name
            raise TargetError(f"{text!r} is not Python: {error.msg}; nothing was run") from None
        except ValueError as error:
            raise TargetError(
                f"{statement.name!r} is not Python: {error}; nothing was run"
            ) from None


def _broken(statement: Statement) -> bool:
    try:
        Statement("pass", statement.setup).check()
    except SyntaxError:
        return True
    return False
