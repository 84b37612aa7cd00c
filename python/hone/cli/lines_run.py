# SPDX-License-Identifier: Apache-2.0
"""The role `lines OPTIONS PROGRAM…`: run the program under the line profiler, then write and show.

OPTIONS is a file written by marshal: the options of hone.cli.lines by name. What was recorded is written
when the process ends, by whatever way (os._exit, os.exec*, an exception, a signal like SIGTERM); a forked
child writes nothing.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import marshal
import os
import shlex
import sys
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from os import getpid  # the program may have another one
from types import CodeType
from typing import Any, NoReturn

from hone import descriptors, files
from hone.kept import Kept
from hone.lines import recorded, targets
from hone.lines.cost import Cost
from hone.lines.profiler import LineProfiler
from hone.tune import host

# What the end needs that is not loaded yet: always, without -l, and with --rich.
NEEDED = ("hone.crashed", "hone.recording.engine", "hone.recording.model", "hone.report.lines_text")
NEEDED_FOR_CALLS = ("pstats",)
NEEDED_FOR_COLOUR = ("rich.console", "rich.highlighter", "rich.syntax", "rich.text")
Write = Callable[[str], object]


def main(words: list[str], pages: Callable[[], int]) -> NoReturn:
    with open(words[0], "rb") as file:
        options = marshal.load(file)
    os.close(int(words[0].rpartition("/")[2]))  # the program gets no extra descriptor
    program = words[1:]
    profiler = _profiler(options)
    _silence(options["verbose"])
    if options["line_by_line"] or options["builtin"]:
        builtins.profile = profiler  # type: ignore[attr-defined]
    _stand_in(profiler)
    ending = _Ending(profiler, options, program)
    if options["setup"]:
        _run_setup(options["setup"])
    tune = _tuner(profiler, options, pages)
    prepare: host.Prepare = _as_it_is
    if options["line_by_line"]:
        ending.chosen = targets.Targets(options["prof_mod"])
        prepare = _choose(profiler, ending.chosen, options, program, tune)
    if not options["line_by_line"] and not options["builtin"]:
        profiler.enable_by_count()  # a decorated function doesn't switch it off when it returns
    host.run(program, prepare)


def _profiler(options: dict[str, Any]) -> Any:
    if not options["line_by_line"]:
        from hone.lines.calls import CallProfiler

        return CallProfiler()
    profiler = LineProfiler()
    profiler.raw = options["raw"]
    return profiler


def _as_it_is(code: CodeType) -> CodeType:
    return code


def _tuner(
    profiler: Any, options: dict[str, Any], pages: Callable[[], int]
) -> Callable[[CodeType], CodeType]:
    """How code passes that may be compiled, chosen functions included."""
    if not options["tuned"]:
        return _as_it_is
    from hone.tune import compiled, handover

    prepare = compiled.preparer(handover.take_over(options["tuned"]), pages)
    if prepare is None or not options["line_by_line"]:
        return prepare or _as_it_is
    profiler.compiled = True
    return lambda code: profiler.meet_compiled(prepare(code))


def _silence(verbose: int) -> None:
    if verbose < -1:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (until the process ends)
    if verbose < -2:
        sys.stderr = sys.stdout


def _stand_in(profiler: Any) -> None:
    """Programs that say `from line_profiler import profile` get ours, which is on; its modules within, too."""
    from hone import line_profiler

    line_profiler.profile.take_over(profiler)
    for name in ("", ".line_profiler", ".explicit_profiler"):
        sys.modules[f"line_profiler{name}"] = line_profiler


def _run_setup(path: str) -> None:
    sys.path.insert(0, os.path.dirname(path))
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    exec(code, {"__file__": path, "__name__": "__main__", "__builtins__": builtins})


def _choose(
    profiler: LineProfiler,
    chosen: targets.Targets,
    options: dict[str, Any],
    program: list[str],
    tune: Callable[[CodeType], CodeType],
) -> Callable[[CodeType], CodeType]:
    """How code passes: functions that -p names are chosen."""
    if not chosen:
        if tune is not _as_it_is:
            host.prepare_all_imports(tune)
        return tune
    script = os.path.abspath(program[0]) if program[0] != "-m" else None
    if script is not None and options["prof_imports"] and chosen.has_file(script):
        with open(host.main_of(script), "rb") as file:
            for name in targets.imports_of(file.read()):
                chosen.add(name)

    def prepare_named(code: CodeType, name: str) -> CodeType:
        chooses = chosen.chooser(name, code.co_filename)
        return tune(code if chooses is None else targets.watched(code, profiler, chooses))

    for thing in chosen.loaded():
        profiler.add_imported_function_or_module(thing)
    host.prepare_imports(prepare_named)
    name = "__main__" if script is None else os.path.basename(script).removesuffix(".py")
    return lambda code: prepare_named(code, name)


class _Ending:
    """What happens when the process ends; and every few seconds until then."""

    def __init__(self, profiler: Any, options: dict[str, Any], program: list[str]) -> None:
        from hone import _core

        self._profiler = profiler
        self._options = options
        self._program = program
        self._kept = Kept(*_needed(options))
        self._process = getpid()
        self._stdout = sys.stdout
        self._done = False
        self._remark = ""
        self._repeats = bool(options["output_interval"])
        self._turn = allocate_lock()  # to write
        self.chosen: targets.Targets | None = None
        atexit.register(self._finish)
        _core.before_exit(self._finish, signals=True)
        _core.after_crash(profiler.disable, self._save)
        if self._repeats:
            self._repeat(max(options["output_interval"], 1))

    def _repeat(self, seconds: int) -> None:
        import threading

        def write() -> None:
            while not stop.wait(seconds):
                with self._turn:
                    if not self._done:
                        self._write_for_now()

        stop = threading.Event()
        threading.Thread(target=write, name="hone lines", daemon=True).start()
        atexit.register(stop.set)

    def _save(self, number: int) -> None:
        """In a copy of the process, which has crashed with that signal."""
        self._process = getpid()
        self._turn = allocate_lock()  # who had it is not in the copy
        self._kept.back(partial(self._save_crashed, number))

    def _save_crashed(self, number: int) -> None:
        from hone import crashed

        self._remark = crashed.sentence(number)
        self._stdout = crashed.fresh_stdout()
        self._complain(self._remark)
        self._finish()

    def _finish(self) -> None:
        if getpid() != self._process or self._done:
            return
        self._done = True
        self._profiler.disable()
        self._kept.back(partial(descriptors.with_some, self._report))

    def _report(self) -> None:
        self._say_what_was_not_met()
        with self._turn:
            wrote = self._write()
        # Nobody reads it any more, or the program has closed or replaced what it would stand on.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._say(wrote)
        if folder := self._options.get("temporary"):
            import shutil

            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError, ValueError):
            self._stdout.flush()
            sys.stderr.flush()

    def _fail(self, why: str) -> None:
        from hone import _core

        _core.fail_at_exit(files.UNWRITTEN)
        self._complain(why)

    def _complain(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"hone: {text}\n")

    def _say_what_was_not_met(self) -> None:
        if self.chosen is None:
            return
        if unmet := self.chosen.unmet():
            self._complain(f"-p {','.join(unmet)}: the program has loaded nothing of that name")
        elif self._options["verbose"] >= 0 and not self._profiler.get_stats().timings:
            self._complain(
                "no function was chosen: decorate some with @profile, or name them with -p"
            )

    def _write(self) -> bool:
        """Whether the profile is where it should be; what can't be written is kept elsewhere."""
        failed = {}
        for path, suffix, write in self._outputs():
            if sentence := files.save(path, suffix, write):
                failed[path] = sentence
                self._fail(sentence)
        return self._options["outfile"] not in failed

    def _write_for_now(self) -> None:
        """What can't be written will be known at the end."""
        for path, _, write in self._outputs():
            with contextlib.suppress(Exception):
                write(path)

    def _outputs(self) -> Iterator[tuple[str, str, Write]]:
        """Of each file its path, how a temporary one would end, and what writes it."""
        if not self._options["line_by_line"]:
            yield self._options["outfile"], ".prof", self._placed(self._profiler.dump_stats)
            return
        stats = self._profiler.get_stats()
        if folder := self._options.get("temporary"):  # its source will be gone
            stats.timings = {
                key: rows
                for key, rows in stats.timings.items()
                if not key[0].startswith(f"{folder}/")
            }
        yield self._options["outfile"], ".lprof", self._placed(stats.to_file)
        if self._options["record"]:
            record = partial(
                recorded.write,
                program=self._program,
                stats=stats,
                slowdown=self._profiler.slowdown(),
                remark=self._remark,
            )
            yield self._options["record"], ".hone", self._placed(record)

    def _placed(self, write: Write) -> Write:
        """A file that is written again and again is whole at any time."""
        return partial(_write_aside, write) if self._repeats else write

    def _say(self, wrote: bool) -> None:
        options = self._options
        verbose = options["verbose"]
        try:
            file = os.path.relpath(options["outfile"])
        except FileNotFoundError:  # the program has removed the folder that it was in
            file = options["outfile"]
        if verbose >= 0 and wrote:
            self._stdout.write(f"Wrote profile results to {file!r}\n")
        if verbose > 0:
            self._show()
        elif verbose == 0 and wrote:
            from hone.lines.switch import python_word

            module = "hone.line_profiler -rmt" if options["line_by_line"] else "pstats"
            words = f"{shlex.quote(python_word())} -m {module} {shlex.quote(file)}"
            self._stdout.write(f"Inspect results with:\n{words}\n")
        if verbose >= 0 and options["line_by_line"] and self._profiler.overhead()["hits"]:
            cost = Cost.of(self._profiler.overhead()).sentence(self._profiler.raw)
            sys.stderr.write(f"hone: {cost}\n{self._compiled()}")

    def _compiled(self) -> str:
        """Which of the functions shown ran compiled, where that was asked for."""
        engine = sys.modules.get("hone._jit")
        if engine is None or not self._options["tuned"]:
            return ""
        ran = {
            (row["filename"], row["firstlineno"], row["qualname"])
            for row in engine.report()
            if row["state"] == "compiled"
        }
        names = [
            f"{name} [compiled]"
            for *place, name in self._profiler.get_stats().timings
            if (*place, name) in ran
        ]
        return f"hone: {', '.join(names) or 'none of them'} ran compiled, with lines that are told of\n"

    def _show(self) -> None:
        options = self._options
        if not options["line_by_line"]:
            self._profiler.print_stats()
            return
        self._profiler.print_stats(
            self._stdout,
            options["unit"],
            stripzeros=options["skip_zero"],
            summarize=options["summarize"],
            rich=options["rich"],
            config=options["config"],
        )


def _needed(options: dict[str, Any]) -> Iterator[str]:
    yield from NEEDED
    if not options["line_by_line"]:
        yield from NEEDED_FOR_CALLS
    if options["rich"] and find_spec("rich") is not None:
        yield from NEEDED_FOR_COLOUR


def _write_aside(write: Write, path: str) -> None:
    """Beside the file, then in its place: a program that is killed in between leaves a whole one."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe, a device
        write(path)
        return
    part = f"{path}.part"
    try:
        write(part)
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
