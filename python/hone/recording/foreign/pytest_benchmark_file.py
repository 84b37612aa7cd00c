# SPDX-License-Identifier: Apache-2.0
"""pytest-benchmark's JSON, and that of hone's fixture `benchmark`: of each test one value a file, the median of
its rounds. The rounds of one process resemble one another, so that they don't count as many observations."""

from __future__ import annotations

import json
import math
import re

from hone.recording.errors import RecordingError
from hone.recording.model import Recording

_START = re.compile(rb'\s*\{\s*"machine_info"\s*:')


def looks_right(head: bytes) -> bool:
    return bool(_START.match(head))


def read(data: bytes, name: str) -> Recording:
    try:
        document = json.loads(data)
        found = Recording()
        for row in document["benchmarks"]:
            value = float(row["stats"]["median"])
            if not 0 <= value < math.inf:
                raise TypeError(value)
            if value:  # else its clock was too coarse
                found.meta.values[str(row["fullname"])] = [value]
    except (ValueError, RecursionError):
        raise RecordingError(f"{name} is damaged, or no JSON") from None
    except (TypeError, KeyError, AttributeError):
        raise RecordingError(f"{name} is JSON, but not pytest-benchmark's") from None
    return found
