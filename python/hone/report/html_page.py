# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file that opens offline: no script, no request, light and dark, printable."""

from __future__ import annotations

import statistics
from html import escape

from hone.report import rows
from hone.tune.outcome import Outcome, Row

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>hone: {program}</title>
<style>
:root {{ color-scheme: light dark; --soft: color-mix(in srgb, currentColor 12%, transparent);
  --bar: color-mix(in srgb, #3b82c4 30%, transparent); }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; }} h2 {{ font-size: 1.05rem; margin-top: 2rem; }}
.verdict {{ font-size: 1.25rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--soft); vertical-align: top; }}
.n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.bar {{ background: linear-gradient(90deg, var(--bar) var(--w), transparent var(--w)); }}
small {{ opacity: .7; }} code {{ overflow-wrap: anywhere; }}
</style>
<main><h1>hone: <code>{program}</code></h1><p class="verdict"><strong>{sentence}</strong></p>
{sections}</main></html>
"""


def render(outcome: Outcome) -> str:
    sections = [_functions(outcome), _times(outcome), _evidence(outcome), _notes(outcome)]
    return _PAGE.format(
        program=escape(outcome.program),
        sentence=escape(outcome.sentence),
        sections="".join(sections),
    )


def _functions(outcome: Outcome) -> str:
    if not outcome.rows:
        return ""
    head = (
        '<tr><th>Function<th class="n">Share of time<th class="n">Calls<th class="n">Gain (95 %)'
        "<th>Equal<th>Done</tr>"
    )
    body = "".join(map(_row, outcome.rows))
    return (
        f"<h2>Where the time goes</h2><table><thead>{head}</thead><tbody>{body}</tbody></table>"
        f"<p>N{escape(rows.never_to_win(outcome)[1:])}. A function’s gain is what the whole program "
        "loses when it alone is left out.</p>"
    )


def _row(row: Row) -> str:
    f = row.function
    return (
        f"<tr><td><code>{escape(f.name)}</code> <small>{escape(rows.where(row))}</small>"
        f'<td class="n bar" style="--w:{f.share:.1%}">{f.share:.1%}<td class="n">{f.calls:,}'
        f'<td class="n">{escape(rows.gain(row))}<td>{escape(rows.equal(row))}'
        f"<td>{escape(rows.done(row))}</tr>\n"
    )


def _times(outcome: Outcome) -> str:
    if not outcome.tuned_seconds:
        return ""
    pairs = (
        ("original", outcome.original_seconds, outcome.original_peak),
        ("tuned", outcome.tuned_seconds, outcome.tuned_peak),
    )
    longest = max(*outcome.original_seconds, *outcome.tuned_seconds)
    body = "".join(
        f'<tr><td>{name}<td class="n bar" style="--w:{statistics.median(times) / longest:.1%}">'
        f'{statistics.median(times):.3f} s<td class="n">{min(times):.3f} to {max(times):.3f} s'
        f'<td class="n">{peak / (1 << 20):.0f} MiB</tr>'
        for name, times, peak in pairs
    )
    return (
        f"<h2>Time</h2><table><thead><tr><th>Program<th class='n'>Median of {len(outcome.tuned_seconds)} "
        f"runs<th class='n'>Range<th class='n'>Peak memory</tr></thead><tbody>{body}</tbody></table>"
        f"<p>The runs alternate, each in a fresh process. Compiling took "
        f"{outcome.compile_seconds * 1000:.0f} ms of the tuned time; of its memory, "
        f"{outcome.tuned_taken / (1 << 20):.0f} MiB are hone’s own.</p>"
    )


def _list(title: str, sentences: list[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in sentences)
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _evidence(outcome: Outcome) -> str:
    unstable = [
        f"not compared, as two runs of the original differ too: {text}" for text in outcome.unstable
    ]
    written = [f"file written: {path}" for path in outcome.files_written]
    return _list("Does it do the same?", rows.evidence(outcome) + unstable + written)


def _notes(outcome: Outcome) -> str:
    notes = list(outcome.notes)
    if outcome.plan:
        notes.append(f"plan: {outcome.plan}; use it with: hone run {outcome.program}")
    return _list("Notes", notes)
