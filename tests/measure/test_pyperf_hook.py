# SPDX-License-Identifier: Apache-2.0
"""`pyperf … --hook hone_profile`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyperf

from hone.recording.foreign import open_any

PROGRAM = """
import pyperf

def leaf(n):
    return n + 1

def work():
    for n in range(10):
        leaf(n)

pyperf.Runner().bench_func("work", work)
"""


def bench(folder: Path, *words: str, env: dict[str, str] | None = None) -> Any:
    (folder / "it.py").write_text(PROGRAM)
    command = [
        sys.executable,
        "it.py",
        "--hook",
        "hone_profile",
        "-p1",
        "-n2",
        "-w1",
        "-l10",
        *words,
    ]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_each_process_writes_its_calls(tmp_path: Path) -> None:
    done = bench(tmp_path, "-o", "out.json")
    assert done.returncode == 0, done.stderr
    (run,) = pyperf.Benchmark.load(str(tmp_path / "out.json")).get_runs()
    (file,) = tmp_path.glob("hone-pyperf-*.hone")
    found = open_any(file)
    totals = {found.functions[row.function].name: row.calls for row in found.totals}
    assert totals["work"] == 30  # a warm-up and two values of ten loops
    assert totals["leaf"] == 300
    document = json.loads((tmp_path / "out.json").read_text())
    metadata = json.dumps(document["benchmarks"][0]["runs"]) + json.dumps(run.get_metadata())
    assert str(file) in metadata


def test_another_folder(tmp_path: Path) -> None:
    import os

    (tmp_path / "there").mkdir()
    env = os.environ | {"HONE_PROFILE_DIR": "there"}
    done = bench(tmp_path, "--inherit-environ", "HONE_PROFILE_DIR", env=env)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "there").glob("hone-pyperf-*.hone"))) == 1
