# SPDX-License-Identifier: Apache-2.0
"""Each format as its readers want it: read back by the tools themselves, or by a reader that was written
for the test from the format's description."""

from __future__ import annotations

import gzip
import io
import json
import pstats
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import line_profiler
import pytest
from hypothesis import HealthCheck, given, settings

from hone.recording import Recording, RecordingError, rows, weigh
from hone.recording.foreign import open_any, read
from hone.recording.meta import Slowdown
from hone.recording.trees import METRICS
from hone.report.formats import FORMATS, Options, render
from tests.recording.made import known, known_calls, recordings
from tests.recording.test_foreign import lprof_bytes, pstats_bytes


def made(name: str, recording: Recording, **options: Any) -> bytes:
    parts = render(name, recording, Options(**options))
    return b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)


def text(name: str, recording: Recording, **options: Any) -> str:
    return made(name, recording, **options).decode()


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(recording=recordings())
def test_any_recording_gives_a_report_or_a_reason(name: str, recording: Recording) -> None:
    for metric in METRICS:
        try:
            made(name, recording, metric=metric)
        except RecordingError as error:
            assert " has no " in str(error)


def test_the_overview() -> None:
    shown = text("text", known())
    assert shown.startswith("a.py --fast\n")
    assert "recording took 1.04 times the time (1.01 to 1.08 with 95 %)" in shown
    assert "13 samples of 160 ms" in shown
    row = next(line for line in shown.splitlines() if "Model.work" in line)
    cells = row.split()
    assert cells[:6] == ["8", "30.0", "ms", "18.8%", "80.0", "ms"]  # recursion counts once
    assert cells[-4:] == ["typed", "3", "20.0", "ms"]
    assert "memory that was asked for" in shown


def test_no_interval_is_shown_where_none_is_known() -> None:
    recording = known()
    recording.meta.slowdown = Slowdown(1.04, 1.04, 1.04)
    assert "recording took 1.04 times the time\n" in text("text", recording)


def test_the_table_of_calls() -> None:
    row = next(r for r in text("table", known_calls()).splitlines() if "Model.work" in r)
    assert row.split()[:5] == ["9/3", "30.0", "ms", "18.8%", "3.33"]


def test_sorting_and_limits() -> None:
    by_calls = text("table", known_calls(), sort="ncalls", limit=1)
    assert "builtins.len" in by_calls and by_calls.endswith("… and 3 more\n")


def test_the_tree() -> None:
    lines = text("tree", known()).splitlines()
    assert "62.5%" in lines[0] and "main" in lines[0]
    assert "└─ Model.work" in lines[1] and "80.0 ms" in lines[1]


def test_the_tree_of_calls_is_estimated_and_says_so() -> None:
    lines = text("tree", known_calls()).splitlines()
    assert lines[0].startswith("estimated: ")
    assert any("80.0 ms" in line and "Model.work" in line for line in lines)
    assert any("50.0 ms" in line and "builtins.len" in line for line in lines)


def test_the_tree_begins_where_nobody_called_though_it_is_called_below_too() -> None:
    made = known_calls()
    made.totals.clear()
    made.calls.clear()
    exec_, work, imports, apart = range(4)  # as of a program that imports: exec runs modules, too
    made.totals += [
        rows.Total(exec_, 3, 1, 0.01, 0.5),
        rows.Total(work, 1, 1, 0.4, 0.4),
        rows.Total(imports, 2, 2, 0.09, 0.09),
        rows.Total(apart, 2, 1, 0.2, 0.2),
    ]
    made.calls += [
        rows.Call(exec_, work, 1, 1, 0.4, 0.4),
        rows.Call(exec_, imports, 2, 2, 0.09, 0.09),
        rows.Call(imports, exec_, 2, 0, 0.005, 0.01),
        rows.Call(apart, apart, 2, 1, 0.2, 0.2),  # nobody is said to have begun
    ]
    lines = text("tree", made).splitlines()
    assert any("400 ms" in line and "Model.work" in line for line in lines), lines
    assert any("500 ms" in line for line in lines) and any("200 ms" in line for line in lines)


def test_the_sources() -> None:
    shown = text("source", known())
    row = next(line for line in shown.splitlines() if line.startswith("     7 "))
    assert row.split() == ["7", "1", "10.0", "ms", "33.3%", "y"]
    assert "as they are now" not in shown


def test_pstats_reads_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(made("pstats", known_calls()))
    stats = pstats.Stats(str(tmp_path / "it"), stream=io.StringIO())
    work = stats.stats["/src/a.py", 5, "work"]  # type: ignore[attr-defined]
    assert work[:4] == (3, 9, 0.03, 0.08)
    assert work[4]["/src/a.py", 1, "main"] == (3, 3, 0.02, 0.08)
    assert work[4]["/src/a.py", 5, "work"] == (6, 0, 0.01, 0.06)
    assert ("~", 0, "<built-in method builtins.len>") in stats.stats  # type: ignore[attr-defined]
    stats.sort_stats("cumulative").print_stats()
    stats.print_callers()


@pytest.mark.smoke
def test_cprofiles_own_file_comes_back_as_it_was(tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.write_bytes(pstats_bytes(tmp_path))
    after = tmp_path / "after"
    after.write_bytes(made("pstats", open_any(before)))
    first, second = (pstats.Stats(str(path)).stats for path in (before, after))  # type: ignore[attr-defined]
    assert first == second


def test_functions_of_one_line_are_summed_in_pstats(tmp_path: Path) -> None:
    recording = Recording()
    recording.functions += [rows.Function("a.py", 1, "f.<locals>.<lambda>")] * 2
    recording.totals += [rows.Total(0, 1000, 1000, 1.0, 1.0), rows.Total(1, 1000, 1000, 2.0, 2.0)]
    (tmp_path / "it").write_bytes(made("pstats", recording))
    stats = pstats.Stats(str(tmp_path / "it")).stats  # type: ignore[attr-defined]
    assert stats == {("a.py", 1, "<lambda>"): (2000, 2000, 3.0, 3.0, {})}


def test_line_profiler_reads_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(made("lprof", known_calls()))
    stats = line_profiler.load_stats(str(tmp_path / "it"))
    assert stats.unit == 1e-9
    lines = [(6, 9, 50_000_000), (7, 9, 30_000_000)]
    assert stats.timings == {("/src/a.py", 5, "Model.work"): lines}
    with pytest.raises(RecordingError, match="has no times of lines"):
        made("lprof", known())


@pytest.mark.smoke
def test_line_profilers_own_file_comes_back_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "before").write_bytes(lprof_bytes(tmp_path))
    (tmp_path / "after").write_bytes(made("lprof", open_any(tmp_path / "before")))
    first, second = (line_profiler.load_stats(str(tmp_path / name)) for name in ("before", "after"))
    assert first.timings == second.timings and first.unit == pytest.approx(second.unit)


def test_collapsed_stacks_are_strict() -> None:
    lines = text("collapsed", known()).splitlines()
    for line in lines:
        assert re.fullmatch(r"[^;\s][^;\n]*(;[^;\n]+)* \d+", line), line
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == 160_000  # microseconds
    assert "thread MainThread (11);main (/src/a.py:1);Model.work (/src/a.py:5) 20000" in lines
    assert 'thread io (12);odd:name "x" <&> 7 (/src/b c.py:9) 60000' in lines


def test_collapsed_stacks_come_back() -> None:
    found = read(made("collapsed", known()), "it")
    assert {thread.name: sum(weigh(found.samples).time[at].values()) for at, thread in enumerate(found.threads)} == {
        "MainThread": 100_000, "io": 60_000,
    }  # fmt: skip


SPEEDSCOPE_UNITS = {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}


def check_speedscope(document: dict[str, Any]) -> None:
    """What its file-format-spec.ts demands of sampled profiles."""
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert document.keys() <= {
        "$schema",
        "shared",
        "profiles",
        "name",
        "activeProfileIndex",
        "exporter",
    }
    frames = document["shared"]["frames"]
    for frame in frames:
        assert isinstance(frame["name"], str)
        assert frame.keys() <= {"name", "file", "line", "col"}
    assert document["profiles"]
    for profile in document["profiles"]:
        wanted = {"type", "name", "unit", "startValue", "endValue", "samples", "weights"}
        assert profile.keys() == wanted and profile["type"] == "sampled"
        assert profile["unit"] in SPEEDSCOPE_UNITS
        assert len(profile["samples"]) == len(profile["weights"])
        assert profile["endValue"] - profile["startValue"] == sum(profile["weights"])
        assert all(0 <= at < len(frames) for stack in profile["samples"] for at in stack)


@pytest.mark.parametrize("recording", [known(), known_calls()], ids=["samples", "calls"])
def test_speedscope(recording: Recording) -> None:
    document = json.loads(text("speedscope", recording))
    check_speedscope(document)
    assert sum(profile["endValue"] for profile in document["profiles"]) == 160_000_000
    names = {profile["name"] for profile in document["profiles"]}
    assert names == ({"MainThread", "io"} if recording.samples else {"a.py"})


def test_speedscope_of_memory() -> None:
    document = json.loads(text("speedscope", known(), metric="live"))
    check_speedscope(document)
    assert document["profiles"][0]["unit"] == "bytes"


def check_chrome(document: dict[str, Any]) -> dict[int, list[tuple[str, float, float]]]:
    """B and E in pairs, in order; X one after the other in a track. What lasted how long, by track."""
    found: dict[int, list[tuple[str, float, float]]] = defaultdict(list)
    stacks: dict[int, list[tuple[str, float]]] = defaultdict(list)
    last: dict[int, float] = defaultdict(float)
    for event in document["traceEvents"]:
        tid = event["tid"]
        if event["ph"] == "M":
            assert event["args"]["name"]
            continue
        assert event["ts"] >= last[tid], "time goes forward in a track"
        last[tid] = event["ts"]
        if event["ph"] == "B":
            stacks[tid].append((event["name"], event["ts"]))
        elif event["ph"] == "E":
            name, start = stacks[tid].pop()
            assert name == event["name"]
            found[tid].append((name, start, event["ts"]))
        else:
            assert event["ph"] == "X" and event["dur"] >= 0
            last[tid] += event["dur"]
            found[tid].append((event["name"], event["ts"], last[tid]))
    assert not any(stacks.values()), "all that began has ended"
    return found


def test_chrome() -> None:
    found = check_chrome(json.loads(text("chrome", known())))
    assert ("main", 0, 100_000) in found[11]
    assert ("Model.work", 20_000, 100_000) in found[11] and (
        "Model.work",
        40_000,
        100_000,
    ) in found[11]
    assert found[12] == [('odd;name "x" <&> 7', 0, 60_000)]
    others = [track for tid, track in found.items() if tid > 12]
    assert len(others) == 3  # the two collections overlap


def test_chrome_shows_gaps_and_late_samples() -> None:
    recording = Recording()
    recording.functions.append(rows.Function("a.py", 1, "f"))
    stack = recording.stacks.add(rows.NONE, 0)
    recording.threads.append(rows.Thread(1))
    times = [0, 1000, 2100, 2900, 50_000, 51_000]
    recording.samples.extend(rows.Sample(0, stack, time, 1000) for time in times)
    found = check_chrome(json.loads(text("chrome", recording)))
    assert found[1] == [("f", 0, 3.9), ("f", 50, 52)]


def test_light_stacks_add_up_in_collapsed_ones_though_these_have_whole_microseconds() -> None:
    recording = Recording()
    leaf = recording.functions.add(rows.Function("a.py", 1, "leaf"))
    for at in range(100):
        caller = recording.functions.add(rows.Function("a.py", at + 2, f"f{at}"))
        stack = recording.stacks.add(recording.stacks.add(rows.NONE, caller), leaf)
        recording.samples.extend([rows.Sample(rows.NONE, stack, at, 400)])
    counts = [int(line.rsplit(" ", 1)[1]) for line in text("collapsed", recording).splitlines()]
    assert sum(counts) == 40 and max(counts) == 1


@pytest.mark.parametrize("recording", [known_calls(), read(b"a;b 3\na;c 4\n", "it")])
def test_chrome_without_instants_has_stacks_beside_each_other(recording: Recording) -> None:
    recording.events = Recording().events
    found = check_chrome(json.loads(text("chrome", recording)))
    assert all(len({name for name, *_ in track}) == len(track) for track in found.values())


def wire(data: bytes) -> list[tuple[int, Any]]:
    """Protocol Buffers' fields, written from their description, for all but floats."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    found: list[tuple[int, Any]] = []
    while at < len(data):
        tag = varint()
        value: Any = varint()
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        else:
            assert tag & 7 == 0
        found.append((tag >> 3, value))
    assert at == len(data)
    return found


def varints(data: bytes) -> list[int]:
    """Of a packed field."""
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value = shift = 0
    return found


def check_pprof(data: bytes) -> tuple[list[tuple[str, str]], list[Any]]:
    """The types, and of each sample its frames from the innermost, its values and labels."""
    fields = defaultdict(list)
    for field, value in wire(gzip.decompress(data)):
        fields[field].append(value)
    texts = [value.decode() for value in fields[6]]
    assert texts[0] == "" and len(set(texts)) == len(texts)
    functions = {}
    for value in map(dict, map(wire, fields[5])):
        assert value[1] and value[1] not in functions
        functions[value[1]] = (texts[value[2]], texts[value.get(4, 0)], value.get(5, 0))
    places = {}
    for value in map(dict, map(wire, fields[4])):
        line = dict(wire(value[4]))
        assert value[1] and value[1] not in places
        places[value[1]] = (*functions[line[1]], line.get(2, 0))
    types = [tuple(texts[dict(wire(value))[at]] for at in (1, 2)) for value in fields[1]]
    assert texts[fields[14][0]] in {name for name, _ in types}
    samples = []
    for value in map(wire, fields[2]):
        frames = [places[place] for field, data in value if field == 1 for place in varints(data)]
        values = [number for field, data in value if field == 2 for number in varints(data)]
        labels = [dict(wire(data)) for field, data in value if field == 3]
        words = {texts[label[1]]: texts[label[2]] if 2 in label else label[3] for label in labels}
        assert len(values) == len(types)
        samples.append((frames, values, words))
    return types, samples  # type: ignore[return-value]


def test_pprof() -> None:
    types, samples = check_pprof(made("pprof", known()))
    assert types == [("samples", "count"), ("time", "nanoseconds")]
    assert [sum(values[at] for _, values, _ in samples) for at in (0, 1)] == [13, 160_000_000]
    deep = max(samples, key=lambda sample: len(sample[0]))
    assert deep == (
        [
            ("<built-in method builtins.len>", "~", 0, 0),
            ("Model.work", "/src/a.py", 5, 7),
            ("Model.work", "/src/a.py", 5, 6),
            ("main", "/src/a.py", 1, 2),
        ],
        [5, 50_000_000],
        {"thread": "MainThread", "thread_id": 11},
    )


def test_pprof_of_memory_has_all_measures() -> None:
    types, samples = check_pprof(made("pprof", known(), metric="bytes"))
    assert types[:4] == [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ]
    assert sorted(values for _, values, _ in samples) == [
        [1, 1000, 0, 0, 1000, 0, 0],
        [3, 3000, 1, 1000, 2000, 500, 100],
    ]


def test_pprof_of_calls() -> None:
    _, samples = check_pprof(made("pprof", known_calls()))
    assert sum(values[1] for _, values, _ in samples) == 160_000_000


def gprof2dot(folder: Path, form: str, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    words = [sys.executable, "-m", "gprof2dot", "-f", form, "-n", "0", "-e", "0", folder / name]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("recording", [known(), known_calls()], ids=["samples", "calls"])
def test_gprof2dot_reads_callgrind(recording: Recording, tmp_path: Path) -> None:
    graph = gprof2dot(tmp_path, "callgrind", "it", made("callgrind", recording))
    work = re.search(r'label="Model\.work\\n([\d.]+)%\\n\(([\d.]+)%\)\\n(\d+)×"', graph)
    assert work, graph
    assert float(work[2]) == pytest.approx(18.75, abs=0.01)
    assert float(work[1]) == pytest.approx(50, abs=0.01)
    assert "builtins.len" in graph and "62.50%" in graph  # main, with all that it calls


def test_gprof2dot_reads_pstats(tmp_path: Path) -> None:
    graph = gprof2dot(tmp_path, "pstats", "it", made("pstats", known()))
    assert "a:5:work" in graph


def test_callgrind_has_own_costs_at_their_lines() -> None:
    lines = text("callgrind", known()).splitlines()
    work = next(line for line in lines if "fn=" in line and "work" in line)
    start = lines.index(work.replace("cfn", "fn").partition(" ")[0])
    assert lines[start + 1 : start + 3] == ["6 20000000", "7 10000000"]


def test_json() -> None:
    document = json.loads(text("json", known()))
    assert document["schema"] == "hone-report/1" and document["unit"] == "seconds"
    work = next(row for row in document["functions"] if row["name"] == "Model.work")
    assert (work["own"], work["cumulative"]) == (pytest.approx(0.03), pytest.approx(0.08))
    assert work["compiled"]["tier"] == "typed"
    assert document["allocations"][0]["stack"] == [[1, 6], [0, 2]]


def test_time_on_a_cpu_alone() -> None:
    for name, metric in (("json", "cpu"), ("json", "gil")):
        document = json.loads(text(name, known(), metric=metric))
        assert document["unit"] == "seconds" and document["whole"] == pytest.approx(0.1)
        assert {row["name"] for row in document["functions"]} >= {"main", "Model.work"}
        assert 'odd;name "x" <&> 7' not in {row["name"] for row in document["functions"]}
    assert "100 ms on a CPU" in text("text", known(), metric="cpu")
    assert (
        sum(values[1] for _, values, _ in check_pprof(made("pprof", known(), metric="cpu"))[1])
        == 10**8
    )
    with pytest.raises(RecordingError, match="has no samples on a CPU in it"):
        made("tree", known_calls(), metric="cpu")
