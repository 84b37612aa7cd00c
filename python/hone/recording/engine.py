# SPDX-License-Identifier: Apache-2.0
"""What hone's compiler says of its functions, as rows of a recording."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hone.recording.model import Recording
from hone.recording.rows import Compiled


def add_compiled(recording: Recording, report: Iterable[dict[str, Any]]) -> None:
    """REPORT has the rows of `_jit.report()`; those of functions that nobody met are left out, and
    those of functions that never became hot."""
    numbers = {(f.file, f.line, f.name): at for at, f in enumerate(recording.functions)}
    for row in report:
        number = numbers.get((row["filename"], row["firstlineno"], row["qualname"]))
        if number is None or row["state"] == "cold":
            continue
        tier = "compiled" if row["state"] == "compiled" else ""
        why_not = row["reason"] or "" if not tier else ""
        made = Compiled(number, tier, row["exits"], row["compile_seconds"], why_not)
        recording.compiled.append(made)
