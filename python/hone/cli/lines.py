# SPDX-License-Identifier: Apache-2.0
"""`hone lines`: kernprof's command line. `python -m hone.kernprof` is the same; there `-l` must be given.

This process reads the words and becomes another one, in which the program runs (lines_run.py).
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from hone import interpreter
from hone.cli import COMMANDS, complain
from hone.cli.words import Option, Reader, WordsError, help_of, positive
from hone.lines import settings

_PROGRAM = "{SCRIPT | -m MODULE | -c CODE | -} [ARGS…]"

OPTIONS = (
    Option(("-h", "--help"), "switch", "say this"),
    Option(("-V", "--version"), "switch", "hone's version"),
    Option(("--config",), "value", "a TOML file with defaults (tool.line_profiler)", "FILE"),
    Option(("-l", "--line-by-line"), "switch", "by line, not by call; always so for hone lines"),
    Option(("-b", "--builtin"), "switch", "put `profile` into builtins; with -l always"),
    Option(("-s", "--setup"), "value", "run this script before", "FILE"),
    Option(
        ("-p", "--prof-mod"),
        "values",
        "profile all functions of these modules, files, classes or functions; '' clears",
        "X[,Y]",
    ),
    Option(("--preimports",), "switch", "accepted: what -p names is met whenever it is imported"),
    Option(("--prof-imports",), "switch", "if -p names the program: what it imports, too"),
    Option(("-o", "--outfile"), "value", "where to write (PROGRAM.lprof)", "FILE"),
    Option(("-v", "--verbose", "--view"), "count", "show the result"),
    Option(("-q", "--quiet"), "count", "no hints; -qq no standard output, -qqq no errors"),
    Option(("-r", "--rich"), "switch", "in colour"),
    Option(("-u", "--unit"), "value", "unit of the times shown (1e-6)", "SECONDS", positive),
    Option(("-z", "--skip-zero"), "switch", "leave out functions that never ran"),
    Option(("--summarize",), "switch", "a line for each function at the end"),
    Option(
        ("-i", "--output-interval"), "maybe", "write every N seconds while it runs", "[N]", int, 1
    ),
    Option(("--record",), "value", "write a recording, too, for hone report", "FILE"),
    Option(
        ("--tuned",),
        "switch",
        "run it with what hone tune decided: chosen functions, too, as they are then",
    ),
    Option(("--raw",), "switch", "times as measured, the cost of watching in them"),
)


class _Refused(Exception):
    """Nothing is run; the text says why."""


def main(words: list[str]) -> int:
    """`hone lines`."""
    return _start(["--line-by-line", *words], "hone lines")


def takes_value(word: str, after: str) -> bool:
    """For `hone profile`, which looks for the mode among the options."""
    return Reader(OPTIONS).takes_value(word, after)


def kernprof_main(words: list[str]) -> int:
    """`python -m hone.kernprof`."""
    return _start(words, "python -m hone.kernprof")


def _start(words: list[str], name: str) -> int:
    try:
        reader = Reader(OPTIONS, stops=("-m", "-c")).read(_without_no_config(words))
        if (code := _answer(reader.found, name)) is not None:
            return code
        if reader.rest and _is_shown(reader.rest[0]):
            from hone.cli import lines_view

            return lines_view.main([*_view_words(reader.found), *reader.rest])
        options = _with_defaults(reader.found)
        _become(options, reader.rest)
    except (WordsError, settings.SettingsError) as error:
        return complain(f"{error} ({name} --help says more)")
    except _Refused as error:
        return complain(str(error), 1)


def _is_shown(path: str) -> bool:
    """A file of line statistics, not a program: a pickle under any name, anything under theirs."""
    if path.endswith(".lprof"):
        return True
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(2)
    except OSError:
        return False
    if head[:1] != b"\x80":  # no Python text begins with it
        return False
    from hone.recording.foreign import lprof_file

    return lprof_file.looks_right(head)


def _without_no_config(words: list[str]) -> list[str]:
    return ["--config=" if word == "--no-config" else word for word in words]


def _answer(found: dict[str, Any], name: str) -> int | None:
    if found.get("help"):
        sys.stdout.write(
            f"usage: {name} [OPTIONS] {_PROGRAM}\n       {name} FILE.lprof…\n\n"
            f"{COMMANDS['lines']}\n\n{help_of(OPTIONS)}\n"
            "Long options without a value also take yes or no, and there is --no-… for each.\n"
            "--no-config: no file is read for defaults.\n"
        )
        return 0
    if found.get("version"):
        from hone import __version__

        sys.stdout.write(f"{__version__}\n")
        return 0
    return None


def _view_words(found: dict[str, Any]) -> list[str]:
    """What of it the viewer knows."""
    words = [f"--{key}" for key in ("rich", "skip_zero", "summarize") if found.get(key)]
    return [word.replace("_", "-") for word in words] + (
        [f"--unit={found['unit']}"] if "unit" in found else []
    )


def _with_defaults(found: dict[str, Any]) -> dict[str, Any]:
    config = found.pop("config", None)
    config = False if config == "" else config
    options = {
        **settings.read(config)["kernprof"],
        "raw": False,
        "tuned": False,
        "record": "",
        **found,
    }
    options["verbose"] -= found.get("quiet", 0)
    options["config"] = config
    return options


def _become(options: dict[str, Any], rest: list[str]) -> NoReturn:
    program = _program(options, rest)
    if not options["outfile"]:
        suffix = "lprof" if options["line_by_line"] else "prof"
        name = rest[1] if rest[0] == "-m" else os.path.basename(program[0])
        options["outfile"] = f"{name}.{suffix}"
    options["outfile"] = os.path.abspath(options["outfile"])
    _check_writable(options["outfile"])
    if options["record"]:
        options["record"] = os.path.abspath(options["record"])
        _check_writable(options["record"])
    if options["setup"]:
        options["setup"] = _find_script(options["setup"])
    options["tuned"] = _plan(program) if options["tuned"] else ""
    file = os.memfd_create("hone", 0)  # survives exec; the host reads and closes it
    os.write(file, marshal.dumps(options))
    command = interpreter.hosted("lines", f"/proc/self/fd/{file}", *program)
    sys.stdout.flush()
    os.execv(sys.executable, command)


def _plan(program: list[str]) -> str:
    """What is to be compiled, for the process to come."""
    from hone.tune import handover
    from hone.tune.target import Target, TargetError

    target = Target.of(program)
    assert target is not None
    try:
        return handover.hand_over_tuned(target)
    except TargetError as error:
        raise _Refused(str(error)) from None


def _program(options: dict[str, Any], rest: list[str]) -> list[str]:
    """The words that start it; code that is in no file is put into one."""
    if not rest:
        raise WordsError("give a script, -m MODULE, -c CODE or -")
    kind = rest[0]
    if kind in ("-m", "-c") and len(rest) < 2:
        raise WordsError(f"argument expected for the {kind} option")
    if kind == "-m":
        _check_module(rest[1])
        return rest
    if kind == "-c":
        return [_keep(options, "command", rest[1]), *rest[2:]]
    if kind == "-":
        return [_keep(options, "stdin", sys.stdin.read()), *rest[1:]]
    return [_find_script(kind), *rest[1:]]


def _keep(options: dict[str, Any], source: str, text: str) -> str:
    import textwrap

    folder = tempfile.mkdtemp()
    options["temporary"] = folder
    path = os.path.join(folder, f"kernprof-{source}.py")
    Path(path).write_text(textwrap.dedent(text) + "\n", encoding="utf-8")
    options["prof_mod"] = [*options["prof_mod"], path]
    return path


def _find_script(name: str) -> str:
    """Where it is, or where a program of the name is on $PATH."""
    from hone.tune import host

    for folder in ("", *os.environ.get("PATH", os.defpath).split(os.pathsep)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    if host.main_of(name) != name:
        return name
    raise _Refused(f"Could not find script {name!r}")


def _check_module(name: str) -> None:
    from hone.tune.target import Target

    if Target(None, name).source_file() is None:
        raise _Refused(f"Could not find module `{name}`")


def _check_writable(path: str) -> None:
    """Before the program runs, not after."""
    existed = os.path.exists(path)
    try:
        with open(path, "ab"):
            pass
        if not existed:
            os.unlink(path)
    except OSError as error:
        raise _Refused(f"{path} can't be written: {error.strerror}; nothing was run") from None
