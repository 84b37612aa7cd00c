# SPDX-License-Identifier: Apache-2.0
"""The child process: executes bodies under one configuration and writes down what a program, or the
person who runs it, could have noticed.

    python -m tests.conform.worker SPEC.json

Each row is called up to `calls` times and recorded at calls 0, 1, 3, 7, 15, …; so a run with fewer
calls gives a prefix of one with more, and one plain run serves every configuration. Lines are
flushed one by one: after a crash the last `start` line names the guilty row.
"""

from __future__ import annotations

import array
import builtins
import faulthandler
import gc
import io
import json
import os
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conform import engines
from tests.conform.body import Row, declarations, fresh, rows
from tests.conform.canon import Canon, Json, strip_to, traceback_locals, traceback_text

LEAK_WARM_UP = 2
LEAK_ROUNDS = 5
LEAK_CALLS = 4
LARGE = 60_000


@dataclass
class Spec:
    bodies: list[str]
    engine: str
    out: str
    settings: dict[str, Any] = field(default_factory=dict)
    calls: int = 4
    budget: float = 0.5
    leak: bool = True
    threads: int = 0
    gc_threshold: int | None = None
    timeout: float = 300.0
    skip: list[str] = field(default_factory=list)


class Writer:
    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def line(self, **fields: Json) -> None:
        os.write(self._fd, json.dumps(fields).encode() + b"\n")


class Captured:
    """Standard streams, warnings and unraisable errors of one call, or, when nothing is kept, of
    many. (A new text stream per call would disturb the leak check: each one's codec lookup leaves
    fresh strings in the interpreter's method cache.)"""

    def __init__(self, text: Callable[[str], str], keep: bool = True) -> None:
        self._text = text
        self._keep = keep
        self._out = io.TextIOWrapper(
            io.BytesIO(), "utf-8", "surrogateescape", "", write_through=True
        )
        self._err = io.TextIOWrapper(
            io.BytesIO(), "utf-8", "surrogateescape", "", write_through=True
        )
        self._unraisable: list[str] = []
        self._warnings = warnings.catch_warnings(record=keep)
        self._seen: list[warnings.WarningMessage] = []

    def __enter__(self) -> Captured:
        self._streams = sys.stdout, sys.stderr
        self._hook = sys.unraisablehook
        sys.unraisablehook = self._note
        log = self._warnings.__enter__()
        self._seen = [] if log is None else log
        warnings.simplefilter("always" if self._keep else "ignore")
        sys.stdout, sys.stderr = self._out, self._err
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._streams
        sys.unraisablehook = self._hook
        self._warnings.__exit__(None, None, None)

    def _note(self, what: Any) -> None:
        if self._keep:
            self._unraisable.append(self._text(f"{what.exc_type.__name__}: {what.exc_value}"))

    def fields(self) -> dict[str, Json]:
        return {
            "stdout": _bytes_of(self._out, self._text),
            "stderr": _bytes_of(self._err, self._text),
            "warnings": [
                [w.category.__name__, self._text(str(w.message)), self._text(w.filename), w.lineno]
                for w in self._seen
            ],
            "unraisable": self._unraisable,
        }


def _bytes_of(stream: io.TextIOWrapper, text: Callable[[str], str]) -> str:
    stream.flush()
    return text(stream.buffer.getvalue().decode("latin-1"))  # type: ignore[attr-defined]


def record(row: Row, path: str, threaded: bool = False) -> dict[str, Json]:
    """Calls a row once and encodes everything observable about the call."""
    root = path[: path.rindex("/") + 1]
    arguments = fresh(row.arguments)
    if threaded:  # the process's streams and filters belong to all threads
        return _outcome(row.function, arguments, root, path)
    captured = Captured(Canon(root).text)
    with captured:
        fields = _outcome(row.function, arguments, root, path)
    return fields | captured.fields()


def _outcome(
    function: Callable[..., object], arguments: Any, root: str, path: str
) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    try:
        value = function(*arguments)
    except BaseException as error:  # SystemExit and KeyboardInterrupt are results like any other
        strip_to(error, path)
        fields["exception"] = _bounded(Canon(root).exception(error))
        fields["traceback"] = _bounded(traceback_text(error, root))
        fields["locals"] = _bounded(traceback_locals(error, root, path))
        error.__traceback__ = None
    else:
        fields["value"] = _bounded(Canon(root).encode(value))
        del value
    fields["arguments"] = _bounded(Canon(root).encode(arguments))
    return fields


def _bounded(encoded: Json) -> Json:
    """Large encodings travel as a digest and their beginning."""
    text = json.dumps(encoded)
    if len(text) <= LARGE:
        return encoded
    import hashlib

    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "begins": text[:2000]}


def records_of(row: Row, path: str, calls: int, budget: float) -> list[dict[str, Json]]:
    """Outcomes at calls 0, 1, 3, 7, …; an outcome like the one before is written as `same`."""
    out: list[dict[str, Json]] = []
    last = ""
    deadline = time.monotonic() + budget
    wanted = 0
    for index in range(calls):
        if index == wanted:
            wanted = wanted * 2 + 1
            fields = record(row, path)
            text = json.dumps(fields)
            out.append({"same": True} if text == last else fields)
            last = text
        else:
            with Captured(str, keep=False):
                call_quietly(row)
        if index >= 2 and time.monotonic() > deadline:
            break
    return out


def call_quietly(row: Row) -> None:
    try:
        row.function(*fresh(row.arguments))
    except BaseException as error:
        error.__traceback__ = None


def watched(row: Row, namespace: dict[str, Any]) -> list[tuple[str, object]]:
    """Objects whose reference counts a leaked or a lost reference would move."""
    out: list[tuple[str, object]] = [
        (repr(x), x) for x in (None, True, False, (), "", 0, 1, 2, 3, 10, -1, 100)
    ]
    out += [(x.__name__, x) for x in (int, float, str, list, tuple, dict, range, object, type)]
    out += [
        (x.__name__, x)
        for x in (ValueError, TypeError, ZeroDivisionError, IndexError, KeyError, StopIteration)
    ]
    out += [("the function", row.function), ("its code", row.function.__code__)]  # type: ignore[attr-defined]
    out += [("the module's globals", namespace), ("builtins", vars(builtins))]
    out += [(f"argument {i}", argument) for i, argument in enumerate(row.arguments)]
    out += [
        (f"global {name}", value)
        for name, value in sorted(namespace.items())
        if not name.startswith("__") and not isinstance(value, types.ModuleType)
    ]
    return out


def leaks_of(case: list[Row], namespace: dict[str, Any]) -> dict[str, int]:
    """Growth, per call of the whole table, that happened in every round: blocks and counts.

    One-time allocations (caches, compiled code, interned names) never repeat in each round.
    """
    names = [name for name, _ in watched(case[0], namespace)]
    growth: list[list[int]] = []
    before: array.array[int] | None = None
    for index in range(LEAK_WARM_UP + LEAK_ROUNDS + 1):
        for _ in range(LEAK_CALLS):
            for row in case:
                call_quietly(row)
        after = _counts(case[0], namespace)  # always behind the same work, so free lists are alike
        if before is not None and index > LEAK_WARM_UP and len(before) == len(after):
            growth.append([b - a for a, b in zip(before, after, strict=True)])
        before = after
    if not growth:
        return {}
    out: dict[str, int] = {}
    for name, deltas in zip(["blocks", *names], zip(*growth, strict=True), strict=False):
        least = min(deltas, key=abs)
        if name == "blocks" and least < 0:  # a cache that shrinks; what is lost shows in the counts
            continue
        if abs(least) >= LEAK_CALLS and len({delta > 0 for delta in deltas}) == 1:
            out[name] = least // LEAK_CALLS
    return out


def _clear_type_cache() -> None:
    """The cache of methods holds the names it was asked for. A call that asks for a fresh string (a
    new stream's codec does) leaves it there, which looks like a leak until all entries are taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys._clear_type_cache()


def _counts(row: Row, namespace: dict[str, Any]) -> array.array[int]:
    """Allocated blocks, then reference counts; as raw numbers, for a list would hold the small ints."""
    gc.collect()
    objects = [value for _, value in watched(row, namespace)]
    counts = array.array("q", [0])
    for value in objects:
        counts.append(sys.getrefcount(value))
    objects.clear()
    _clear_type_cache()
    counts[0] = sys.getallocatedblocks()
    return counts


def run_body(path: str, spec: Spec, engine: engines.Engine, writer: Writer) -> None:
    name = Path(path).stem
    declared = declarations(Path(path))
    writer.line(body=name)
    namespace = execute(path, engine)
    table = list(rows(namespace))
    for row in table:
        if f"{name}::{row.name}" in spec.skip:
            continue
        writer.line(start=row.name)
        calls = min(spec.calls, declared.calls.get(row.case, spec.calls))
        if spec.threads:
            if row.case not in declared.alone:
                writer.line(row=row.name, records=threaded_records(row, path, spec.threads, calls))
        else:
            writer.line(row=row.name, records=records_of(row, path, calls, spec.budget))
    if spec.leak:
        for case in dict.fromkeys(row.case for row in table):
            group = [
                row for row in table if row.case == case and f"{name}::{row.name}" not in spec.skip
            ]
            if case in declared.no_leak_check or not group or case in declared.calls:
                continue
            writer.line(start=f"{case} (leak check)")
            with Captured(str, keep=False):
                short = _pass_seconds(group) < spec.budget / 4
                found = leaks_of(group, namespace) if short else {}
            if short:
                writer.line(case=case, leaks=found)
    compiled = [row for row in engine.report() if row.get("filename") == path]
    writer.line(body_done=name, report=[_plain_row(row) for row in compiled])


def _plain_row(row: dict[str, Any]) -> dict[str, Json]:
    return {
        key: value for key, value in row.items() if isinstance(value, (str, int, float, type(None)))
    }


def _pass_seconds(group: list[Row]) -> float:
    began = time.monotonic()
    for row in group:
        call_quietly(row)
    return time.monotonic() - began


def threaded_records(row: Row, path: str, count: int, calls: int) -> list[dict[str, Json]]:
    """The row at once in several threads; one record a thread, of its last call."""
    results: list[dict[str, Json]] = [{} for _ in range(count)]
    barrier = threading.Barrier(count)

    def work(index: int) -> None:
        barrier.wait()
        for _ in range(calls):
            results[index] = record(row, path, threaded=True)

    with Captured(str, keep=False):
        threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return results


def execute(path: str, engine: engines.Engine) -> dict[str, Any]:
    """Runs the body's module code, prepared, in a module of its own."""
    source = Path(path).read_text(encoding="utf-8")
    code = engine.prepare(compile(source, path, "exec", dont_inherit=True))
    module = types.ModuleType(f"body_{Path(path).stem}")
    module.__file__ = path
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)
    return module.__dict__


def main(argv: list[str]) -> int:
    spec = Spec(**json.loads(Path(argv[1]).read_text(encoding="utf-8")))
    writer = Writer(spec.out)
    faulthandler.enable()
    faulthandler.dump_traceback_later(spec.timeout, exit=True)
    try:
        engine = engines.make(spec.engine, spec.settings)
    except ImportError as error:
        writer.line(no_engine=f"{type(error).__name__}: {error}")
        return 3
    if spec.threads:
        sys.setswitchinterval(1e-5)
    gc.collect()
    gc.freeze()
    if spec.gc_threshold is not None:
        gc.set_threshold(spec.gc_threshold)
    for path in spec.bodies:
        run_body(path, spec, engine, writer)
    writer.line(done=True)
    faulthandler.cancel_dump_traceback_later()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
