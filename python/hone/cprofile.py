# SPDX-License-Identifier: Apache-2.0
"""cProfile, with hone's call profiler under it: `import hone.cprofile as cProfile`.

Where cProfile is wrong this is right: every thread has its own stack, several profilers may be on
at a time, functions of one line are told apart (and added up in the pstats file, which can't), and
the cost of the probes is taken off the times (`Profile(raw=True)` leaves it in).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hone import _core

if TYPE_CHECKING:
    from types import CodeType
    from typing import ParamSpec, Self, TypeVar

    P = ParamSpec("P")
    T = TypeVar("T")

__all__ = ["Profile", "run", "runctx"]

Key = tuple[str, int, str]  # file, first line, name: pstats' name of a function
Row = tuple[int, int, float, float]
Stats = dict[Key, tuple[int, int, float, float, dict[Key, Row]]]


def run(statement: str, filename: str | None = None, sort: Any = -1) -> None:
    """Profile a statement in `__main__`; write the pstats file FILENAME, or print the profile.

    SystemExit ends the statement, other exceptions go on to the caller afterwards.
    """
    _show_after(lambda profile: profile.run(statement), filename, sort)


def runctx(
    statement: str | CodeType,
    globals: dict[str, Any],
    locals: Any,
    filename: str | None = None,
    sort: Any = -1,
) -> None:
    """The same with these namespaces."""
    _show_after(lambda profile: profile.runctx(statement, globals, locals), filename, sort)


def _show_after(work: Callable[[Profile], object], filename: str | None, sort: Any) -> None:
    profile = Profile()
    try:
        work(profile)
    except SystemExit:
        pass
    finally:
        if filename is None:
            profile.print_stats(sort)
        else:
            profile.dump_stats(filename)


class Profile(_core.Profiler):
    """Profile(timer=None, timeunit=0.0, subcalls=True, builtins=True, *, raw=False, threads=True)

    timer: a callable that gives seconds; with a timeunit, whole numbers of that many seconds.
    threads: False watches only the thread that calls enable().
    """

    # Under cProfile's own name one profiler refuses to be on beside another from 3.12 on, because
    # that module's does (docs/decisions/0013-profilers-beside-profilers.md).
    _alone = __name__ != "hone.cprofile" and sys.version_info >= (3, 12)
    _depth = 0  # of with blocks and run…() calls

    stats: Stats

    def print_stats(self, sort: Any = -1) -> None:
        import pstats

        keys = sort if isinstance(sort, tuple) else (sort,)
        source: Any = self  # the stubs know cProfile's own class only
        pstats.Stats(source).strip_dirs().sort_stats(*keys).print_stats()

    def dump_stats(self, file: Any) -> None:
        """Write FILE (a path) as pstats.Stats reads it. OSError if that can't be done."""
        import marshal

        from hone import files

        self.create_stats()
        files.write(file, [marshal.dumps(self.stats)])

    def create_stats(self) -> None:
        """Switch off and set `stats`, in the form that pstats.Stats takes from here."""
        self.disable()
        self.snapshot_stats()

    def snapshot_stats(self) -> None:
        """Set `stats` to what has ended so far."""
        self.stats = {}
        entries = self.getstats()
        for entry in entries:
            self._add(self._label(entry.code), _row(entry))
        for entry in entries:
            caller = self._label(entry.code)
            for call in entry.calls or ():
                # Its own row may be missing: calls that have not ended have none.
                if (callee := self._label(call.code)) in self.stats:
                    callers = self.stats[callee][4]
                    nc_first = _row(call)[1::-1] + _row(call)[2:]  # as the file has it here
                    callers[caller] = _sum(callers.get(caller), nc_first)

    def _add(self, key: Key, row: Row) -> None:
        """Functions that the file can't tell apart are added up, as pstats does with two files."""
        before = self.stats.get(key)
        callers = before[4] if before else {}
        self.stats[key] = (*_sum(before, row), callers)

    def _label(self, code: CodeType | str) -> Key:
        return label(code)

    def run(self, cmd: str) -> Self:
        import __main__

        return self.runctx(cmd, __main__.__dict__, __main__.__dict__)

    def runctx(self, cmd: str | CodeType, globals: dict[str, Any], locals: Any) -> Self:
        self._depth += 1
        self.enable()
        try:
            exec(cmd, globals, locals)
        finally:
            self._depth -= 1
            if not self._depth:
                self.disable()
        return self

    def runcall(self, func: Callable[P, T], /, *args: P.args, **kw: P.kwargs) -> T:
        """Profile one call; what it returns or raises."""
        self._depth += 1
        self.enable()
        try:
            return func(*args, **kw)
        finally:
            self._depth -= 1
            if not self._depth:
                self.disable()

    def __enter__(self) -> Self:
        self._depth += 1
        self.enable()
        return self

    def __exit__(self, *exc_info: object) -> None:  # type: ignore[override]
        self._depth -= 1
        if not self._depth:
            self.disable()


def label(code: CodeType | str) -> Key:
    """pstats' name of what getstats() calls `code`."""
    if isinstance(code, str):
        return ("~", 0, code)
    return (code.co_filename, code.co_firstlineno, code.co_name)


def _row(entry: Any) -> Row:
    calls = entry.callcount
    return calls - entry.reccallcount, calls, entry.inlinetime, entry.totaltime


def _sum(before: tuple[Any, ...] | None, row: Row) -> Row:
    if before is None:
        return row
    return tuple(a + b for a, b in zip(before, row, strict=False))


def main() -> None:
    """`python -m hone.cprofile` with the words of `sys.argv`; ends the process."""
    from hone.cli import guarded
    from hone.cli.profile import module_main

    sys.exit(guarded(lambda: module_main(sys.argv[1:])))


if __name__ == "__main__":
    main()
