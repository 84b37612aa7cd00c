# SPDX-License-Identifier: Apache-2.0
"""Commands timed from start to end, as hyperfine does, but in turns.

Several commands run in rounds, in an order drawn for each round, so that a pair shares the state of
the machine and nothing but the commands tells them apart. With a set-up of its own each command is
done with before the next begins: set-ups may overwrite each other's work.

Every run gets an environment of another size, as in hyperfine (Mytkowicz et al., see rounds.py). A
run's peak of memory is what the kernel says: never less than this process's own, which a child has
until it executes its program.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import shlex
import signal
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hone.measure import changes, noise, stats
from hone.measure.timing import Report, Run, Timed, Usage

MIN_RUNS, MOST_RUNS = 10, 1000
_SHELL_RUNS = 20
_PADDING = 4096


class CommandFailed(Exception):
    """A command did not start or did not end well; `code` is hone's exit code for it."""

    def __init__(self, text: str, code: int = 3) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Command:
    """A program with its arguments, or a command line for a shell; and what runs around it."""

    words: tuple[str, ...]
    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    setup: str | None = None
    prepare: str | None = None
    conclude: str | None = None
    cleanup: str | None = None


@dataclass(frozen=True)
class Plan:
    """`budget`: seconds of runs for each command, unless `runs` says how many."""

    budget: float = 3.0
    warm_up: int = 0
    least: int = MIN_RUNS
    most: int = MOST_RUNS
    runs: int = 0
    shell: tuple[str, ...] = ()  # commands are lines for it, such as ("/bin/sh", "-c")
    ignore_failure: bool = False
    show_output: bool = False
    input: str = os.devnull


@dataclass
class _Counted:
    """A command and its runs so far."""

    command: Command
    walls: list[float] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class _Once:
    wall: float
    user: float
    system: float
    peak_bytes: int
    status: int


def measure(
    commands: Sequence[Command], plan: Plan, say: Callable[[str], None] = lambda text: None
) -> Report:
    found = [_Counted(command) for command in commands]
    before, began = noise.Machine.now(), time.monotonic()
    shell_seconds = _shell_seconds(plan) if plan.shell else 0.0
    apart = any(command.setup for command in commands)
    interrupted = False
    try:
        for together in [[each] for each in found] if apart else [found]:
            _together(together, plan, say)
    except KeyboardInterrupt:
        if any(len(each.walls) < stats.LEAST for each in found):
            raise
        interrupted = True
    for each in found:
        each.walls = [max(wall - shell_seconds, 1e-9) for wall in each.walls]
    return Report(
        [_timed(each, plan) for each in found],
        _ratios(found),
        time.monotonic() - began,
        _noise(found, before),
        _notes(found, apart, shell_seconds),
        interrupted,
    )


def split(line: str) -> tuple[str, ...]:
    """A command line's words, for those that no shell sees."""
    try:
        return tuple(shlex.split(line))
    except ValueError as error:
        raise CommandFailed(f"{line!r} can't be split into words: {error}", 2) from None


def _together(found: list[_Counted], plan: Plan, say: Callable[[str], None]) -> None:
    """Set-up, warm-up, rounds, clean-up of commands that take turns."""
    for each in found:
        _aside(each.command.setup, "--setup", plan)
    for _ in range(plan.warm_up):
        for each in found:
            _run(each.command, plan, len(each.walls))
    try:
        _rounds(found, plan, say)
    finally:
        for each in found:
            _aside(each.command.cleanup, "--cleanup", plan)


def _rounds(found: list[_Counted], plan: Plan, say: Callable[[str], None]) -> None:
    draw = random.SystemRandom()
    began = time.monotonic()
    done, wanted = 0, plan.runs or 1
    while done < wanted:
        for each in draw.sample(found, len(found)):
            _add(each, _run(each.command, plan, done))
        done += 1
        if done == 1 and not plan.runs:
            a_round = time.monotonic() - began
            most = max(1, plan.most)
            wanted = min(most, max(plan.least, int(plan.budget * len(found) / a_round)))
        say(f"run {done} of {wanted}")


def _add(each: _Counted, once: _Once) -> None:
    each.walls.append(once.wall)
    each.usage.user.append(once.user)
    each.usage.system.append(once.system)
    each.usage.peak_bytes.append(once.peak_bytes)
    each.usage.exit_codes.append(once.status)


def _run(command: Command, plan: Plan, number: int) -> _Once:
    _aside(command.prepare, "--prepare", plan)
    words = (*plan.shell, *command.words) if plan.shell else command.words
    once = _spawn(words, plan.input, plan.show_output)
    if once.status == -signal.SIGINT:
        raise KeyboardInterrupt
    if once.status and not plan.ignore_failure:
        raise CommandFailed(
            f"{command.name} {ending(once.status)} in run {number + 1}; --ignore-failure times it all the same"
        )
    _aside(command.conclude, "--conclude", plan)
    return once


def ending(status: int) -> str:
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with exit code {status}"


def _aside(line: str | None, option: str, plan: Plan) -> None:
    """A command that is not timed, by the shell."""
    if line is None:
        return
    once = _spawn((*(plan.shell or ("/bin/sh", "-c")), line), os.devnull, plan.show_output)
    if once.status:
        raise CommandFailed(f"the command of {option} {ending(once.status)}: {line}")


def _spawn(words: tuple[str, ...], source: str, shown: bool) -> _Once:
    padding = "x" * random.SystemRandom().randrange(_PADDING)
    files = [(os.POSIX_SPAWN_OPEN, 0, source, os.O_RDONLY, 0)]
    if not shown:
        files += [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    environment = os.environ | {"HONE_PADDING": padding}
    # Python ignores these two, and a child would inherit that.
    restored = [signal.SIGPIPE, signal.SIGXFSZ]
    start = time.perf_counter()
    try:
        child = os.posix_spawnp(
            words[0], words, environment, file_actions=files, setsigdef=restored
        )
    except OSError as error:
        raise _not_started(words, source, error) from None
    try:
        _, status, used = os.wait4(child, 0)
    except BaseException:
        _end(child)
        raise
    wall = time.perf_counter() - start
    return _Once(
        wall, used.ru_utime, used.ru_stime, used.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)
    )


def _end(child: int) -> None:
    """Kill it unless it is gone already, as after Ctrl-C, which both of us get."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(child, os.WNOHANG) == (0, 0):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _not_started(words: tuple[str, ...], source: str, error: OSError) -> CommandFailed:
    if not os.access(source, os.R_OK):
        return CommandFailed(f"the input {source} can't be read: {error.strerror}", 2)
    if isinstance(error, FileNotFoundError):
        return CommandFailed(f"there is no program {words[0]!r}", 2)
    return CommandFailed(f"{words[0]} can't be started: {error.strerror}", 2)


def _shell_seconds(plan: Plan) -> float:
    """What the shell itself takes: as hyperfine does, it is taken off every run."""
    runs = [_spawn((*plan.shell, ""), os.devnull, False) for _ in range(_SHELL_RUNS)]
    if runs[0].status:
        raise CommandFailed(f"the shell {plan.shell[0]} {ending(runs[0].status)}", 2)
    return statistics.median(once.wall for once in runs)


def _timed(each: _Counted, plan: Plan) -> Timed:
    facts = {"command": each.command.name}
    if plan.shell:
        facts["shell"] = plan.shell[0]
    runs = [Run(1, [wall]) for wall in each.walls]
    return Timed(each.command.name, runs, "run", each.usage, each.command.parameters, facts)


def _ratios(found: list[_Counted]) -> list[stats.Ratio | None]:
    out: list[stats.Ratio | None] = [None]
    for other in found[1:]:
        pairs = zip(found[0].walls, other.walls, strict=False)  # an interruption leaves one over
        logs = [math.log(a / b) for a, b in pairs]
        enough = len(logs) >= stats.LEAST
        out.append(stats.ratio_of_logs(logs, len(found) - 1) if enough else None)
    return out


def _noise(found: list[_Counted], before: noise.Machine) -> list[str]:
    out = noise.surroundings(before, noise.Machine.now())
    for each in found:
        about = "" if len(found) == 1 else f"{each.command.name}: "
        out += [about + text for text in noise.outliers([each.walls])]
        start = changes.warm_up(each.walls)
        if start.kind in ("warm-up", "slowdown"):
            out.append(
                f"{about}the first {start.samples} runs took {start.factor:.2f} times as long: "
                "files not in memory yet? --warmup N leaves runs out, --prepare CMD makes them alike"
            )
    return out


def _notes(found: list[_Counted], apart: bool, shell_seconds: float) -> list[str]:
    out = []
    if shell_seconds:
        out.append(f"the shell's own {shell_seconds * 1e3:.1f} msec are taken off")
    if apart and len(found) > 1:
        out.append("one command after the other (--setup): what drifted meanwhile is in the ratios")
    for each in found:
        failed = sum(code != 0 for code in each.usage.exit_codes)
        if failed:
            out.append(f"{each.command.name}: {failed} of {len(each.walls)} runs failed")
    return out
