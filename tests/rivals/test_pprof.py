# SPDX-License-Identifier: Apache-2.0
"""Google's pprof reads the files that are for it. It is the one on $PATH, or `go install` brings it into .cache/."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from hone.recording import Recording, RecordingError
from hone.report.formats import Options, render
from tests.recording.made import known, known_calls, recordings
from tests.rivals.foreign import CACHE

VERSION = "v0.0.0-20261105003125-4bf881d7fb0b"
pytestmark = pytest.mark.xdist_group("pprof")  # one process builds it


@pytest.fixture(scope="module")
def pprof() -> str:
    own = CACHE / f"pprof-{VERSION}" / "pprof"
    found = shutil.which("pprof") or (str(own) if own.exists() else None)
    if found:
        return found
    if shutil.which("go") is None:
        pytest.skip("neither pprof nor go, which would build it, is on this machine")
    done = subprocess.run(
        ["go", "install", f"github.com/google/pprof@{VERSION}"],
        env=os.environ | {"GOBIN": str(own.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        pytest.skip(f"go can't bring pprof: {done.stderr.strip().splitlines()[-1:]}")
    return str(own)


def shown(pprof: str, folder: Path, recording: Recording, *words: str, metric: str = "time") -> str:
    file = folder / "it.pb.gz"
    file.write_bytes(b"".join(render("pprof", recording, Options(metric=metric))))  # type: ignore[arg-type]
    done = subprocess.run(
        [pprof, *words, file], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def own_times(text: str) -> dict[str, str]:
    """{function: flat} of a table."""
    rows = re.findall(
        r"^ *(\S+) +\S+% +\S+% +\S+ +\S+%  (.+?)(?: \(inline\))?$", text, re.MULTILINE
    )
    return {name: flat for flat, name in rows}


def test_samples(pprof: str, tmp_path: Path) -> None:
    text = shown(pprof, tmp_path, known(), "-top", "-unit=ms")
    assert "of 160ms total" in text
    found = own_times(text)
    assert found["<built-in method builtins.len>"] == "50ms"
    assert found["Model.work"] == "30ms"


def test_stacks_and_their_threads(pprof: str, tmp_path: Path) -> None:
    text = shown(pprof, tmp_path, known(), "-traces", "-unit=ms")
    parts = [part.split() for part in re.split("-{5,}.*", text)]
    head = ["thread:", "MainThread", "thread_id:", "11"]
    assert [
        *head,
        "50ms",
        *["<built-in", "method", "builtins.len>", "Model.work", "Model.work", "main"],
    ] in parts


def test_calls(pprof: str, tmp_path: Path) -> None:
    assert "of 160ms total" in shown(pprof, tmp_path, known_calls(), "-top", "-unit=ms")


@pytest.mark.parametrize(
    ("index", "total"),
    [("alloc_space", "4000B"), ("inuse_space", "1000B"), ("alloc_objects", "4B")],
)
def test_memory(pprof: str, tmp_path: Path, index: str, total: str) -> None:
    words = ("-top", f"-sample_index={index}", "-unit=B")
    assert f"of {total} total" in shown(pprof, tmp_path, known(), *words, metric="bytes")


def test_lines_of_a_source(pprof: str, tmp_path: Path) -> None:
    text = shown(pprof, tmp_path, known(), "-raw")
    assert re.search(r"Model\.work /src/a\.py:7:0 s=5", text)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])  # fmt: skip
@given(recording=recordings())
def test_any_recording(pprof: str, tmp_path: Path, recording: Recording) -> None:
    try:
        assert "Samples:" in shown(pprof, tmp_path, recording, "-raw")
    except RecordingError as error:
        assert " has no " in str(error)
