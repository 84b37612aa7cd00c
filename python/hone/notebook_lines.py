# SPDX-License-Identifier: Apache-2.0
"""`%hone_lines`, as line_profiler's %lprun: profile functions while a statement runs.

%hone_lines -f FUNCTION [-f …] [-m MODULE] [options] STATEMENT
%%hone_lines [-f …] [-m …] [options]    a cell; without -f and -m its own lines and functions
    -f  a function, method or class: any expression without spaces
    -m  all functions of a module
    -D  write an .lprof file         -T  write the text
    -r  return the profiler          -z  leave out functions that never ran (-s too)
    -u  unit of the times, in seconds
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

from hone.notebook_options import usage_error


def load(shell: Any, names: Iterable[str]) -> None:
    """Register the magic under these names."""

    def magic(line: str, cell: str | None = None) -> Any:
        return hone_lines(shell, line, cell)

    magic.__doc__ = __doc__
    for name in names:
        shell.register_magic_function(magic, "line_cell", name)


def hone_lines(shell: Any, line: str, cell: str | None = None) -> Any:
    from hone.lines.profiler import LineProfiler

    reader = next(iter(shell.magics_manager.registry.values()))  # any: they all read options
    options, statement = reader.parse_options(line, "rszf:m:D:T:u:", list_all=True)
    unit = _unit(options)
    profiler = LineProfiler()
    for word in options.get("f", []):
        profiler.add_callable(_value(shell, word))
    for word in options.get("m", []):
        profiler.add_module(_module(word))
    code = shell.transform_cell(statement if cell is None else f"{statement}\n{cell}")
    if "f" not in options and "m" not in options:
        code = _all_of(shell, code, profiler, cell)
    ended = _run(shell, code, profiler)
    text = io.StringIO()
    profiler.print_stats(text, unit, stripzeros="s" in options or "z" in options)
    import_module("IPython.core.page").page(text.getvalue())
    sys.stdout.write(ended)
    for word in options.get("D", []):
        profiler.dump_stats(word)
        sys.stdout.write(f"\n*** Profile stats pickled to file {word!r}.\n")
    for word in options.get("T", []):
        Path(word).write_text(text.getvalue(), encoding="utf-8")
        sys.stdout.write(f"\n*** Profile printout saved to text file {word!r}.\n")
    return profiler if "r" in options else None


def _all_of(shell: Any, text: str, profiler: Any, cell: str | None) -> str | CodeType:
    """A cell whose functions, and lines outside of them, are chosen. A line may do so by `@profile`."""
    from hone.lines import targets

    if cell is None:
        if "profile" not in text:
            raise usage_error(
                "%hone_lines: say which functions to watch, with -f FUNCTION or -m MODULE"
            )
        return text
    name = shell.compile.cache(text, shell.execution_count, raw_code=cell)
    code = targets.watched(compile(text, name, "exec"), profiler, lambda _: True)
    return profiler._choose(code, True)  # type: ignore[no-any-return]


def _run(shell: Any, code: str | CodeType, profiler: Any) -> str:
    """What to say of how it ended."""
    names = shell.user_ns
    had = names.get("profile", names)
    names["profile"] = profiler
    try:
        profiler.runctx(code, shell.user_global_ns, names)
    except SystemExit:
        return "*** SystemExit exception caught in code being profiled.\n"
    except KeyboardInterrupt:
        return "*** KeyboardInterrupt exception caught in code being profiled.\n"
    finally:
        if had is names:
            del names["profile"]
        else:
            names["profile"] = had
    return ""


def _unit(options: Any) -> float | None:
    words = options.get("u", [])
    if not words:
        return None
    try:
        return float(words[-1])
    except ValueError:
        raise usage_error("Timer unit setting must be a float") from None


def _value(shell: Any, word: str) -> Any:
    try:
        return eval(word, shell.user_global_ns, shell.user_ns)
    except Exception as error:
        raise usage_error(f"{word!r} is no function: {type(error).__name__}: {error}") from None


def _module(word: str) -> Any:
    try:
        return import_module(word)
    except ImportError as error:
        raise usage_error(f"there is no module {word!r}: {error}") from None
