# SPDX-License-Identifier: Apache-2.0
"""The options of `hone time -- COMMAND`: hyperfine's, where it has them."""

from __future__ import annotations

import itertools
from argparse import Namespace
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from shutil import which

from hone.cli import complain, options, time, time_outputs
from hone.measure.commands import Command, CommandFailed, Plan, measure
from hone.measure.commands import split as split_line
from hone.report import times
from hone.tune.target import TargetError

_USAGE = "-- COMMAND [ARGS…]  or  --shell SHELL -- LINE…"
_DEFAULT_SHELL = "/bin/sh"


def run(words: list[str]) -> int | None:
    """The exit code; None when the words name a statement."""
    rules = parser()
    split = _split(words, rules)
    if split is None:
        return None
    try:
        return _time(rules, *split)
    except (TargetError, CommandFailed) as error:
        return complain(str(error), error.code)


def _time(rules: options.Parser, own: list[str], rest: list[str]) -> int:
    chosen = rules.parse_args(own)
    commands, plan = _read(chosen, rest)
    _check(commands, plan)
    time_outputs.outputs_open(chosen)
    report = measure(commands, plan, time_outputs.progress(chosen.quiet))
    return time_outputs.finish(report, chosen)


def _check(commands: list[Command], plan: Plan) -> None:
    """Programs that nothing could still make must be there."""
    for command in commands:
        made = plan.shell or command.setup or command.prepare
        if not made and which(command.words[0]) is None and "/" not in command.words[0]:
            raise TargetError(
                f"there is no program {command.words[0]!r}; {_hint(command.words[0])}"
            )


def _hint(word: str) -> str:
    """A line for a shell, or a statement?"""
    if len(parts := word.split()) > 1 and which(parts[0]) is not None:
        return "give its words without quotes around them all, or --shell sh, which splits them"
    return "a statement stands without `--`"


def parser() -> options.Parser:
    rules = options.parser("time", "Time commands from start to end.", _USAGE)
    add = rules.add_argument_group("commands").add_argument
    add("--vs", action="append", default=[], metavar="LINE", help="compare with this command")
    add("-n", "--command-name", action="append", default=[], metavar="NAME", help="how to call it")
    add(
        "-S",
        "--shell",
        metavar="SHELL",
        help="every word after -- is a line for this shell; `default` is /bin/sh",
    )
    add("-N", dest="shell", action="store_const", const="none", help="no shell, as without -S")
    add("-i", "--ignore-failure", action="store_true", help="time commands that fail too")
    add("--show-output", action="store_true", help="let commands write to the terminal")
    add("--input", metavar="FILE", default="/dev/null", help="their standard input")
    add = rules.add_argument_group("runs").add_argument
    add("-w", "--warmup", type=int, default=0, metavar="N", help="runs that don't count, first")
    add("-m", "--min-runs", type=int, default=10, metavar="N", help="(10)")
    add("-M", "--max-runs", type=int, default=1000, metavar="N", help="(1000)")
    add("-r", "--runs", type=int, default=0, metavar="N", help="exactly so many")
    add("--budget", type=float, default=3.0, metavar="S", help="seconds for each command (3)")
    add("--stats", action="store_true", help="nothing more: commands always have statistics")
    add = rules.add_argument_group("around them, by the shell, not timed").add_argument
    add("-s", "--setup", metavar="LINE", help="before all runs of a command")
    add("-p", "--prepare", action="append", default=[], metavar="LINE", help="before each run")
    add("-C", "--conclude", metavar="LINE", help="after each run")
    add("-c", "--cleanup", metavar="LINE", help="after all runs of a command")
    add = rules.add_argument_group("parameters: {VAR} stands for a value").add_argument
    add(
        "-P",
        "--parameter-scan",
        nargs=3,
        action="append",
        default=[],
        metavar=("VAR", "MIN", "MAX"),
        help="every number from MIN to MAX",
    )
    add("-D", "--parameter-step-size", default="1", metavar="DELTA", help="in these steps (1)")
    add(
        "-L",
        "--parameter-list",
        nargs=2,
        action="append",
        default=[],
        metavar=("VAR", "VALUES"),
        help="each of these, between commas",
    )
    group = rules.add_argument_group("output")
    group.add_argument("-u", "--unit", "--time-unit", choices=list(times.UNITS))
    group.add_argument("-v", "--verbose", action="count", default=0, help="every run's time")
    for names in time.OUTPUTS:
        group.add_argument(*names, **time.OWN[names])
    return rules


def _split(words: list[str], rules: options.Parser) -> tuple[list[str], list[str]] | None:
    """Options and command, at the `--` that ends the options; None when there is no command."""
    known = rules._option_string_actions
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        if words[at] == "--":
            rest = words[at + 1 :]
            is_statement = not rest or rest[0].startswith("-")
            return None if is_statement else (words[:at], rest)
        action = known.get(words[at])
        takes = 0
        if action is not None:
            takes = action.nargs if isinstance(action.nargs, int) else int(action.nargs is None)
        at += 1 + takes
    return None


def _read(chosen: Namespace, rest: list[str]) -> tuple[list[Command], Plan]:
    time_outputs.check_numbers(chosen, "warmup", "min_runs", "max_runs", "runs", "budget")
    shell = _shell(chosen.shell)
    plan = Plan(
        chosen.budget,
        chosen.warmup,
        chosen.min_runs,
        chosen.max_runs,
        chosen.runs,
        shell,
        chosen.ignore_failure,
        chosen.show_output,
        chosen.input,
    )
    lines = [(word,) for word in rest] if shell else [tuple(rest)]
    lines += [(line,) if shell else split_line(line) for line in chosen.vs]
    if any(not words for words in lines):
        raise TargetError("a command is empty")
    return list(_commands(chosen, lines)), plan


def _shell(word: str | None) -> tuple[str, ...]:
    if word in (None, "none"):
        return ()
    return (*split_line(_DEFAULT_SHELL if word == "default" else str(word)), "-c")


def _commands(chosen: Namespace, lines: list[tuple[str, ...]]) -> Iterator[Command]:
    values = list(_parameters(chosen))
    count = len(lines) * len(values)
    if len(chosen.prepare) not in (0, 1, count):
        raise TargetError(f"give --prepare once, or once for each of the {count} commands")
    if len(chosen.command_name) > count:
        raise TargetError(f"there are more names than the {count} commands")
    for number, (words, chosen_values) in enumerate(itertools.product(lines, values)):

        def fill(text: str | None, values: dict[str, str] = chosen_values) -> str | None:
            for name, value in values.items():
                text = None if text is None else text.replace("{" + name + "}", value)
            return text

        filled = tuple(str(fill(word)) for word in words)
        prepare = (
            chosen.prepare[number if len(chosen.prepare) > 1 else 0] if chosen.prepare else None
        )
        named = chosen.command_name[number] if number < len(chosen.command_name) else None
        yield Command(
            filled,
            str(fill(named) or " ".join(filled)),
            chosen_values,
            fill(chosen.setup),
            fill(prepare),
            fill(chosen.conclude),
            fill(chosen.cleanup),
        )


def _parameters(chosen: Namespace) -> Iterator[dict[str, str]]:
    """Every combination of the parameters' values; one empty one where there are none."""
    axes = [
        [(name, value) for value in _numbers(low, high, chosen.parameter_step_size)]
        for name, low, high in chosen.parameter_scan
    ]
    axes += [
        [(name, value) for value in values.split(",")] for name, values in chosen.parameter_list
    ]
    for combination in itertools.product(*axes):
        yield dict(combination)


def _numbers(low: str, high: str, step: str) -> Iterator[str]:
    """Decimals, so that 0.1 steps print as people wrote them."""
    try:
        value, last, delta = Decimal(low), Decimal(high), Decimal(step)
    except InvalidOperation:
        raise TargetError(f"--parameter-scan takes numbers, not {low} {high} by {step}") from None
    if delta <= 0 or last < value:
        raise TargetError("--parameter-scan counts upwards: MIN, MAX, a step above 0")
    while value <= last:
        yield str(value)
        value += delta
