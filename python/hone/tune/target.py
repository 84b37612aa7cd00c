# SPDX-License-Identifier: Apache-2.0
"""What hone was asked to run: a script or a module, with its arguments, and the commands that run it.

`hone run` waits for this module: it imports next to nothing (pathlib, dataclasses and typing take 10 ms
together).
"""

from __future__ import annotations

import os
import sys

from hone import interpreter
from hone.tune.host import absolute, is_container, is_decodable, main_of

STARTS = 5


class TargetError(Exception):
    """The program can't be run; `code` is hone's exit code for it."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


class Target:
    """Either a script or a module."""

    def __init__(
        self, script: str | None, module: str | None, arguments: tuple[str, ...] = ()
    ) -> None:
        self.script = script
        self.module = module
        self.arguments = arguments

    @classmethod
    def of(cls, words: list[str]) -> Target | None:
        """What `SCRIPT …` or `-m MODULE …` names; None if WORDS name nothing."""
        if words[:1] == ["-m"]:
            if len(words) < 2:
                raise TargetError("-m needs a module")
            return cls(None, words[1], tuple(words[2:]))
        return cls(words[0], None, tuple(words[1:])) if words else None

    @property
    def name(self) -> str:
        """How people call it."""
        return self.script if self.script is not None else f"-m {self.module}"

    def plain_command(self) -> list[str]:
        return interpreter.command(*self.program_words())

    def program_words(self) -> list[str]:
        what = [self.script] if self.script is not None else ["-m", str(self.module)]
        return [*what, *self.arguments]

    def hosted_command(self, role: str, *options: str) -> list[str]:
        """The command that runs the program with hone in its process (see boot.py)."""
        return interpreter.hosted(role, *options, *self.program_words())

    def start_of_run(self) -> float:
        """The seconds that `hone run` takes until it is the program's own process, which users wait
        for too: the median of a few starts."""
        import statistics

        command = [sys.executable, "-P", "-m", "hone", "run", "--start-only", *self.program_words()]
        return statistics.median(_seconds_of(command) for _ in range(STARTS))

    def source_file(self) -> str | None:
        """The file the program starts in; None for a module that can't be found without running it."""
        if self.script is not None:
            return main_of(self.script)
        return _module_file(str(self.module))

    def as_run(self, file: str) -> str:
        """FILE by the name that its code has if it is the program's: the interpreter takes the script as it
        was given. What else is there is found by the real path of the script's folder."""
        if self.script is None:
            return file
        real, own = os.path.realpath(file), os.path.realpath(self.script)
        if real == own or real.startswith(f"{own}/"):
            return absolute(self.script).rstrip("/") + real.removeprefix(own)
        return file

    def files(self) -> list[str]:
        """The files that the command line names: the program, and arguments that are paths."""
        source = self.source_file()
        named = [word for word in self.arguments if word and not word.startswith("-")]
        return ([source] if source else []) + [word for word in named if os.path.exists(word)]

    def plan_file(self) -> str:
        source = self.source_file()
        folder = os.path.dirname(os.path.realpath(source)) if source else os.getcwd()
        named = source if source and self.script is not None else f"{self.module}."
        stem = os.path.splitext(os.path.basename(named))[0]
        return os.path.join(folder, ".hone", f"{stem}-plan.json")


def _module_file(module: str) -> str | None:
    """Where `python -m module` would find its file: beside us or on the path, without importing it."""
    parts = module.split(".")
    for entry in ["", *sys.path]:
        base = os.path.join(entry, *parts)
        main, alone = os.path.join(base, "__main__.py"), f"{base}.py"
        package = os.path.isfile(os.path.join(base, "__init__.py"))  # before a module of its name
        for candidate in (main,) if package else (alone, main):
            if os.path.isfile(candidate):
                return candidate
    return None


def check(target: Target) -> None:
    """Refuse what can't start, before anything runs."""
    if target.script is not None:
        if os.path.isdir(target.script) and target.source_file() == target.script:
            raise TargetError(
                f"{target.script} is a folder without __main__.py; give a script, or -m MODULE"
            )
        if not os.path.exists(target.script):
            raise TargetError(f"there is no file {target.script}")
    source = target.source_file()
    if source is None:
        raise TargetError(f"there is no module {target.module}")
    try:
        with open(source, "rb") as file:
            text = file.read()
    except OSError as error:
        raise TargetError(f"{source} can't be read: {error.strerror}") from None
    if source == target.script and is_container(source):
        return
    if not is_decodable(text):
        raise TargetError(f"{source} is no text in its encoding; nothing was run", 3)
    try:
        compile(text, source, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise TargetError(
            f"{source}, line {error.lineno}: {error.msg}; nothing was run", 3
        ) from None
    except ValueError as error:
        raise TargetError(f"{source} is not Python source ({error}); nothing was run", 3) from None


def _seconds_of(command: list[str]) -> float:
    import subprocess
    import time

    begun = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return time.perf_counter() - begun
