# SPDX-License-Identifier: Apache-2.0
"""`hone profile`: the words of `python -m cProfile`, and more; other ways of profiling are MODES.

What can be known to go wrong is said before the program runs. Then this process becomes the one the
program runs in (hone.profiling.calls).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from optparse import OptionParser, Values
from typing import NoReturn

from hone.cli import complain
from hone.tune import handover
from hone.tune.target import Target, TargetError

# Option -> the module whose main() gets the other words; its takes_value() tells options from values.
MODES = {
    "--lines": "hone.cli.lines",
    "--sample": "hone.cli.sample",
    "--memory": "hone.cli.memory",
}

# As `python -m cProfile` has it: scripts look at it, where they say `python -m hone.profile`.
USAGE = "cProfile.py [-o output_file_path] [-s sort] [-m module | scriptfile] [arg] ..."

HELP = """\
  hone profile script.py             calls and times of every function, as python -m cProfile
  hone profile -o out.pstats -m pkg  into a file for pstats, snakeviz, gprof2dot, ...
  hone profile --lines ...           time by line          (hone lines)
  hone profile --sample ...          by sampling: costs next to nothing
  hone profile --memory ...          memory by line: peak, leaks, temporary   (hone memory)

Threads have their own stacks, the program is the real __main__ and keeps its exit status, and what
the profiler costs is taken off the times. The last line, on stderr, says how much slower it made
the program.

"""


def main(words: list[str]) -> int:
    if words[:1] in (["-h"], ["--help"]):
        sys.stdout.write(HELP + parser().format_option_help())
        return 0
    mode = find_mode(words)
    if mode is not None:
        rest = list(words)
        rest.remove(mode)
        return int(import_module(MODES[mode]).main(rest))
    try:
        options, program = parser(_Plain).parse_args(words)
        if not program:
            raise TargetError("give a script, or -m MODULE (hone profile --help says more)")
        become_profiled(options, program)
    except TargetError as error:
        return complain(str(error), error.code)


class _Plain(OptionParser):
    """Whose complaints are TargetErrors: a sentence, as of hone's other commands."""

    def error(self, msg: str) -> NoReturn:
        raise TargetError(f"{msg} (hone profile --help says more)")


def find_mode(words: list[str]) -> str | None:
    """The first mode that stands among the options before the program, as its own parser reads them: what
    is another option's value is no mode, and a letter may take a value in one mode only."""
    for mode in sorted(set(words) & MODES.keys(), key=words.index):
        takes_value = import_module(MODES[mode]).takes_value
        if mode in _leading(words, takes_value):
            return mode
    return None


def _leading(words: list[str], takes_value: Callable[[str, str], bool]) -> Iterator[str]:
    """The options before the program, without their values."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in _ENDS:
        yield words[at]
        at += 1 + takes_value(words[at], "".join(words[at + 1 : at + 2]))


_ENDS = ("-m", "-c", "-", "--")  # the program begins


def parser(kind: type[OptionParser] = OptionParser) -> OptionParser:
    import pstats

    rules = kind(usage=USAGE, prog="cProfile.py")
    rules.allow_interspersed_args = False
    rules.add_option("-o", "--outfile", metavar="FILE", help="write a pstats file")
    rules.add_option(
        "-s",
        "--sort",
        default=2,
        metavar="KEY",
        choices=sorted(pstats.Stats.sort_arg_dict_default),
        help="the order of the printed functions: a key of pstats.Stats, cumulative by default",
    )
    rules.add_option("-m", dest="module", action="store_true", help="the program is a module")
    rules.add_option("--record", metavar="FILE", help="write a recording, for `hone report`")
    rules.add_option("--tuned", action="store_true", help="run it with what hone tune decided")
    rules.add_option("--raw", action="store_true", help="leave the profiler's cost in the times")
    rules.add_option("-q", "--quiet", action="store_true", help="nothing on stderr")
    return rules


def module_main(words: list[str]) -> int:
    """`python -m hone.profile`."""
    rules = parser()
    if not words:
        rules.print_usage()
        return 2
    options, program = rules.parse_args(words)
    if not program:
        rules.print_usage()
        return 2 if options.module else 0
    try:
        become_profiled(options, program)
    except TargetError as error:
        return complain(str(error), error.code)


def become_profiled(options: Values, program: list[str]) -> NoReturn:
    from hone import interpreter

    target = _target(options, program)
    settings = []
    for name in ("outfile", "record"):
        if (path := getattr(options, name)) is not None:
            settings += [f"--{name}", writable(os.path.abspath(path))]
    if options.tuned:
        settings += ["--tuned", handover.hand_over_tuned(target)]
    settings += ["--sort", str(options.sort)]
    settings += [f"--{name}" for name in ("raw", "quiet") if getattr(options, name)]
    sys.stdout.flush()
    words = interpreter.hosted("profile", *settings, "--", *target.program_words())
    os.execv(words[0], words)


def _target(options: Values, program: list[str]) -> Target:
    """Code 1 is cProfile's for a program that can't be read."""
    name, *arguments = program
    if options.module:
        target = Target(None, name, tuple(arguments))
        if target.source_file() is None and not _is_found(name):
            raise TargetError(f"there is no module {name}; nothing was run", 1)
        return target
    if not os.path.exists(name):
        raise TargetError(f"there is no file {name}; nothing was run", 1)
    target = Target(name, None, tuple(arguments))
    if os.path.isdir(name) and target.source_file() == name:
        raise TargetError(f"{name} is a folder without __main__.py; nothing was run", 1)
    return target


def _is_found(module: str) -> bool:
    """What is neither a file nor a package with a __main__: built in, frozen, from an archive; or a package
    without, of which the interpreter says so."""
    import importlib.util

    if os.path.isdir(module.replace(".", os.sep)):
        return True
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def writable(path: str) -> str:
    """The path, if it can be written; it is left as it is. TargetError otherwise."""
    flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK
    fresh = not os.path.lexists(path)
    try:
        os.close(os.open(path, flags | (os.O_CREAT if fresh else 0), 0o666))
        if fresh:
            os.unlink(path)
    except OSError as error:
        import errno

        if error.errno != errno.ENXIO:  # a named pipe whose reader comes later
            raise TargetError(
                f"{path} can't be written: {error.strerror}; nothing was run", 1
            ) from None
    return path
