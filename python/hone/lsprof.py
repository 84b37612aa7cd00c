# SPDX-License-Identifier: Apache-2.0
"""What the standard library's _lsprof has, from hone's call profiler."""

from __future__ import annotations

from hone._core import Profiler, profiler_entry, profiler_subentry

__all__ = ["Profiler", "profiler_entry", "profiler_subentry"]
