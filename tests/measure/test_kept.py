# SPDX-License-Identifier: Apache-2.0
"""Programs that change what hone stands on: what was recorded of them is written all the same."""

from __future__ import annotations

import os
import pstats
import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from hone.lines.stats import LineStats
from tests.measure.test_profile_command import called, counts, hone, run

CHANGES = {
    "nothing": "",
    "no paths": "sys.path[:] = []; sys.argv[:] = []",
    "other paths": "sys.path = sys.meta_path = sys.path_hooks = []",
    "no modules": "sys.modules.clear()",
    "other modules": "sys.modules = {}",
    "one descriptor less than none": "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))",
    "no recursion": "sys.setrecursionlimit(60)",
    "most recursion": "sys.setrecursionlimit(2**31 - 1)",
    "time": "time.time = time.perf_counter = time.process_time = lambda: 1 / 0",
    "os": "os.open = os.getpid = os.times = os.write = os.path.join = os.uname = lambda *_: 1 / 0",
    "open": "builtins.open = io.open = None",
    "builtins": "put = setattr\nfor name in [*vars(builtins)]:\n    if name[0].islower(): put(builtins, name, None)",
    "import": "builtins.__import__ = None",
    "writers": "import json, marshal, pickle, platform, struct\n"
    "json.dumps = marshal.dump = marshal.dumps = pickle.dumps = struct.pack = platform.node = None",
    "main": "sys.modules['__main__'].__dict__.clear()",
    "exit": "sys.modules.clear(); os._exit(0)",
}
BEFORE = "import builtins, io, os, resource, sys, time\ndef f(): pass\nf(); f()\n"
SHADOWS = ("json", "platform", "struct", "tempfile", "typing", "array", "pickle", "linecache", "io")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "plain.py"


def lines(*words: object, folder: Path, **options: Any) -> CompletedProcess[str]:
    return run("-m", "hone", "lines", *words, folder=folder, **options)


def check_profile(done: CompletedProcess[str], folder: Path) -> None:
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert called(folder / "out.pstats") == 2
    shown = run("-m", "hone", "report", "-l", 1000, "out.hone", folder=folder)
    assert "plain.py:2" in shown.stdout


def check_lines(done: CompletedProcess[str], folder: Path) -> None:
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert "Exception ignored" not in done.stderr
    ((_, _, name),) = LineStats.from_files(folder / "out.lprof").timings
    assert name == "f"
    shown = run("-m", "hone", "report", "out.hone", folder=folder)
    assert "plain.py" in shown.stdout


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_interpreter_loses_no_profile(change: str, script: Path) -> None:
    script.write_text(f"{BEFORE}{CHANGES[change]}\n")
    folder = script.parent
    words = ("-o", "out.pstats", "--record", "out.hone", script.name)
    check_profile(hone(*words, folder=folder), folder)
    shown = hone(script.name, folder=folder)
    assert (shown.returncode, "Traceback" in shown.stderr) == (0, False), shown.stderr
    assert "plain.py:2(f)" in shown.stdout


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_interpreter_loses_no_lines(change: str, script: Path) -> None:
    script.write_text(f"{BEFORE}{CHANGES[change]}\n")
    folder = script.parent
    done = lines(
        "-lvo", "out.lprof", "--record", "out.hone", "-p", script, script.name, folder=folder
    )
    check_lines(done, folder)
    assert "def f(): pass" in done.stdout


@pytest.mark.parametrize("there", ["beside the script", "on a path of its own"])
def test_modules_named_as_pythons_are_the_programs(there: str, script: Path) -> None:
    folder = script.parent
    place = folder if there == "beside the script" else folder / "own"
    place.mkdir(exist_ok=True)
    for name in SHADOWS:
        (place / f"{name}.py").write_text("raise SystemExit('imported')\n")
    text = BEFORE.replace("io, ", "")
    if place != folder:
        text += f"sys.path.insert(0, {str(place)!r}); sys.modules.clear()\n"
    script.write_text(text)
    words = ("-o", "out.pstats", "--record", "out.hone", script.name)
    done = hone(*words, folder=folder)
    watched = lines(
        "-lvo", "out.lprof", "--record", "l.hone", "-p", script, script.name, folder=folder
    )
    for name in SHADOWS:
        (place / f"{name}.py").unlink()
    shutil.rmtree(place / "__pycache__", ignore_errors=True)
    check_profile(done, folder)
    check_lines(watched, folder)


def test_what_only_hone_needs_is_not_loaded_for_the_program(script: Path) -> None:
    """A program that imports it takes as many calls as ever, and may change it."""
    script.write_text(
        "import collections.abc as abc, sys\n"
        "assert not hasattr(sys.modules.get('hone'), 'recording') and 'json' not in sys.modules\n"
        "import json, platform, random, string, struct, zlib\n"
        "isinstance(script, abc.Sequence) if (script := object()) else None\n"
        "json.dumps = struct.pack = platform.node = None\n"
        "import atexit; atexit.register(lambda: print(json.dumps, sys.modules['json'] is json))\n"
    )
    folder = script.parent
    recorded = hone("-o", "a", "--record", "out.hone", script.name, folder=folder)
    hone("-o", "b", script.name, folder=folder)
    assert recorded.stdout == "None True\n", recorded.stderr
    assert imports(folder / "a") == imports(folder / "b") != {}
    assert "plain.py" in run("-m", "hone", "report", "out.hone", folder=folder).stdout


def imports(path: Path) -> dict[Any, Any]:
    """Calls by what imports and is imported; class Flag keeps each sum of flags that was ever made."""
    return {
        key: (calls, all_calls)
        for key, (calls, all_calls, _) in counts(path).items()
        if any(word in key[0] for word in ("importlib", "json", "platform", "re/", "abc"))
    }


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")


@pytest.fixture
def locked(script: Path) -> Iterator[Path]:
    """A folder that nobody else can write to, in one that they can go through."""
    folder = script.parent
    for parent in (folder, *folder.parents):
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o001)
    (folder / "temporary").mkdir()
    (folder / "temporary").chmod(0o777)
    yield folder


def kept_in(done: CompletedProcess[str], folder: Path, suffix: str) -> Path:
    (kept,) = (folder / "temporary").glob(f"hone-*{suffix}")
    assert f"the profile is in {kept}" in done.stderr
    return kept


@needs_root
def test_a_program_that_becomes_another_user(script: Path, locked: Path) -> None:
    script.write_text(f"{BEFORE}os.setgid(65534); os.setuid(65534)\n")
    env = {**os.environ, "TMPDIR": str(locked / "temporary")}
    words = ("-o", "out", "--record", "out.hone", script.name)
    done = hone(*words, folder=locked, env=env)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert f"hone: {locked / 'out'} can't be written: Permission denied; the profile" in done.stderr
    assert called(kept_in(done, locked, ".pstats")) == 2
    assert kept_in(done, locked, ".hone").stat().st_size > 100
    done = lines("-lo", "out", "-p", script, *words[2:], folder=locked, env=env)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert f"hone: {locked / 'out'} can't be written: Permission denied; the profile" in done.stderr
    assert "Wrote profile" not in done.stdout
    assert LineStats.from_files(kept_in(done, locked, ".lprof")).timings


FULL = (
    "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
)


def test_no_empty_file_is_left_where_there_is_no_room(script: Path) -> None:
    script.write_text(f"{BEFORE}{FULL}")
    folder = script.parent
    (folder / "temporary").mkdir()
    env = {**os.environ, "TMPDIR": str(folder / "temporary")}
    for tool, words in ((hone, ()), (lines, ("-lp", script))):
        done = tool(
            *words, "-o", "out", "--record", "out.hone", script.name, folder=folder, env=env
        )
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        for name in ("out", "out.hone"):
            assert (
                f"{folder / name} can't be written: File too large; the profile is lost"
                in done.stderr
            )
        assert {path.name for path in folder.rglob("*")} == {"plain.py", "temporary"}


def test_a_full_disk_loses_nothing(script: Path) -> None:
    script.write_text(BEFORE)
    folder = script.parent
    (folder / "temporary").mkdir()
    env = {**os.environ, "TMPDIR": str(folder / "temporary")}
    done = hone("-o", "/dev/full", script.name, folder=folder, env=env)
    assert done.returncode == 1
    assert "hone: /dev/full can't be written: No space left on device; the profile" in done.stderr
    assert pstats.Stats(str(kept_in(done, folder, ".pstats"))).stats  # type: ignore[attr-defined]
    done = lines("-lp", script, "-o", "/dev/full", script.name, folder=folder, env=env)
    assert done.returncode == 1
    assert "hone: /dev/full can't be written: No space left on device; the profile" in done.stderr
    assert LineStats.from_files(kept_in(done, folder, ".lprof")).timings
    assert os.path.exists("/dev/full")
