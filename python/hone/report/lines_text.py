# SPDX-License-Identifier: Apache-2.0
"""Line profiles as text, in line_profiler's form (its show_text and show_func, to the letter)."""

from __future__ import annotations

import importlib
import inspect
import linecache
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Rows = Sequence[tuple[int, int, float]]
Timings = Mapping[tuple[str, int, str], Rows]

# Least widths of the columns.
WIDTHS = MappingProxyType({"line": 6, "hits": 9, "time": 12, "perhit": 8, "percent": 8})
_TITLES = ("Line #", "Hits", "Time", "Per Hit", "% Time", "Line Contents")
_EMPTY = ("", "", "", "")


@dataclass(frozen=True)
class Form:
    """How it is to look."""

    output_unit: float | None = None  # seconds; None: the profile's own
    skip_zero: bool = False
    details: bool = True
    summarize: bool = False
    sort: bool = False
    rich: bool = False
    widths: Mapping[str, int] = field(default_factory=lambda: WIDTHS)


def show(timings: Timings, unit: float, form: Form, stream: Any = None) -> None:
    stream = sys.stdout if stream is None else stream
    stream.write(f"Timer unit: {form.output_unit or unit:g} s\n\n")
    functions = list(timings.items())
    if form.sort:
        functions.sort(key=lambda item: _total(item[1]))
    if form.details:
        for (filename, first, name), rows in functions:
            show_function(filename, first, name, rows, unit, form, stream)
    if form.summarize:
        _summarize(functions, unit, form, stream)


def show_function(
    filename: str, first: int, name: str, rows: Rows, unit: float, form: Form, stream: Any
) -> None:
    if form.skip_zero and not any(hits for _, hits, _ in rows):
        return
    stream.write(f"Total time: {_total(rows) * unit:g} s\n")
    source = _source(filename, first, rows)
    if source is None:
        stream.write(
            f"\nCould not find file {filename}\n"
            "Are you sure you are running this program from the same directory\n"
            "that you ran the profiler from?\nContinuing without the function's contents.\n"
        )
        lines = [row[0] for row in rows]
        source = [""] * (max(lines) - min(*lines, first) + 1 if lines else 1)
    else:
        stream.write(f"File: {filename}\nFunction: {name} at line {first}\n")
    cells = _cells(rows, unit / (form.output_unit or unit), form.widths)
    _table(first, source, cells, form, stream)
    stream.write("\n")


def _total(rows: Rows) -> float:
    return sum(time for _, _, time in rows)


def is_generated(filename: str) -> bool:
    """Cells of notebooks and such: there is source, though there is no file of the name."""
    temporary = tempfile.gettempdir()
    starts = ("<generated", "<ipython-input-", f"{temporary}/ipykernel_", f"{temporary}/xpython_")
    return filename.startswith(starts)


def _source(filename: str, first: int, rows: Rows) -> list[str] | None:
    """The function's lines; None if there is no source."""
    if os.path.exists(filename):
        linecache.checkcache(filename)
    elif not is_generated(filename):
        return None
    lines = linecache.getlines(filename)[max(first - 1, 0) :]
    reach = (
        max((line for line, _, _ in rows), default=first) - first + 1
    )  # a module's: beyond its block
    return lines[: max(len(inspect.getblock(lines)), reach)]


def _cells(rows: Rows, scale: float, widths: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    total = _total(rows)
    return {
        line: (
            _short("%d", "%g", hits, widths["hits"]),
            _short("%5.1f", "%5.3g", time * scale, widths["time"]),
            _short("%5.1f", "%5.3g", time * scale / hits, widths["perhit"]) if hits else "",
            f"{100 * time / total:5.1f}" if total else "",
        )
        for line, hits, time in rows
    }


def _short(plain: str, other: str, number: float, width: int) -> str:
    text = plain % number
    return text if len(text) <= width else other % number


def _table(
    first: int,
    source: list[str],
    cells: dict[int, tuple[str, ...]],
    form: Form,
    stream: Any,
) -> None:
    names = ("hits", "time", "perhit")
    widths = [form.widths["line"]]
    for i, name in enumerate(names):
        longest = max((len(row[i]) for row in cells.values()), default=0)
        widths.append(max(form.widths[name], longest))
    widths.append(form.widths["percent"])

    def left(*words: object) -> str:
        return " ".join(f"{word!s:>{width}}" for word, width in zip(words, widths, strict=True))

    header = f"{left(*_TITLES[:-1])}  {_TITLES[-1]}"
    stream.write(f"\n{header}\n{'=' * len(header)}\n")
    rows = [
        (left(line, *cells.get(line, _EMPTY)), text.rstrip("\r\n"))
        for line, text in enumerate(source, first)
    ]
    if form.rich and (console := _console(stream)) is not None:
        _print_rich(rows, console)
        return
    for numbers, text in rows:
        _write(stream, f"{numbers}  {text}\n")


def _write(stream: Any, text: str) -> None:
    """What the stream's encoding does not have is escaped."""
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = getattr(stream, "encoding", None) or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _console(stream: Any) -> Any:
    """rich's, or None where rich is not installed."""
    try:
        made: Callable[..., Any] = importlib.import_module("rich.console").Console
    except ImportError:
        return None
    return made(file=stream, soft_wrap=True, color_system="standard", highlight=False)


def _print_rich(rows: list[tuple[str, str]], console: Any) -> None:
    text_type = importlib.import_module("rich.text").Text
    syntax = importlib.import_module("rich.syntax").Syntax
    numbers_of = importlib.import_module("rich.highlighter").ReprHighlighter()
    colored = syntax("", "python", background_color="default").highlight(
        "\n".join(text for _, text in rows)
    )
    for (numbers, _), text in zip(rows, colored.split("\n", allow_blank=True), strict=False):
        line = text_type(numbers)
        numbers_of.highlight(line)
        console.print(text_type.assemble(line, "  ", text))


def _summarize(functions: list[Any], unit: float, form: Form, stream: Any) -> None:
    console = _console(stream) if form.rich else None
    for (filename, first, name), rows in functions:
        seconds = _total(rows) * unit
        if form.skip_zero and not seconds:
            continue
        start = f"{seconds:6.2f} seconds - "
        if console is None:
            _write(stream, f"{start}{filename}:{first} - {name}\n")
        else:
            text = importlib.import_module("rich.text").Text
            link = text(filename, style=f"link {filename}")
            console.print(text.assemble(start, link, f":{first} - {name}"))
