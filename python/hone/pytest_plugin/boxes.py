# SPDX-License-Identifier: Apache-2.0
"""The rounds of a group as boxes (--benchmark-histogram): an SVG that needs nothing else.

A box is the middle half of the rounds, the line in it the median, the whiskers end at the last round
within one and a half of the box's height (Tukey); the axis ends at the longest whisker."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = (
    70,
    320,
    90,
    50,
    200,
)  # of a box, of the plot, of its margins
_UNITS = {"n": "nanoseconds", "u": "microseconds", "m": "milliseconds", "": "seconds"}
_MARKS = 5


def svg(rows: Sequence[dict[str, Any]], group: str | None, unit: str, factor: float) -> str:
    top = max(row["hd15iqr"] for row in rows)
    bottom = min(row["ld15iqr"] for row in rows)
    bottom, top = (bottom, top) if top > bottom else (bottom * 0.9, (top or 1e-9) * 1.1)

    def y(seconds: Any) -> Any:
        inside = (min(max(seconds, bottom), top) - bottom) / (top - bottom)
        return _TOP + _HEIGHT * (1 - inside)

    width, height = _LEFT + _WIDTH * len(rows) + 20, _TOP + _HEIGHT + _BOTTOM
    title = f"Time in {_UNITS.get(unit, unit + 's')}" + (f" of {group}" if group else "")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="24" font-size="16">{escape(title)}</text>',
    ]
    for mark in range(_MARKS + 1):
        value = bottom + (top - bottom) * mark / _MARKS
        at = y(value)
        parts.append(f'<line x1="{_LEFT}" x2="{width - 10}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')  # fmt: skip
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{value * factor:,.4g}</text>')  # fmt: skip
    for number, row in enumerate(rows):
        parts += _box(row, _LEFT + _WIDTH * (number + 0.5), y, factor)
    return "\n".join([*parts, "</svg>", ""])


def _box(row: dict[str, Any], x: float, y: Any, factor: float) -> list[str]:
    half = _WIDTH * 0.3
    q1, median, q3 = (y(row[name]) for name in ("q1", "median", "q3"))
    low, high = y(row["ld15iqr"]), y(row["hd15iqr"])
    fill = "#bbb" if row.get("path") else "#7aa6da"
    names = ("min", "ld15iqr", "q1", "median", "q3", "hd15iqr", "max")
    about = ", ".join(f"{name} {row[name] * factor:,.4f}" for name in names)
    foot = _TOP + _HEIGHT + 14
    return [
        f"<g><title>{escape(row['fullname'])}: {row['rounds']} rounds, {about}</title>",
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{high:.1f}" y2="{low:.1f}" stroke="#333"/>',
        f'<rect x="{x - half:.1f}" y="{q3:.1f}" width="{half * 2:.1f}" height="{max(q1 - q3, 0.5):.1f}" fill="{fill}" stroke="#333"/>',
        f'<line x1="{x - half:.1f}" x2="{x + half:.1f}" y1="{median:.1f}" y2="{median:.1f}" stroke="#000" stroke-width="2"/>',
        f'<text transform="translate({x:.1f} {foot}) rotate(55)">{escape(row["name"])}</text></g>',
    ]
