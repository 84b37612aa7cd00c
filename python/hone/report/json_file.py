# SPDX-License-Identifier: Apache-2.0
"""The report for programs (docs/tune.md lists its fields); `schema` changes when one changes its meaning."""

from __future__ import annotations

import json

from hone.tune.outcome import Outcome, Row

SCHEMA = "hone-tune/1"


def render(outcome: Outcome) -> str:
    ratio = outcome.speedup
    document = {
        "schema": SCHEMA,
        "verdict": outcome.verdict,
        "speedup": ratio.value if ratio else None,
        "speedup_interval": [ratio.low, ratio.high] if ratio else None,
        "equal": outcome.equal,
        "functions": [_function(row) for row in outcome.rows],
        "program": outcome.program,
        "sentence": outcome.sentence,
        "exit_code": outcome.code,
        "differences": outcome.differences,
        "unstable": outcome.unstable,
        "files_written": outcome.files_written,
        "open_seconds": outcome.open_seconds,
        "original_seconds": outcome.original_seconds,
        "tuned_seconds": outcome.tuned_seconds,
        "original_peak_bytes": outcome.original_peak,
        "tuned_peak_bytes": outcome.tuned_peak,
        "tuned_peak_own_bytes": outcome.tuned_taken,
        "compile_seconds": outcome.compile_seconds,
        "native_share": outcome.native_share,
        "waiting_share": outcome.waiting_share,
        "notes": outcome.notes,
        "plan": outcome.plan,
    }
    # Paths may hold bytes that are no text; they are escaped so that the file is always UTF-8.
    return json.dumps(document, indent=2) + "\n"


def _function(row: Row) -> dict[str, object]:
    return {
        "file": row.function.file,
        "line": row.function.line,
        "name": row.function.name,
        "share": row.function.share,
        "calls": row.function.calls,
        "own_seconds": row.function.own,
        "state": row.state,
        "reason": row.reason,
        "compile_seconds": row.compile_seconds,
        "gain": row.gain.value if row.gain else None,
        "gain_interval": [row.gain.low, row.gain.high] if row.gain else None,
        "gain_note": row.gain_note,
        "equal": row.compared.verdict,
        "compared": {
            "equal": row.compared.equal,
            "different": row.compared.different,
            "with_opaque_state": row.compared.opaque,
            "not_compared": row.compared.not_compared,
            "first_difference": row.compared.first_difference or None,
        },
    }
