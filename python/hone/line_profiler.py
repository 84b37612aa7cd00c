# SPDX-License-Identifier: Apache-2.0
"""The line profiler, with the API of the package line_profiler: `from hone import line_profiler`.

LineProfiler, the decorator `profile`, LineStats, load_stats and show_text; `.lprof` files are the same,
both ways. `python -m hone.line_profiler FILE.lprof` shows them; `hone lines` runs programs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hone.lines.profiler import LineProfiler
    from hone.lines.stats import LineStats, show_func, show_text
    from hone.lines.switch import Switch

    profile: Switch

__all__ = [  # noqa: F822 (see __getattr__)
    "LineProfiler",
    "LineStats",
    "load_ipython_extension",
    "load_stats",
    "main",
    "profile",
    "show_func",
    "show_text",
]


def main(words: list[str] | None = None) -> int:
    """Show `.lprof` files; the exit code."""
    from hone.cli import lines_view

    return lines_view.main(sys.argv[1:] if words is None else words)


def load_ipython_extension(shell: object) -> None:
    """`%load_ext hone.line_profiler`: the magics %hone_lines and %lprun."""
    from hone.notebook_lines import load

    load(shell, ("hone_lines", "lprun"))


def __getattr__(name: str) -> object:
    """Programs that decorate with `profile` load what profiles when they profile."""
    value: object
    if name == "profile":
        from hone.lines.switch import Switch

        value = Switch()
    elif name == "LineProfiler":
        from hone.lines import profiler

        value = profiler.LineProfiler
    elif name in ("LineStats", "show_text", "show_func", "load_stats"):
        from hone.lines import stats

        value = stats.LineStats.from_files if name == "load_stats" else getattr(stats, name)
    elif name in ("line_profiler", "explicit_profiler"):
        # What the package has in modules of these names, this one has itself.
        value = sys.modules[__name__]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if __name__ == "__main__":
    from hone.cli import guarded

    sys.exit(guarded(main))
