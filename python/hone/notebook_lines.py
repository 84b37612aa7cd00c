# SPDX-License-Identifier: Apache-2.0
"""`%hone_lines`, as line_profiler's %lprun: profile functions while a statement runs.

%hone_lines -f FUNCTION [-f …] [-m MODULE] [options] STATEMENT
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
from typing import Any


def load(shell: Any, names: Iterable[str]) -> None:
    """Register the magic under these names."""

    def magic(line: str) -> Any:
        return hone_lines(shell, line)

    magic.__doc__ = __doc__
    for name in names:
        shell.register_magic_function(magic, "line", name)


def hone_lines(shell: Any, line: str) -> Any:
    from hone.lines.profiler import LineProfiler

    reader = next(iter(shell.magics_manager.registry.values()))  # any: they all read options
    options, statement = reader.parse_options(line, "rszf:m:D:T:u:", list_all=True)
    unit = _unit(options)
    profiler = LineProfiler()
    for word in options.get("f", []):
        profiler.add_callable(_value(shell, word))
    for word in options.get("m", []):
        profiler.add_module(_module(word))
    names = shell.user_ns
    had = names.get("profile", names)
    names["profile"] = profiler
    ended = ""
    try:
        profiler.runctx(shell.transform_cell(statement), shell.user_global_ns, names)
    except SystemExit:
        ended = "*** SystemExit exception caught in code being profiled.\n"
    except KeyboardInterrupt:
        ended = "*** KeyboardInterrupt exception caught in code being profiled.\n"
    finally:
        if had is names:
            del names["profile"]
        else:
            names["profile"] = had
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


def _unit(options: Any) -> float | None:
    words = options.get("u", [])
    if not words:
        return None
    try:
        return float(words[-1])
    except ValueError:
        raise _usage_error("Timer unit setting must be a float") from None


def _value(shell: Any, word: str) -> Any:
    try:
        return eval(word, shell.user_global_ns, shell.user_ns)
    except Exception as error:
        raise _usage_error(f"{word!r} is no function: {type(error).__name__}: {error}") from None


def _module(word: str) -> Any:
    try:
        return import_module(word)
    except ImportError as error:
        raise _usage_error(f"there is no module {word!r}: {error}") from None


def _usage_error(text: str) -> Exception:
    """IPython prints it without a traceback."""
    return import_module("IPython.core.error").UsageError(text)  # type: ignore[no-any-return]
