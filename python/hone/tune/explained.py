# SPDX-License-Identifier: Apache-2.0
"""What became of one function in a sealed run of its program: compiled with which operations a line,
inlined where, or why not. The run gives what no reading of the source can: the types it saw."""

from __future__ import annotations

import marshal
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from hone.tune import evidence, plan, seal
from hone.tune.target import Target

SECONDS = 120.0  # for a run, where no --timeout says otherwise


@dataclass
class Explained:
    sentence: str
    lines: list[dict[str, Any]] = field(default_factory=list)


def functions_of(code: CodeType) -> Iterator[CodeType]:
    """The functions in a module's code, nested ones and methods too."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from functions_of(constant)


def find(top: CodeType, name: str) -> CodeType | None:
    """By qualified name; `outer.inner` will do for `outer.<locals>.inner`. The last definition counts."""
    named = [code for code in functions_of(top) if name in spellings(code)]
    return named[-1] if named else None


def spellings(code: CodeType) -> tuple[str, str]:
    return code.co_qualname, code.co_qualname.replace(".<locals>", "")


def explain(target: Target, code: CodeType, timeout: float | None = None) -> Explained:
    from hone import _jit

    why = _jit.refusal(code)
    if why:
        return Explained(f"is interpreted: {why}")
    key = code.co_filename, code.co_qualname, code.co_firstlineno
    ran = _run(target, None, None, timeout)
    entry = _entry(ran, key)
    users = evidence.users_of(ran, key)
    if entry and entry["state"] == "cold" and entry["calls"] and not users:
        # Too rarely called for the engine to find out by itself.
        ran = _run(target, [key], entry["calls"] // 2, timeout)
        entry = _entry(ran, key) or entry
    return _describe(entry, users)


def _describe(entry: dict[str, Any] | None, users: set[str]) -> Explained:
    inlined = f"; inlined into {', '.join(sorted(users))}" if users else ""
    if entry is None or (not entry["calls"] and not entry["loop_entries"] and not users):
        return Explained(
            "was not called in this run, or never looped long: nothing is known of its types, so it was not compiled"
        )
    if entry["state"] == "compiled":
        took = f"in {entry['compile_seconds'] * 1000:.0f} ms to {entry['code_bytes']:,} bytes"
        loops = (
            f", entered {entry['loop_entries']:,} times at loops" if entry["loop_entries"] else ""
        )
        return Explained(
            f"is compiled {took}; called {entry['calls']:,} times{loops}, "
            f"{entry['exits']:,} exits taken{inlined}",
            _by_line(entry["lines"]),
        )
    if users:
        return Explained("is " + inlined.removeprefix("; "))
    reason = entry["reason"] or f"called {entry['calls']:,} times, too rarely to be compiled"
    return Explained(f"is interpreted: {reason}", _by_line(entry["lines"]))


def _by_line(notes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line that was compiled several times (a loop's head, say) once, in the source's order."""
    lines: dict[int, dict[str, Any]] = {}
    for note in notes:
        line = lines.setdefault(note["line"], {"line": note["line"], "reason": ""})
        for count in ("native", "object_ops", "exits"):
            line[count] = line.get(count, 0) + note[count]
        if note["reason"] and note["reason"] not in line["reason"]:
            line["reason"] += ("; " if line["reason"] else "") + note["reason"]
    return [lines[number] for number in sorted(lines)]


def _entry(entries: list[dict[str, Any]], key: plan.Key) -> dict[str, Any] | None:
    return next((entry for entry in entries if evidence.key_of(entry) == key), None)


def _run(
    target: Target, select: list[plan.Key] | None, threshold: int | None, timeout: float | None
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="hone-") as folder:
        report, options = os.path.join(folder, "report"), Path(folder, "options")
        chosen = {"select": select, "threshold": threshold, "report": report}
        options.write_bytes(marshal.dumps(chosen))
        run = seal.run_sealed(
            target.hosted_command("compiled", str(options)),
            folder=os.getcwd(),
            timeout=timeout or SECONDS,
            kept=[report],
        )
    if not run.kept[0]:
        last = run.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        how = "did not end in time" if run.timed_out else f"ended with {run.status} ({last[0]})"
        raise seal.SealError(f"the program {how} and left no report")
    entries, missing, _, _ = marshal.loads(run.kept[0])
    if missing:
        raise seal.SealError(missing)
    return list(entries)
