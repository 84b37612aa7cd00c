# SPDX-License-Identifier: Apache-2.0
"""The parent: runs bodies in child processes and collects their lines.

A crash or a hang costs the row it happened in, not the rest: the child is started again without
that row. Plain results are kept on disk for the session, so parallel test processes share them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.conform.configs import Variant
from tests.conform.worker import Spec

ROOT = Path(__file__).resolve().parents[2]
MAX_RESTARTS = 12
ENGINE_SWITCH = "HONE_CONFORM_ENGINE"  # "plain": only for the harness's own tests


class NoEngine(Exception):
    """`hone._jit` cannot be imported by the interpreter under test."""


@dataclass
class BodyRun:
    """What one body did under one variant."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    leaks: dict[str, dict[str, int]] = field(default_factory=dict)
    report: list[dict[str, Any]] = field(default_factory=list)
    crashes: dict[str, str] = field(default_factory=dict)
    finished: bool = False


def run(
    bodies: Sequence[Path],
    variant: Variant,
    *,
    python: str = sys.executable,
    engine: str | None = None,
) -> dict[str, BodyRun]:
    """Runs bodies, in one child while it lives, and gives what each did by its name."""
    runs = {path.stem: BodyRun() for path in bodies}
    skip: list[str] = []
    todo = list(bodies)
    for _ in range(MAX_RESTARTS):
        guilty = _run_child(todo, variant, python, engine or variant.engine, skip, runs)
        if guilty is None:
            break
        skip.append(guilty)
        todo = [path for path in todo if not runs[path.stem].finished]
    return runs


def _run_child(
    bodies: Sequence[Path],
    variant: Variant,
    python: str,
    engine: str,
    skip: list[str],
    runs: dict[str, BodyRun],
) -> str | None:
    """One child. Returns `body::row` of what killed it, or None when it ended well."""
    with tempfile.TemporaryDirectory(prefix="hone-conform-") as folder:
        out = Path(folder, "lines")
        spec = Spec(
            bodies=[str(path) for path in bodies],
            engine=engine,
            out=str(out),
            settings=variant.settings,
            calls=variant.calls,
            budget=variant.budget,
            leak=variant.leak,
            threads=variant.threads,
            gc_threshold=variant.gc_threshold,
            timeout=variant.timeout,
            skip=skip,
        )
        Path(folder, "spec.json").write_text(json.dumps(asdict(spec)), encoding="utf-8")
        command = [python, *variant.flags, "-m", "tests.conform.worker", f"{folder}/spec.json"]
        environment = (
            os.environ | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"} | variant.env
        )
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            _, stderr = child.communicate(timeout=variant.timeout + 15)
        except subprocess.TimeoutExpired:
            child.kill()
            _, stderr = child.communicate()
        lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    return _collect(lines, child.returncode, stderr.decode("utf-8", "replace"), runs)


def _collect(lines: list[str], status: int, stderr: str, runs: dict[str, BodyRun]) -> str | None:
    body, row, done = next(iter(runs)), "(module)", False
    for text in lines:
        line = json.loads(text)
        if "no_engine" in line:
            raise NoEngine(line["no_engine"])
        if "body" in line:
            body, row = line["body"], "(module)"
        elif "start" in line:
            row = line["start"]
        elif "records" in line:
            runs[body].records[line["row"]] = line["records"]
        elif "leaks" in line:
            runs[body].leaks[line["case"]] = line["leaks"]
        elif "body_done" in line:
            runs[body].report = line["report"]
            runs[body].finished = True
        elif "done" in line:
            done = True
    if done and status == 0:
        return None
    runs[body].crashes[row] = f"{_ending(status)}\n{stderr[-4000:]}"
    if row == "(module)" or done or "leak check" in row:
        for path_run in runs.values():
            path_run.finished = True
        return None
    return f"{body}::{row}"


def _ending(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with exit code {status}"


class PlainCache:
    """Plain runs of this session, kept in a folder that parallel test processes share."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self._folder = folder
        self._python = python
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, body: Path, variant: Variant) -> BodyRun:
        key = hashlib.sha256(repr((body.read_bytes(), variant, self._python)).encode()).hexdigest()[
            :24
        ]
        path = self._folder / f"{body.stem}-{key}.json"
        with open(self._folder / f"{key}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                result = run([body], variant, python=self._python, engine="plain")[body.stem]
                path.write_text(json.dumps(asdict(result)), encoding="utf-8")
        return BodyRun(**json.loads(path.read_text(encoding="utf-8")))
