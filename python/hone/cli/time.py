# SPDX-License-Identifier: Apache-2.0
"""`hone time`: the interpreter's own timeit; statistics with --stats; commands after `--`.

`python -m hone.timeit` is the same without commands: there `--` means what it means to timeit.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from hone import interpreter
from hone.cli import COMMANDS, complain, options, time_commands
from hone.measure import rounds, timing, turns
from hone.measure.statement import Statement
from hone.measure.timing import Report
from hone.report import hyperfine_file, pyperf_file, times
from hone.tune.target import TargetError

# timeit's options that take a value; the others don't.
_TIMEIT_VALUES = ("-n", "-u", "-s", "-r", "--number", "--setup", "--repeat", "--unit")
_TARGET_TIME = ("-t", "--target-time") if sys.version_info >= (3, 15) else ()


def main(words: list[str]) -> int:
    if words[:1] in (["--help"], ["-h"]):
        sys.stdout.write(_help())
        return 0
    commands = time_commands.parser()
    split = time_commands.split(words, commands)
    if split is None:
        return module_main(words)
    return _guarded(lambda: _time_commands(commands, *split))


def module_main(words: list[str]) -> int:
    """`python -m hone.timeit`."""
    rules = _parser()
    known = rules._option_string_actions
    own = {name for name in known if known[name].dest in _OWN}
    before, _ = _until_statement(words, rules)
    if any(word.partition("=")[0] in own for word in before):
        return _guarded(lambda: _time_statements(rules, words))
    return _become_timeit(words)


def _become_timeit(words: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, interpreter.command("-m", "timeit", *words))


def _guarded(work: Callable[[], int]) -> int:
    try:
        return work()
    except (TargetError, rounds.StatementFailed, time_commands.CommandFailed) as error:
        return complain(str(error), error.code)


_OWN = ("stats", "vs", "json", "export_json", "budget", "processes", "quiet")


def _parser() -> options.Parser:
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
    group.add_argument(
        "--stats", action="store_true", help="measure in many processes, with intervals"
    )
    group.add_argument(
        "--vs", action="append", default=[], metavar="STATEMENT", help="compare with it, in turns"
    )
    group.add_argument("--processes", type=int, default=0, metavar="N", help="processes (15)")
    group.add_argument(
        "--budget", type=float, default=10.0, metavar="S", help="seconds for each statement (10)"
    )
    options.add_outputs(group)
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


def _time_statements(rules: options.Parser, words: list[str]) -> int:
    own, rest = _until_statement(words, rules)
    chosen = rules.parse_args(own)
    setup = "\n".join(chosen.setup) or "pass"
    statements = [Statement("\n".join(rest) or "pass", setup)]
    statements += [Statement(text, setup) for text in chosen.vs]
    _check(chosen, statements)
    _outputs_open(chosen)
    plan = rounds.Plan(
        chosen.budget * len(statements),
        processes=chosen.processes,
        rounds=max(0, chosen.repeat),
        loops=chosen.number,
        sample_seconds=chosen.target_time,
        cpu_time=chosen.process,
    )
    sys.path.insert(0, os.curdir)
    found = rounds.measure(statements, plan, _progress(chosen.quiet))
    return _finish(timing.of_rounds(found), chosen)


def _check(chosen: Namespace, statements: list[Statement]) -> None:
    for name in ("number", "repeat", "processes", "budget", "target_time"):
        if not getattr(chosen, name) >= 0:
            raise TargetError(f"--{name.replace('_', '-')} must not be negative")
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


def _time_commands(rules: options.Parser, own: list[str], rest: list[str]) -> int:
    chosen = rules.parse_args(own)
    commands, plan = time_commands.read(chosen, rest)
    _outputs_open(chosen)
    report = time_commands.measure(commands, plan, _progress(chosen.quiet))
    return _finish(report, chosen)


def _progress(quiet: bool) -> Callable[[str], None]:
    if quiet or not sys.stderr.isatty():
        return lambda text: None
    return lambda text: print(f"\r\033[Khone: {text}", end="", file=sys.stderr, flush=True)


def _outputs_open(chosen: Namespace) -> None:
    """Whether the files can be written is found out before anything is measured."""
    for name in (chosen.json, chosen.export_json):
        if name:
            try:
                with open(name, "a", encoding="utf-8"):
                    pass
            except OSError as error:
                raise TargetError(f"{name} can't be written: {error.strerror}") from None


def _finish(report: Report, chosen: Namespace) -> int:
    if not chosen.quiet and sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    sys.stdout.write(times.render(report, unit=chosen.unit, verbose=chosen.verbose))
    for name, form in ((chosen.json, pyperf_file), (chosen.export_json, hyperfine_file)):
        if name:
            try:
                Path(name).write_text(form.render(report), encoding="utf-8")
            except OSError as error:
                return complain(f"{name} can't be written: {error.strerror}")
    return 130 if report.interrupted else 0


def _help() -> str:
    return (
        "  hone time 'sorted(x)' -s 'x = ...'       as python -m timeit, with all of its options\n"
        "  hone time --stats --vs 'b()' 'a()'        which is faster, with intervals\n"
        "  hone time -- ./prog args                  a command, from start to end\n"
        "  hone time --vs './new args' -- ./old args two commands, in turns\n\n"
        'Without any option from "statistics" the interpreter\'s own timeit does the work.\n\n'
        f"{_parser().format_help()}\n"
        f"After `--` comes a command, unless its first word begins with a dash.\n\n"
        f"{time_commands.parser().format_help()}"
    )
