# SPDX-License-Identifier: Apache-2.0
"""LineProfiler: hits and time of the lines of chosen functions; the API of line_profiler's class.

A function that is decorated is not wrapped: `profiler(function)` is a function of the same kind (plain,
generator, coroutine) with a copy of its code that turns the profiler on while it runs. So decorating
costs nothing but the lines' own probes, and `inspect` sees what it always saw.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Any, NamedTuple

from hone import _core
from hone.lines import compiled_price, functions, scopes
from hone.lines.cost import Cost
from hone.lines.stats import LineStats

UNIT = 1e-9  # seconds

# On what decorating made: the function that was decorated, and whose doing it was.
MARK = "__hone_line_profiler__"


class Decorated(NamedTuple):
    """line_profiler's own mark, for programs that look for it."""

    func: Any
    profiler_id: int


class LineProfiler(_core.LineProfiler):
    """Profiles the functions given, and those that it decorates, line by line.

    `raw`: times as they were measured. Otherwise what the probes cost has been taken off.
    `compiled`: functions that hone compiles are watched as they run compiled, if they are chosen from then
    on; otherwise as bytecode.
    """

    raw = False
    compiled = False
    timer_unit = UNIT

    def __init__(self, *chosen: Callable[..., Any]) -> None:
        self.functions: list[Callable[..., Any]] = []
        self._count = 0
        for function in chosen:
            self.add_function(function)

    def __call__(self, func: Any) -> Any:
        """Decorate a function, class, method, property, partial and so on."""
        self.add_callable(func)
        return self.wrap_callable(func)

    # ---- choosing

    def add_function(self, func: Callable[..., Any]) -> None:
        """Choose one function; it keeps its identity, on 3.11 it gets other code."""
        plain = getattr(func, "__func__", func)
        if not isinstance(plain, FunctionType):
            warnings.warn(f"Could not extract a code object for the object {func!r}", stacklevel=2)
            return
        if hasattr(plain, "__wrapped__") and not hasattr(plain, MARK):
            warnings.warn(
                "Adding a function with a `__wrapped__` attribute. You may want to profile the "
                f"wrapped function by adding `{plain.__name__}.__wrapped__` instead.",
                stacklevel=2,
            )
        chosen = self._watch(plain, False)
        if chosen is not plain.__code__:
            plain.__code__ = chosen
        self.functions.append(func)

    def _watch(self, function: FunctionType, switches_on: bool) -> CodeType:
        """Choose it; the code that it has to run."""
        chosen: CodeType = self._choose(functions.bytecode_of(function), switches_on)
        prepared = functions.prepared_code(function, chosen) if self.compiled else None
        if prepared is None:
            return chosen
        compiled_price.measure_once()
        self._runs_as(chosen, prepared)
        return prepared

    def meet_compiled(self, code: CodeType) -> CodeType:
        """Chosen functions in this tree lead to compiled code."""
        compiled_price.measure_once()
        for prepared, chosen in functions.prepared_within(code):
            self._runs_as(chosen, prepared)
        return code

    def add_callable(
        self,
        func: Any,
        guard: Callable[[Any], Any] | None = None,
        name: str | None = None,
    ) -> int:
        """Choose every Python function in it; 1 if there was one to add, else 0.

        `guard`: says of a function that it is not to be added. TypeError: it can't be called.
        """
        added = 0
        for function in functions.within(func):
            if self._is_ours(function) if guard is None else guard(function):
                continue
            self.add_function(_undecorated(function))
            added = 1
        return added

    def add_class(
        self, cls: type, *, scoping_policy: str | scopes.Policies | None = None, wrap: bool = False
    ) -> int:
        """Choose what a class defines (hone.lines.scopes); how many members that were.

        `wrap`: its members turn the profiler on when they run.
        """
        return self._add_members(cls, scopes.policies(scoping_policy), wrap, set())

    def add_module(
        self,
        mod: ModuleType,
        *,
        scoping_policy: str | scopes.Policies | None = None,
        wrap: bool = False,
    ) -> int:
        """Choose what a module defines; as add_class."""
        return self._add_members(mod, scopes.policies(scoping_policy), wrap, set())

    def add_imported_function_or_module(
        self, item: Any, *, scoping_policy: str | scopes.Policies | None = None, wrap: bool = False
    ) -> int:
        """Choose whatever it is and turn the profiler on; 1 if there was something, else 0."""
        if isinstance(item, type):
            added = self.add_class(item, scoping_policy=scoping_policy, wrap=wrap)
        elif isinstance(item, ModuleType):
            added = self.add_module(item, scoping_policy=scoping_policy, wrap=wrap)
        else:
            try:
                added = self.add_callable(item)
            except TypeError:
                added = 0
        if added:
            self.enable_by_count()
        return min(added, 1)

    def _add_members(
        self, owner: type | ModuleType, policies: dict[str, str], wrap: bool, seen: set[int]
    ) -> int:
        added = 0
        stuck: dict[str, Any] = {}  # what the owner doesn't let be replaced
        for name, member in list(vars(owner).items()):
            if id(member) in seen:
                continue
            seen.add(id(member))
            if isinstance(member, type | ModuleType):
                kind = "class" if isinstance(member, type) else "module"
                if scopes.takes(policies[kind], owner, member):
                    added += bool(self._add_members(member, policies, wrap, seen))
                continue
            if not self._add_member(owner, member, policies["func"]):
                continue
            added += 1
            if wrap:
                try:
                    setattr(owner, name, self.wrap_callable(member))
                except (TypeError, AttributeError):
                    stuck[name] = member
        if stuck:
            count = len(stuck)
            warnings.warn(
                f"cannot wrap {count} attribute(s) of {owner!r} (`{{attr: value}}`): {stuck!r}",
                stacklevel=3,
            )
        return added

    def _add_member(self, owner: type | ModuleType, member: Any, policy: str) -> int:
        def is_foreign(function: Any) -> bool:
            return (
                self._is_ours(function)
                or not functions.is_written(function.__code__)
                or not scopes.takes(policy, owner, function)
            )

        if not functions.parts_of(member) and not isinstance(member, FunctionType):
            return 0
        try:
            if not self.add_callable(member, is_foreign):
                return 0
        except TypeError:  # a descriptor around something that can't be called
            return 0
        return 1

    # ---- decorating

    def wrap_callable(self, func: Any) -> Any:
        """What does the same and turns the profiler on meanwhile. Natives come back as they are."""
        if isinstance(func, functions.NATIVE):
            return func
        if isinstance(func, FunctionType):
            return self._twin(func)
        if functions.parts_of(func):
            return functions.remade(func, self.wrap_callable)
        if isinstance(func, type):
            for name, member in functions.own_members(func).items():
                setattr(func, name, self.wrap_callable(member))
            return func
        if callable(func):
            return self._wrapper(func)
        raise TypeError(f"{func!r} is no function, and there is none in it")

    # Each kind by its own name, as line_profiler has them.
    wrap_function = wrap_generator = wrap_coroutine = wrap_async_generator = wrap_callable
    wrap_classmethod = wrap_staticmethod = wrap_boundmethod = wrap_callable
    wrap_partial = wrap_partialmethod = wrap_property = wrap_cached_property = wrap_callable
    wrap_class = wrap_callable

    @staticmethod
    def get_underlying_functions(func: Any) -> list[FunctionType]:
        """The Python functions that run when it is called. TypeError: it can't be called."""
        return list(functions.within(func))

    def _twin(self, function: FunctionType) -> FunctionType:
        if self._is_ours(function):
            return function
        code = self._watch(function, True)
        twin = FunctionType(
            code,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        twin.__kwdefaults__ = function.__kwdefaults__
        functools.update_wrapper(twin, function)
        setattr(twin, MARK, (_undecorated(function), self))
        twin.__dict__["__line_profiler_id__"] = Decorated(_undecorated(function), id(self))
        return twin

    def _wrapper(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Around an object that is no function: the one kind that takes a call of its own."""

        @functools.wraps(func, updated=())
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return wrapper

    def _is_ours(self, function: Any) -> bool:
        return getattr(function, MARK, (None, None))[1] is self

    # ---- on and off

    @property
    def enable_count(self) -> int:
        """enable_by_count() that are not undone, and calls of decorated functions that are running."""
        return self._count + self._calls

    def enable(self) -> None:
        """Count from now on. RuntimeError if other tools hold every free id of sys.monitoring."""
        self._turn_on()

    def disable(self) -> None:
        """Stop counting; within a decorated function until it has ended."""
        self._turn_off()

    def enable_by_count(self) -> None:
        self._count += 1
        if self._count == 1:
            self._turn_on()

    def disable_by_count(self) -> None:
        """Undo one enable_by_count(); the last one stops the counting."""
        if self._count > 0:
            self._count -= 1
            if self._count == 0:
                self._turn_off()

    def __enter__(self) -> LineProfiler:
        self.enable_by_count()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disable_by_count()

    # ---- running

    def run(self, cmd: str) -> LineProfiler:
        """Run a statement in `__main__`, profiled."""
        import __main__

        return self.runctx(cmd, __main__.__dict__, __main__.__dict__)

    def runctx(
        self, cmd: str | CodeType, globals: dict[str, Any], locals: dict[str, Any] | None
    ) -> LineProfiler:
        """Run a statement with these names, profiled."""
        with self:
            exec(cmd, globals, locals)
        return self

    def runcall(self, func: Callable[..., Any], /, *args: Any, **kw: Any) -> Any:
        """Call a function, profiled; its result."""
        with self:
            return func(*args, **kw)

    # ---- what was found

    def get_stats(self) -> LineStats:
        """What has been counted so far. Functions with the same file, line and name are summed."""
        parts = [
            LineStats({(code.co_filename, code.co_firstlineno, code.co_qualname): rows}, UNIT)
            for code, rows in self._lines(self.raw)
        ]
        return LineStats.from_stats_objects(LineStats({}, UNIT), *parts)

    @property
    def code_map(self) -> dict[CodeType, dict[int, dict[str, Any]]]:
        """{code: {line: {"code", "lineno", "nhits", "total_time"}}}, functions of one line apart; times in
        units of timer_unit."""
        return {
            code: {
                line: {"code": code, "lineno": line, "total_time": time, "nhits": hits}
                for line, hits, time in rows
            }
            for code, rows in self._lines(self.raw)
        }

    @property
    def code_hash_map(self) -> dict[CodeType, list[int]]:
        """The chosen functions' code, with a number for each of its lines."""
        return {
            code: [hash((code, line)) for line in sorted(set(functions.lines_of(code)))]
            for code, _ in self._lines(self.raw)
        }

    @property
    def dupes_map(self) -> dict[bytes, list[CodeType]]:
        """Chosen functions with the same bytecode, which count apart."""
        found: dict[bytes, list[CodeType]] = {}
        for code, _ in self._lines(self.raw):
            found.setdefault(code.co_code, []).append(code)
        return found

    @property
    def last_time(self) -> dict[CodeType, dict[str, int]]:
        """{code: {"f_lineno"}} of the chosen functions that are running in this thread: the line that each
        is at, the innermost call's if it calls itself; while the profiler is on."""
        places = {functions.place(code): code for code, _ in self._lines(self.raw)}
        found: dict[CodeType, dict[str, int]] = {}
        frame: FrameType | None = sys._getframe(1) if self.enabled else None
        while frame is not None:
            code = places.get(functions.place(frame.f_code))
            if code is not None:
                found.setdefault(code, {"f_lineno": frame.f_lineno})
            frame = frame.f_back
        return found

    def dump_stats(self, filename: Any) -> None:
        """Write an `.lprof` file. OSError if that can't be."""
        self.get_stats().to_file(filename)

    def print_stats(
        self,
        stream: Any = None,
        output_unit: float | None = None,
        stripzeros: bool = False,
        details: bool = True,
        summarize: bool = False,
        sort: bool = False,
        rich: bool = False,
        *,
        config: Any = None,
    ) -> None:
        """Show what has been counted, as hone.line_profiler.show_text does."""
        self.get_stats().print(
            stream=stream,
            output_unit=output_unit,
            stripzeros=stripzeros,
            details=details,
            summarize=summarize,
            sort=sort,
            rich=rich,
            config=config,
        )

    def slowdown(self) -> float:
        """How many times longer the program took for being watched while the profiler was on: measured.
        What other processes had of the processor meanwhile is in neither of the two times."""
        return Cost.of(self.overhead()).slowdown


def _undecorated(function: Any) -> Any:
    return getattr(function, MARK, (function, None))[0]
