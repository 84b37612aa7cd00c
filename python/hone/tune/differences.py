# SPDX-License-Identifier: Apache-2.0
"""Comparing two sealed runs of a program: exit code, output, files written.

What two runs of the original don't agree on can't be asked of the tuned one: it becomes a Mask, is
named in the report, and everything else is compared byte for byte.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

from hone.tune.seal import Change, SealedRun

# The interpreter's own cache; whether it is written depends on what was cached before.
_CACHE = "/__pycache__/"


@dataclass
class Mask:
    """What is not stable: whole aspects, single lines of a stream, paths."""

    aspects: set[str] = field(default_factory=set)
    lines: dict[str, set[int]] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)

    def sentences(self) -> list[str]:
        out = [f"{name} as a whole" for name in sorted(self.aspects)]
        for name, numbers in sorted(self.lines.items()):
            shown = ", ".join(str(number + 1) for number in sorted(numbers)[:5])
            more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
            out.append(f"{name}, line {shown}{more}")
        return out + [f"the file {path}" for path in sorted(self.paths)]


def _changes(run: SealedRun) -> dict[str, Change]:
    return {change.path: change for change in run.changes if not _is_cache(change.path)}


def _is_cache(path: str) -> bool:
    return _CACHE in path or path.endswith("/__pycache__")


def files_written(run: SealedRun) -> list[str]:
    return sorted(_changes(run))


def unstable(first: SealedRun, second: SealedRun) -> Mask:
    """Where two runs of the same program differ."""
    mask = Mask()
    if first.status != second.status:
        mask.aspects.add("exit code")
    for name in ("stdout", "stderr"):
        a, b = _lines(first, name), _lines(second, name)
        if a == b:
            continue
        if len(a) == len(b):
            mask.lines[name] = {
                number for number, pair in enumerate(zip(a, b, strict=True)) if pair[0] != pair[1]
            }
        else:
            mask.aspects.add(name)
    a_files, b_files = _changes(first), _changes(second)
    mask.paths = {
        path for path in a_files.keys() | b_files.keys() if a_files.get(path) != b_files.get(path)
    }
    return mask


def _lines(run: SealedRun, name: str) -> list[bytes]:
    data: bytes = getattr(run, name)
    return data.split(b"\n")


def differences(original: SealedRun, tuned: SealedRun, mask: Mask) -> list[str]:
    """Sentences for everything stable in which the two differ; none = identical."""
    out = []
    if original.status != tuned.status and "exit code" not in mask.aspects:
        out.append(f"{ending(tuned.status)} instead of {ending(original.status)}")
    for name in ("stdout", "stderr"):
        if name not in mask.aspects:
            out += _stream(
                name, _lines(original, name), _lines(tuned, name), mask.lines.get(name, set())
            )
    before, after = _changes(original), _changes(tuned)
    for path in sorted(before.keys() | after.keys()):
        if path not in mask.paths and before.get(path) != after.get(path):
            out.append(f"the file {path} {_how(before.get(path), after.get(path))}")
    return out


def ending(status: int) -> str:
    """How a process ended, in words; `status` as subprocess has it."""
    if status >= 0:
        return f"exit code {status}"
    names = {member.value: member.name for member in signal.Signals}  # real-time ones have none
    return f"killed by {names.get(-status, f'signal {-status}')}"


def _stream(name: str, before: list[bytes], after: list[bytes], masked: set[int]) -> list[str]:
    for number, (a, b) in enumerate(zip(before, after, strict=False)):
        if a != b and number not in masked:
            return [f"{name} differs in line {number + 1}: {_shown(b)} instead of {_shown(a)}"]
    if len(before) != len(after):
        return [f"{name} has {len(after)} lines instead of {len(before)}"]
    return []


def _shown(line: bytes) -> str:
    text = repr(line.decode("utf-8", "backslashreplace"))
    return text if len(text) <= 60 else text[:57] + "…'"


def _how(before: Change | None, after: Change | None) -> str:
    if after is None:
        return "is left as it was"
    if before is None:
        return "is changed, and was not"
    if before.kind != after.kind:
        return "is of another kind"
    return "has another mode" if before.content == after.content else "has other contents"
