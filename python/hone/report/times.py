# SPDX-License-Identifier: Apache-2.0
"""What `hone time` found, for people at a terminal."""

from __future__ import annotations

import resource
import statistics

from hone.measure import stats
from hone.measure.timing import Report, Timed, warm_up_words
from hone.report import histogram

UNITS = {"nsec": 1e-9, "usec": 1e-6, "msec": 1e-3, "sec": 1.0}  # timeit's words
_DIGITS = 4


def unit_for(seconds: float) -> str:
    return next((name for name in reversed(UNITS) if seconds >= UNITS[name]), "nsec")


def plain(seconds: float, unit: str, digits: int = _DIGITS) -> str:
    """A number of that unit, without it."""
    value = seconds / UNITS[unit]
    places = max(0, digits - len(str(int(value))))
    return f"{value:.{places}f}"


def render(report: Report, *, unit: str | None = None, verbose: int = 0) -> str:
    lines: list[str] = []
    for timed, ratio in zip(report.times, report.ratios, strict=True):
        lines += [*_timed(timed, unit or unit_for(statistics.median(timed.values)), verbose)]
        if ratio is not None:
            lines.append(f"  {verdict(ratio, report.times[0].name)}")
        lines.append("")
    if report.interrupted:
        lines.append("interrupted: this is what there was until then")
    lines += [f"note: {text}" for text in report.notes]
    if report.noise:
        lines += ["noise:", *(f"  {text}" for text in report.noise)]
    else:
        lines.append("noise: nothing disturbed it that could be seen")
    return "\n".join(lines) + "\n"


def verdict(ratio: stats.Ratio, first: str) -> str:
    """The comparison as a sentence, with the interval: what "no difference" could still hide."""
    name = _short(first)
    if ratio.loss:
        back = stats.Ratio(1 / ratio.value, 1 / ratio.high, 1 / ratio.low, ratio.level)
        return f"{back.value:.3f} times slower than {name} ({_interval(back)})"
    if ratio.gain:
        return f"{ratio.value:.3f} times faster than {name} ({_interval(ratio)})"
    return f"no difference to {name} found: {ratio.value:.3f} times its speed ({_interval(ratio)})"


def _interval(ratio: stats.Ratio) -> str:
    return f"{ratio.level * 100:.0f} %: {ratio.low:.3f}-{ratio.high:.3f}"


def _timed(timed: Timed, unit: str, verbose: int) -> list[str]:
    values = timed.values
    command = timed.usage is not None
    middle = f"median {plain(statistics.median(values), unit)} {unit}"
    if (found := timed.median) is not None:
        middle = f"median {plain(found.value, unit)} {unit}"
        middle += "" if command else " per loop"
        middle += (
            f" ({found.level * 100:.0f} %: {plain(found.low, unit)}-{plain(found.high, unit)})"
        )
    spread = "" if timed.deviation is None else f" ± {plain(timed.deviation, unit, 3)}"
    lines = [
        *timed.name.splitlines(),
        f"  {middle}",
        f"  mean {plain(timed.mean, unit)}{spread}, min … max {plain(min(values), unit)} … {plain(max(values), unit)} {unit}",
        f"  {_counts(timed)}",
    ]
    lines += [f"  {text}" for text in warm_up_words(timed)]
    if verbose:
        medians = ", ".join(plain(run.middle, unit) for run in timed.runs)
        lines.append(f"  medians: {medians} {unit}")
    if len(values) >= 20:
        lines += [f"  {line}" for line in histogram.render(values, unit, plain)]
    return lines


def _counts(timed: Timed) -> str:
    values = len(timed.values)
    if timed.usage is not None:
        user, system = (
            statistics.fmean(each) * 1e3 for each in (timed.usage.user, timed.usage.system)
        )
        text = f"{values} run{'s' * (values > 1)}; user {user:.1f}, system {system:.1f} msec"
        return f"{text}; peak memory {_peak(max(timed.usage.peak_bytes))}"
    loops = sorted({run.loops for run in timed.runs})
    each = f"{loops[0]}" if len(loops) == 1 else f"{loops[0]}-{loops[-1]}"
    text = (
        f"{values} samples of {each} loop{'s' if loops[-1] > 1 else ''} in {timed.runs_in_words()}"
    )
    firsts = [run.first for run in timed.runs if run.first is not None]
    if firsts:
        first = statistics.median(firsts)
        text += (
            f"; the very first execution took {plain(first, unit_for(first), 3)} {unit_for(first)}"
        )
    return text


def _peak(most: int) -> str:
    """A child has its starter's peak until it executes its program: below that, only a bound is known."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return f"{'' if most > own else 'at most '}{most / 1e6:.1f} MB"


def _short(name: str) -> str:
    line = name.splitlines()[0]
    return line if len(line) <= 50 else line[:49] + "…"
