# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: line_profiler's own tests get hone's LineProfiler, LineStats and text.

The rest of that package (kernprof, autoprofile, its configuration) stays its own and so runs over ours.
"""

from __future__ import annotations

import line_profiler
import line_profiler.explicit_profiler
import line_profiler.line_profiler

from hone import line_profiler as ours

NAMES = ("LineProfiler", "LineStats", "load_stats", "show_func", "show_text")

for module in (line_profiler, line_profiler.line_profiler, line_profiler.explicit_profiler):
    for name in NAMES:
        if hasattr(module, name):
            setattr(module, name, getattr(ours, name))
