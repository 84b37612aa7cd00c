# SPDX-License-Identifier: Apache-2.0
"""The command line. One file a subcommand, each with `main(words) -> int`; COMMANDS is the table."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from importlib import import_module

COMMANDS = {
    "tune": "run a program, compile its hot functions, show that it does the same, measure the gain",
    "look": "run a program once and say where its time goes and whether tuning is worth it",
    "run": "run a program with what hone tune decided",
    "explain": "show per line what is native in a function, and why not",
    "profile": "calls and times of every function, as python -m cProfile; or lines, samples, memory",
    "sample": "look at a program's stacks at random times, at a cost that it states",
    "memory": "what each line asks memory for; the peak, what is held at the end, temporary, copied",
    "attach": "the same for a program that runs already",
    "lines": "run a program as kernprof does: hits and time of each line of chosen functions",
    "time": "time statements as timeit does, or commands; with intervals and comparisons",
    "report": "show a recording, or another profiler's file, in one of many forms",
    "diff": "compare recordings and list what changed beyond noise",
}


def _help() -> str:
    rows = "\n".join(f"  {name:<9}{text}" for name, text in COMMANDS.items())
    return (
        "  hone tune script.py        make a program fast and prove it\n"
        "  hone run script.py         run it so from now on\n\n"
        f"usage: hone COMMAND [OPTIONS] [-m MODULE | SCRIPT] [ARGS…]\n\n{rows}\n\n"
        "`hone COMMAND --help` says more.\n"
    )


class Unanswered(Exception):
    """The standard output can't be written."""


def complain(text: str, code: int = 2) -> int:
    with suppress(OSError):
        sys.stderr.write(f"hone: {text}\n")
    return code


def answer(parts: Iterable[str] | Iterable[bytes]) -> None:
    """To the standard output, all of it. Raises Unanswered."""
    if sys.stdout is None:
        return
    for part in parts:
        if isinstance(part, bytes):
            _try(partial(sys.stdout.buffer.write, part))
        else:
            _try(partial(sys.stdout.write, part))
    _try(sys.stdout.flush)


def _try(put: Callable[[], object]) -> None:
    try:
        put()
    except BrokenPipeError:
        raise
    except OSError as error:
        _silence()
        raise Unanswered(f"the answer can't be written: {error.strerror}") from None


def _silence() -> None:
    """What is left for the standard output goes nowhere, so that the interpreter does not try again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), sys.stdout.fileno())


def nearest(word: str, known: list[str]) -> str:
    import difflib

    found = difflib.get_close_matches(word, known, 1, 0.5)
    return f"; did you mean {found[0]}?" if found else ""


def main(words: list[str] | None = None) -> int:
    return guarded(partial(_run, sys.argv[1:] if words is None else words))


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        answer([_help()])
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        from hone import __version__

        answer([f"hone {__version__}\n"])
        return 0
    command, *rest = words
    if command not in COMMANDS:
        return complain(f"there is no command {command!r}{nearest(command, list(COMMANDS))}")
    return int(import_module(f"hone.cli.{command}").main(rest))


def guarded(work: Callable[[], int]) -> int:
    """Its exit code, also when somebody interrupts it or stops reading what it prints, or it can't print."""
    try:
        code = _completed(work)
        answer(())
    except KeyboardInterrupt:
        return complain("interrupted", 130)
    except BrokenPipeError:
        _silence()
        return 141
    except Unanswered as error:
        return complain(str(error))
    return code


def _completed(work: Callable[[], int]) -> int:
    """Its exit code. What is left in the standard output's buffer tells whose error an OSError was."""
    try:
        return work()
    except SystemExit as end:  # argparse's and optparse's, after their help
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        raise
    except OSError:
        answer(())
        raise
