# SPDX-License-Identifier: Apache-2.0
"""A Comparison for programs; docs/diff.md lists the fields. `schema` changes when one changes its meaning."""

from __future__ import annotations

import json
import math
from typing import Any

from hone.diff.verdict import Change, Comparison

SCHEMA = "hone-diff/1"


def render(found: Comparison) -> str:
    document = {
        "schema": SCHEMA,
        "verdict": found.word,
        "unit": found.unit,
        "kind": found.kind,
        "how": found.how,
        "level": found.level,
        "whole": _change(found.whole) if found.whole else None,
        "changes": [_change(change) for change in found.changes],
        "recounted": [_change(change) for change in found.recounted],
        "within_noise": found.same,
        "too_small": found.small,
        "notes": found.notes,
    }
    return json.dumps(document, indent=1) + "\n"


def _change(change: Change) -> dict[str, Any]:
    file, name = change.key
    return {
        "file": file,
        "name": name,
        "line": change.line,
        "verdict": change.word,
        "before": change.before,
        "after": change.after,
        "difference": change.difference,
        "ratio": change.ratio if math.isfinite(change.ratio) else None,
        "interval": [change.low, change.high] if change.low is not None else None,
        "calls": list(change.calls) if change.calls else None,
    }
