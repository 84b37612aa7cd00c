# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file that opens offline: no script, no request, light and dark."""

from __future__ import annotations

from html import escape
from pathlib import Path

from hone.report import terminal
from hone.tune.road import Outcome, Row

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>hone: {program}</title>
<style>
:root {{ color-scheme: light dark; --soft: color-mix(in srgb, currentColor 12%, transparent); }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--soft); vertical-align: top; }}
.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
.bar {{ background: linear-gradient(90deg, var(--soft) var(--w), transparent var(--w)); }}
pre {{ white-space: pre-wrap; background: var(--soft); padding: .8rem; border-radius: .4rem; }}
</style>
<main><h1>{program}</h1><p><strong>{sentence}</strong></p>
<table><thead><tr><th>Function<th class="n">Share<th class="n">Calls<th>Done</tr></thead><tbody>
{rows}</tbody></table>
<h2>As in the terminal</h2><pre>{text}</pre></main></html>
"""


def render(outcome: Outcome) -> str:
    return _PAGE.format(
        program=escape(outcome.program),
        sentence=escape(outcome.sentence),
        rows="".join(_row(row) for row in outcome.rows),
        text=escape(terminal.plain(outcome)),
    )


def _row(row: Row) -> str:
    f = row.function
    where = f"{Path(f.file).name}:{f.line}"
    done = row.state + (f": {row.reason}" if row.reason else "")
    return (
        f"<tr><td><code>{escape(f.name)}</code> <small>{escape(where)}</small>"
        f'<td class="n bar" style="--w:{f.share:.1%}">{f.share:.1%}<td class="n">{f.calls:,}<td>{escape(done)}</tr>\n'
    )
