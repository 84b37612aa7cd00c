# SPDX-License-Identifier: Apache-2.0
"""The report at the end of a run: tables, profiles, and hone's medians with their intervals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hone.measure import stats
from hone.pytest_plugin import boxes, checks, judged, names, options, profiles, table
from hone.pytest_plugin.figures import Benchmark
from hone.pytest_plugin.session import BenchmarkSession
from hone.report import times

Row = dict[str, Any]


def write(session: BenchmarkSession, to: pytest.TerminalReporter) -> None:
    config = session.config
    if session.groups and not session.quiet:
        to.ensure_newline()
        to.write_line("")
        for group, rows in session.groups:
            _group(session, to, group, rows)
        for line in table.LEGEND:
            to.write_line(line)
        _profiles(session, to)
    if session.groups and not (session.quiet or config.getoption("hone_no_intervals")):
        to.write_line("")
        to.section("medians of steady rounds (hone)", sep="-", yellow=True)
        for line in verdicts(session):
            to.write_line(line)
    if session.regressions:
        rows_of_text = "\n".join(f"  {text}" for text in session.regressions)
        session.logger.error(f"Performance has regressed:\n{rows_of_text}")


def _group(
    session: BenchmarkSession, to: pytest.TerminalReporter, group: str | None, rows: list[Row]
) -> None:
    config = session.config
    sort = config.getoption("benchmark_sort")
    rows = sorted(rows, key=lambda row: row[sort])
    for row in rows:
        row["name"] = session.name_format(row)
    scale = partial(_scale, config, rows, sort)
    made = table.Table(rows, config.getoption("benchmark_columns") or options.COLUMNS, scale)
    made.write(to, group)
    prefix = session.prefixes["histogram"]
    if prefix:
        file = f"{prefix}-{names.file_name(group)}.svg" if group else f"{prefix}.svg"
        names.folder_of(file)
        Path(file).write_text(boxes.svg(rows, group, made.unit, made.factor), encoding="utf-8")
        session.logger.info(f"Generated histogram: {file}")


def _scale(
    config: pytest.Config, rows: list[Row], sort: str, unit: str, ends: table.Best
) -> table.Scale:
    found: table.Scale = config.hook.pytest_benchmark_scale_unit(
        config=config, unit=unit, benchmarks=rows, best=ends.best, worst=ends.worst, sort=sort
    )
    return found


def _profiles(session: BenchmarkSession, to: pytest.TerminalReporter) -> None:
    rows = [row for _, group in session.groups for row in group if "cprofile" in row]
    if rows:
        to.section("cProfile (time in s)", sep="-", yellow=True)
    for row in rows:
        to.write_line(row["fullname"] + (f" ({row['source']})" if row["source"] else ""))
        to.write_line(profiles.HEADING)
        for function in row["cprofile"]:
            to.write_line(profiles.line(function))
        to.write_line("")


def verdicts(session: BenchmarkSession) -> Iterator[str]:
    """Each benchmark's median, and how it differs from kept runs; at the end what disturbed them."""
    rows = [row["now"] for _, group in session.groups for row in group if row["now"]]
    told = [(found, session.judged[found]) for found in rows]
    width = max((len(found.name) for found, now in told if now.median), default=0) + 2
    for found, now in told:
        if now.median is not None:
            yield from _verdict(session, found, now, now.median, width)
    few = sum(now.median is None for _, now in told)
    if few:
        yield f"{few} of {len(told)} have no interval: fewer than {stats.LEAST} rounds, or rounds too short for the clock"  # fmt: skip
    noise = judged.disturbances([found.watch for found in rows])
    yield "noise: " + ("; ".join(noise) or "nothing disturbed it that could be seen")


def _verdict(
    session: BenchmarkSession,
    found: Benchmark,
    now: judged.Judged,
    median: stats.Estimate,
    width: int,
) -> Iterator[str]:
    unit = times.unit_for(median.value)
    ends = f"{times.plain(median.low, unit)}-{times.plain(median.high, unit)}"
    value = f"{times.plain(median.value, unit)} {unit} ({median.level * 100:.0f} %: {ends})"
    part = "" if now.used == 1 else f" of the {now.used:.0%} of the rounds that nothing disturbed"
    yield f"{found.name.ljust(width)}{value}{part}"
    for text in judged.warm_up_words(now):
        yield f"  {text}"
    for label, ratio in session.ratios(found):
        if ratio is None:
            yield f"  no verdict on {label}: too few rounds, or pytest-benchmark wrote it and doesn't say what disturbed them"
        else:
            yield f"  {judged.verdict(ratio, label)}"


def regressions(session: BenchmarkSession) -> Iterator[str]:
    """What --hone-compare-fail finds. Kept runs differ by what processes differ: slower is what is slower
    than each of them."""
    for found in session.judged:
        ratios = [(label, ratio) for label, ratio in session.ratios(found) if ratio is not None]
        for limit in session.config.getoption("hone_compare_fail"):
            wrong = [(label, checks.surely_slower(ratio, limit)) for label, ratio in ratios]
            if wrong and all(text for _, text in wrong):
                label, text = wrong[-1]
                yield f"{found.name} ({label}): {text}"
