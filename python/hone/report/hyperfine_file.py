# SPDX-License-Identifier: Apache-2.0
"""hyperfine's --export-json: what its scripts and many a CI job read."""

from __future__ import annotations

import json
import statistics
from typing import Any

from hone.measure.timing import Report, Timed, Usage


def render(report: Report) -> str:
    return json.dumps({"results": [_result(timed) for timed in report.times]}, indent=2) + "\n"


def _result(timed: Timed) -> dict[str, Any]:
    values = timed.values
    usage = timed.usage or Usage()
    return {
        "command": timed.name,
        "mean": timed.mean,
        "stddev": timed.deviation,
        "median": statistics.median(values),
        "user": statistics.fmean(usage.user) if usage.user else None,
        "system": statistics.fmean(usage.system) if usage.system else None,
        "min": min(values),
        "max": max(values),
        "times": values,
        "memory_usage_byte": usage.peak_bytes,
        "exit_codes": usage.exit_codes,
        **({"parameters": timed.parameters} if timed.parameters else {}),
    }
