# SPDX-License-Identifier: Apache-2.0
"""Other tools' files, written by these tools themselves; and what becomes of them when they are damaged."""

from __future__ import annotations

import cProfile
import gzip
import json
import marshal
import pickle
import profile
import pstats
from collections.abc import Callable
from pathlib import Path

import line_profiler
import pyperf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.recording import Recording, RecordingError, rows, save, weigh
from hone.recording.foreign import open_any, read


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def pstats_bytes(folder: Path, module: object = cProfile) -> bytes:
    profiler = module.Profile()  # type: ignore[attr-defined]
    profiler.runcall(lambda: sorted(map(fib, range(9))))
    profiler.dump_stats(folder / "it.pstats")
    return (folder / "it.pstats").read_bytes()


def lprof_bytes(folder: Path) -> bytes:
    profiler = line_profiler.LineProfiler(fib)
    profiler.runcall(fib, 6)
    profiler.dump_stats(folder / "it.lprof")
    return (folder / "it.lprof").read_bytes()


def pyperf_bytes(folder: Path) -> bytes:
    runs = [
        pyperf.Run([value, value * 1.1], metadata={"name": "sort"}, collect_metadata=False)
        for value in (1.0, 1.5, 2.0)
    ]
    pyperf.Benchmark(runs).dump(str(folder / "it.json"), replace=True)
    return (folder / "it.json").read_bytes()


def pytest_benchmark_bytes(folder: Path) -> bytes:
    row = {"group": None, "name": "test_sort", "fullname": "test_a.py::test_sort"}
    row |= {"stats": {"min": 1.0, "median": 1.5, "mean": 1.75}}
    coarse = row | {"fullname": "test_a.py::test_coarse", "stats": {"median": 0}}
    document = {"machine_info": {"node": "n"}, "benchmarks": [row, coarse], "version": "5.3.1"}
    return json.dumps(document, indent=4).encode()


COLLAPSED = """\
thread MainThread (7);main (a.py:1);inner (a.py:12) 90
thread MainThread (7);main (a.py:1) 10

tid:9;b.py:work:33;<built-in>:wait 5
"""

SPEEDSCOPE = {
    "$schema": "https://www.speedscope.app/file-format-schema.json",
    "shared": {"frames": [{"name": "main", "file": "a.py", "line": 3}, {"name": "inner (b.py:4)"}]},
    "profiles": [
        {
            "type": "sampled",
            "name": "one",
            "unit": "milliseconds",
            "startValue": 0,
            "endValue": 5,
            "samples": [[0], [0, 1]],
            "weights": [2, 3],
        },
        {
            "type": "evented",
            "name": "two",
            "unit": "milliseconds",
            "startValue": 1,
            "endValue": 6,
            "events": [
                {"type": "O", "frame": 0, "at": 1},
                {"type": "O", "frame": 1, "at": 2},
                {"type": "C", "frame": 1, "at": 5},
                {"type": "C", "frame": 0, "at": 6},
            ],
        },
    ],
}
MAKERS: dict[str, Callable[[Path], bytes]] = {
    "pstats": pstats_bytes,
    "profile": lambda folder: pstats_bytes(folder, profile),
    "lprof": lprof_bytes,
    "pyperf": pyperf_bytes,
    "pytest_benchmark": pytest_benchmark_bytes,
    "collapsed": lambda folder: COLLAPSED.encode(),
    "speedscope": lambda folder: json.dumps(SPEEDSCOPE).encode(),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("files")
    return {name: make(folder) for name, make in MAKERS.items()}


@pytest.mark.smoke
def test_pstats(files: dict[str, bytes], tmp_path: Path) -> None:
    found = read(files["pstats"], "it")
    (tmp_path / "it").write_bytes(files["pstats"])
    stats = pstats.Stats(str(tmp_path / "it")).stats  # type: ignore[attr-defined]
    assert len(found.totals) == len(stats)
    for total in found.totals:
        file, line, name, *_ = found.functions[total.function]
        primitive, calls, own, cumulative, _ = stats[file, line, name]
        assert total[1:] == (calls, primitive, own, cumulative)
    edges = sum(len(callers) for *_, callers in stats.values())
    assert len(found.calls) == edges
    recursive = next(call for call in found.calls if call.caller == call.callee)
    assert recursive.calls > recursive.primitive
    kinds = {f.name: f.kind for f in found.functions}
    assert kinds["fib"] == 0 and kinds["<built-in method builtins.sorted>"]


def test_the_older_profile_counts_calls_of_callers_only(files: dict[str, bytes]) -> None:
    found = read(files["profile"], "it")
    total = next(row for row in found.totals if found.functions[row.function].name == "fib")
    calls = [call for call in found.calls if call.callee == total.function]
    assert sum(call.calls for call in calls) == total.calls


def test_an_empty_pstats_file() -> None:
    assert read(marshal.dumps({}), "it").totals == []


@pytest.mark.smoke
def test_lprof(files: dict[str, bytes]) -> None:
    found = read(files["lprof"], "it")
    (function,) = found.functions
    assert function.name == "fib" and function.line == fib.__code__.co_firstlineno
    (line,) = found.lines
    assert line.hits == 25 and 0 < line.seconds < 1


def test_lprof_of_version_4_and_no_other_class() -> None:
    def pickled(module: str, name: str) -> bytes:
        state = {"timings": {("a.py", 1, "f"): [(2, 3, 4)]}, "unit": 1e-6}
        body = pickle.dumps(state, 4)[2:-1]
        return b"\x80\x04c" + f"{module}\n{name}\n".encode() + b")\x81" + body + b"b."

    found = read(pickled("line_profiler._line_profiler", "LineStats"), "it")
    assert found.lines == [rows.LineTime(0, 2, 3, pytest.approx(4e-6))]
    with pytest.raises(RecordingError, match=r"it is no \.lprof file: it asks for os\.system"):
        read(pickled("os", "system"), "it")


def test_a_pickle_may_not_ask_for_memory() -> None:
    with pytest.raises(RecordingError, match=r"damaged, or no \.lprof file"):
        read(b"\x80\x05\x96" + (1 << 35).to_bytes(8, "little") + b".", "it")


def test_pyperf(files: dict[str, bytes]) -> None:
    means = [pytest.approx(value * 1.05) for value in (1.0, 1.5, 2.0)]
    assert read(files["pyperf"], "it").meta.values == {"sort": means}


def test_pytest_benchmark(files: dict[str, bytes]) -> None:
    assert read(files["pytest_benchmark"], "it").meta.values == {"test_a.py::test_sort": [1.5]}


def test_collapsed(files: dict[str, bytes]) -> None:
    found = read(files["collapsed"], "it")
    assert found.threads == [rows.Thread(7, "MainThread"), rows.Thread(9, "")]
    names = [(f.name, f.file) for f in found.functions]
    assert names == [("main", "a.py"), ("inner", "a.py"), ("work", "b.py"), ("wait", "<built-in>")]
    assert sum(weigh(found.samples).time[0].values()) == 100
    assert list(found.stacks.line) == [1, 12, 33, 0]


def test_collapsed_lines_that_are_none_are_counted() -> None:
    found = read(b"a;b 3\nnonsense\na;c 2.5\n", "it")
    assert len(found.samples) == 2
    assert "1 lines are no stack" in found.notes[0] and "1 counts" in found.notes[1]


def test_speedscope(files: dict[str, bytes]) -> None:
    found = read(files["speedscope"], "it")
    weights = weigh(found.samples)
    ms = 1_000_000
    assert sum(weights.time[0].values()) == sum(weights.time[1].values()) == 5 * ms
    inner = next(n for n, f in enumerate(found.functions) if f.name == "inner")
    deep = [at for at in range(len(found.stacks)) if found.stacks.function[at] == inner]
    assert [weights.time[thread][deep[0]] for thread in (0, 1)] == [3 * ms, 3 * ms]


def test_files_are_known_by_what_is_in_them(files: dict[str, bytes], tmp_path: Path) -> None:
    for name, data in files.items():
        (tmp_path / "it").write_bytes(data)
        plain = open_any(tmp_path / "it")
        (tmp_path / "it").write_bytes(gzip.compress(data))
        packed = open_any(tmp_path / "it")
        assert plain.functions == packed.functions, name
        assert plain.meta == packed.meta
    save(Recording(), tmp_path / "it")
    assert open_any(tmp_path / "it").meta == Recording().meta


@pytest.mark.parametrize("form", MAKERS)
@settings(deadline=None)
@given(data=st.data())
def test_damaged_files_end_in_a_sentence_or_a_recording(
    form: str, data: st.DataObject, files: dict[str, bytes]
) -> None:
    whole = bytearray(files[form])
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.just(len(whole)) | st.integers(0, len(whole)))
    try:
        found = read(bytes(whole[:length]), "it")
    except RecordingError as error:
        assert str(error).startswith("it ")
        return
    save(found, "/dev/null")  # whatever was read is a recording that can be written


@pytest.mark.parametrize(
    "start", [b"", b"{(", b"\x80\x04", b'{"benchmarks":', b'{"shared":', b"a 1\n"]
)
@settings(deadline=None)
@given(rest=st.binary(max_size=100))
def test_foreign_files_end_in_a_sentence_or_a_recording(start: bytes, rest: bytes) -> None:
    try:
        read(start + rest, "it")
    except RecordingError as error:
        assert str(error).startswith("it ")


def test_a_gzip_file_that_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(gzip.compress(COLLAPSED.encode())[:-12])
    with pytest.raises(RecordingError, match="it can't be unpacked"):
        open_any(tmp_path / "it")


def test_what_is_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="can't be read: Is a directory"):
        open_any(tmp_path)
    (tmp_path / "it").write_bytes(b"")
    with pytest.raises(RecordingError, match="it is empty"):
        open_any(tmp_path / "it")
    (tmp_path / "it").write_bytes(b"\x7fELF\x02\x01")
    with pytest.raises(RecordingError, match="neither a recording of hone nor one of: pstats"):
        open_any(tmp_path / "it")
