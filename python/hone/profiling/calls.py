# SPDX-License-Identifier: Apache-2.0
"""The role `profile OPTIONS -- PROGRAM…`: the program under the call profiler, then its profile.

The program's modules must find the same modules loaded as under cProfile, or counts of calls would
differ by what importing takes: so no more than that is imported here; hone.kept hides the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from os import getpid  # the program may have another one
from types import CodeType
from typing import Any, NoReturn

from hone import _core, descriptors, files
from hone.cprofile import Key, Profile
from hone.kept import Kept
from hone.tune import host

# What the end needs: always, and for --record.
NEEDED = ("hone.crashed", "hone.profiling.cost")
NEEDED_TO_RECORD = ("hone.profiling.recorded", "hone.recording.engine")
VALUED = ("outfile", "record", "sort", "tuned")  # settings that have a value


class ProgramProfile(Profile):
    """Functions of the program's file stand under the name that it was given by, as cProfile has
    them; tracebacks need the absolute one."""

    given: str | None = None
    absolute: str | None = None

    def _label(self, code: CodeType | str) -> Key:
        file, line, name = super()._label(code)
        return (self.given if file == self.absolute and self.given else file, line, name)


class Session:
    """One profile, reported once, by the process that it is of."""

    def __init__(self, settings: dict[str, str], program: list[str]) -> None:
        self.program = program
        self.outfile = settings.get("outfile")
        self.record = settings.get("record")
        self.sort: Any = settings.get("sort", "2")
        self.quiet = "quiet" in settings
        self.kept = Kept(*NEEDED, *(NEEDED_TO_RECORD if self.record is not None else ()))
        self.profile = ProgramProfile(raw="raw" in settings)
        self.profile.stand_for(_core.run_program, exec)  # which is how cProfile starts a program
        self.process = getpid()
        self.cpu_before = sum(os.times()[:2])
        self.forks: list[None] = []  # one for each
        self.reported = False
        self.crash = ""  # how the program ended, in a copy of its process

    def save(self, number: int) -> None:
        """In a copy of the process, which has crashed with that signal."""
        self.process = getpid()
        self.kept.back(partial(self._save_crashed, number))

    def _save_crashed(self, number: int) -> None:
        from hone.crashed import fresh_stdout, sentence

        self.crash = sentence(number)
        fresh_stdout()
        self.report()

    def report(self) -> None:
        if self.reported or getpid() != self.process:
            return
        self.reported = True
        self.profile.disable()
        self.kept.back(self._report)

    def _report(self) -> None:
        if self.crash:
            say(self.crash)
        descriptors.with_some(self._tell)

    def _tell(self) -> None:
        if self.outfile is None and self.record is None:
            self._show()
        if self.outfile is not None:
            self._write(self.outfile, ".pstats", self.profile.dump_stats)
        if self.record is not None:
            self._write(self.record, ".hone", self._save)
        if not self.quiet:
            self._say_cost()

    def _show(self) -> None:
        """BrokenPipeError: nobody reads it."""
        try:
            self.profile.print_stats(2 if self.sort == "2" else self.sort)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except (OSError, ValueError, AttributeError):  # the program has closed or replaced it
            say(files.save_elsewhere(".pstats", self.profile.dump_stats, "it can't be shown"))

    def _save(self, path: str) -> None:
        from hone.profiling.recorded import recording
        from hone.recording import here, save
        from hone.recording.engine import add_compiled

        program = self.program[0] if self.program[0] != "-m" else " ".join(self.program[:2])
        meta = here(program, self.program)
        meta.remarks += [self.crash] if self.crash else []
        meta.cpu_seconds = sum(os.times()[:2]) - self.cpu_before
        made = recording(self.profile, meta)
        if (engine := sys.modules.get("hone._jit")) is not None:
            add_compiled(made, engine.report())
        save(made, path)

    def _write(self, path: str, suffix: str, write: Callable[[str], None]) -> None:
        if failed := files.save(path, suffix, write):
            _core.fail_at_exit(files.UNWRITTEN)
            say(failed)

    def _say_cost(self) -> None:
        from hone.profiling.cost import sentence

        say(sentence(self.profile))
        if (engine := sys.modules.get("hone._jit")) is not None:
            say(_compiled(engine.report()))
        if self.forks:
            many = "child ran" if len(self.forks) == 1 else "children ran"
            say(f"{len(self.forks)} forked {many} without the profiler")


def _compiled(report: list[dict[str, Any]]) -> str:
    ran = [row for row in report if row["state"] == "compiled"]
    seconds = sum(row["compile_seconds"] for row in report)
    many = "function" if len(ran) == 1 else "functions"
    return (
        f"{len(ran)} {many} ran compiled, with calls of their own that are not inlined; "
        f"compiling took {seconds:.3g} s, which are not in the times"
    )


def say(text: str) -> None:
    try:
        sys.stderr.write(f"hone: {text}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass  # the program has closed it, or has none


def main(words: list[str], pages: Callable[[], int]) -> NoReturn:
    # Before the program starts: as under `python -m cProfile`, its profile has no import of these.
    import optparse  # noqa: F401
    import pstats  # noqa: F401
    import runpy  # noqa: F401

    end = words.index("--")
    program = words[end + 1 :]
    settings = _settings(words[:end])
    session = Session(settings, program)
    session.profile.given = program[0] if program[0] != "-m" else None
    prepare = _preparer(settings.get("tuned"), pages)
    call = host.prepared(program, *prepare)
    if call is None:
        host.report_unreadable(program)
    if session.profile.given is not None:
        session.profile.absolute = host.absolute(session.profile.given)
    _watch_endings(session)
    host.leave(_run(session, call))


def _preparer(tuned: str | None, pages: Callable[[], int]) -> tuple[host.Prepare, ...]:
    """What the program's code goes through, if it runs as `hone run` runs it."""
    if tuned is None:
        return ()
    from hone.tune import compiled, handover

    prepare = compiled.preparer(handover.take_over(tuned), pages)
    if prepare is None:
        return ()
    host.prepare_all_imports(prepare)
    return (prepare,)


def _settings(words: list[str]) -> dict[str, str]:
    settings, rest = {}, iter(words)
    for word in rest:
        name = word.removeprefix("--")
        settings[name] = next(rest) if name in VALUED else ""
    return settings


def _watch_endings(session: Session) -> None:
    """Functions of C's, called by C, are not in a profile; ours would be. A forked child runs at full
    speed and leaves the profile to its parent."""
    disable = session.profile.disable
    _core.before_exit(disable, session.report, signals=True)
    _core.after_crash(disable, session.save)
    os.register_at_fork(before=partial(session.forks.append, None), after_in_child=disable)


def _run(session: Session, call: tuple[Any, ...]) -> int:
    """The exit status. Between enable() and disable() nothing of ours may be called: it would be
    in the profile."""
    profile, run, status = session.profile, _core.run_program, 0
    ended: BaseException | None = None
    modules = sys.modules
    profile.enable()
    try:
        status = run(*call)
    except SystemExit as error:
        ended = error
    # Threads that go on are waited for by the interpreter, now rather than later.
    if "threading" in modules:
        threading: Any = modules["threading"]
        waited: Any = True
        while waited:
            waited = False
            for number in [*threading._active]:
                if number in threading._active:
                    thread = threading._active[number]
                    if thread is not threading._main_thread and not thread._daemonic:
                        waited = True
                        thread.join()
    profile.disable()
    try:
        session.report()
    except BrokenPipeError as error:
        sys.stdout = None
        sys.exit(error.errno)
    if ended is not None:
        raise ended
    return status
