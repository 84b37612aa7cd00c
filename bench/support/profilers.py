# SPDX-License-Identifier: Apache-2.0
"""The profilers that can be switched on and off in a process, by kind, and the programs that they watch.

Adding a rival is a row in RIVALS: its name, and a function that is given the program's module and gives
what makes a context manager, in which the profiler is on; or says by ImportError that it is not to be
had on this interpreter.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Session = contextlib.AbstractContextManager[Any]
Sessions = Callable[[], Session]


@dataclass(frozen=True)
class Rival:
    kind: str
    name: str
    prepare: Callable[[types.ModuleType], Sessions]
    stated: Callable[[Any], float] | None = None  # how many times longer it says that it made it

    def is_here(self) -> bool:
        try:
            self.prepare(types.ModuleType("nothing"))()
        except ImportError:
            return False
        return True


def _hone_calls(_module: types.ModuleType) -> Sessions:
    from hone import cprofile

    return cprofile.Profile


def _cprofile(_module: types.ModuleType) -> Sessions:
    import cProfile

    return cProfile.Profile  # 3.15: profiling.tracing, under its old name


def _stated(profile: Any) -> float:
    from hone.profiling.cost import slowdown

    return slowdown(profile).ratio


def _hone_lines(module: types.ModuleType) -> Sessions:
    from hone.line_profiler import LineProfiler

    return _of_all_functions(LineProfiler(), module)


def _line_profiler(module: types.ModuleType) -> Sessions:
    from line_profiler import LineProfiler  # type: ignore[import-not-found, unused-ignore]

    return _of_all_functions(LineProfiler(), module)


def _of_all_functions(profiler: Any, module: types.ModuleType) -> Sessions:
    watch_all_functions(profiler, module)
    return lambda: profiler  # type: ignore[no-any-return]


def watch_all_functions(profiler: Any, module: types.ModuleType) -> None:
    """All that the module itself defines."""
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, types.FunctionType):
            profiler.add_function(value)
        elif isinstance(value, type):
            profiler.add_class(value)


class _HoneMemory:
    """Says afterwards what it has cost."""

    def __enter__(self) -> _HoneMemory:
        from hone import _core

        self._store = tempfile.NamedTemporaryFile(prefix="hone-bench-")
        _core.start_memory(self._store.name)
        return self

    def __exit__(self, *_: object) -> None:
        from hone import _core
        from hone.memory import recorded, store

        _core.stop_memory()
        found = store.read(self._store.name)
        self._store.close()
        said = recorded.slowdown(found.head) if found else None
        self.stated = said.ratio if said else 1.0


def _memray(_module: types.ModuleType) -> Sessions:
    import memray  # type: ignore[import-not-found, unused-ignore]

    return lambda: _tracked(memray.Tracker)


@contextlib.contextmanager
def _tracked(tracker: Any) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, tracker(f"{folder}/seen.bin"):
        yield


@contextlib.contextmanager
def _tracemalloc() -> Iterator[None]:
    import tracemalloc

    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


RIVALS = [
    Rival("calls", "hone", _hone_calls, _stated),
    Rival("calls", "cProfile", _cprofile),
    Rival("lines", "hone", _hone_lines),
    Rival("lines", "line_profiler", _line_profiler),
    Rival("memory", "hone", lambda _: _HoneMemory, lambda session: float(session.stated)),
    Rival("memory", "memray", _memray),
    Rival("memory", "tracemalloc", lambda _: _tracemalloc),
]


@dataclass(frozen=True)
class Program:
    """One of pyperformance's, its source as published."""

    name: str
    loops: int  # some tenths of a second
    quick_loops: int = 1
    arguments: tuple[str, ...] = field(default=())

    def load(self, folder: Path) -> tuple[types.ModuleType, Callable[[int], object]]:
        """A copy of it, and the first function that it would give to pyperf, of a number of loops."""
        source = folder / f"bm_{self.name}" / "run_benchmark.py"
        found: list[Callable[[int], object]] = []
        sys.modules["pyperf"] = _pyperf(found)
        module = types.ModuleType("__main__")
        module.__file__ = str(source)
        before, words = sys.modules["__main__"], sys.argv
        sys.modules["__main__"], sys.argv = module, [str(source), *self.arguments]
        sys.path.insert(0, str(source.parent))
        try:
            exec(compile(source.read_text(), str(source), "exec"), module.__dict__)
        finally:
            sys.modules["__main__"], sys.argv = before, words
            del sys.path[0]
        return module, found[0]


PROGRAMS = [
    Program("chaos", 4),
    Program("deltablue", 60),
    Program("deepcopy", 20),
    Program("generators", 8),
    Program("go", 2),
    Program("hexiom", 20),
    Program("logging", 3000, 10, ("simple",)),
    Program("pyflate", 1),
    Program("raytrace", 1),
    Program("richards", 6),
]


def _pyperf(found: list[Callable[[int], object]]) -> types.ModuleType:
    """A pyperf that notes what it is asked to measure."""
    import time

    class Runner:
        def __init__(self, **_options: Any) -> None:
            self.argparser = argparse.ArgumentParser()
            self.metadata: dict[str, Any] = {}

        def parse_args(self) -> argparse.Namespace:
            return self.argparser.parse_args()

        def bench_func(self, _name: str, work: Callable[..., object], *given: Any) -> None:
            def loop(loops: int) -> None:
                for _ in range(loops):
                    work(*given)

            found.append(loop)

        def bench_time_func(
            self, _name: str, work: Callable[..., object], *given: Any, **_options: Any
        ) -> None:
            found.append(lambda loops: work(loops, *given))

    module = types.ModuleType("pyperf")
    module.Runner = Runner  # type: ignore[attr-defined]
    module.perf_counter = time.perf_counter  # type: ignore[attr-defined]
    return module


def seconds_of(session: Session, work: Callable[[], object]) -> float:
    """Processor seconds of this thread inside of the session; going in and out is not counted."""
    import time

    with session:
        start = time.thread_time()
        work()
        return time.thread_time() - start


@dataclass
class Watched:
    """A program's copy of its own under each rival: none meets code that another has changed."""

    rival: Rival | None
    work: Callable[[], object]
    sessions: Sessions

    @classmethod
    def make(cls, rival: Rival | None, program: Program, folder: Path, loops: int) -> Watched:
        module, work = program.load(folder)
        work(loops)
        sessions = rival.prepare(module) if rival else contextlib.nullcontext
        return cls(rival, lambda: work(loops), sessions)


def turns(watched: list[Watched], rounds: int) -> Iterator[dict[str, float]]:
    """Seconds of a round under each rival, and of the program alone ("alone"); and "stated": how many
    times longer hone says that the program ran."""
    for round in range(rounds):
        found: dict[str, float] = {}
        for one in watched if round % 2 == 0 else reversed(watched):
            session = one.sessions()
            found[one.rival.name if one.rival else "alone"] = seconds_of(session, one.work)
            if one.rival and one.rival.stated:
                found["stated"] = one.rival.stated(session)
        yield found
