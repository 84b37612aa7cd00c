# SPDX-License-Identifier: Apache-2.0
"""line_profiler's own tests against hone's: `python -m tests.rivals.line_profiler_suite`.

Fetches its source distribution (BSD, 200 kB; wheels have no tests) and what its tests need into .cache/,
copies nothing. Not a part of CI, which fetches nothing: tests/measure/ has our own of the same things.
Exit code 1 if a test fails that is not in EXPECTED, or one that is there passes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "rivals"
VERSION = "5.1.0"
FILES = (
    "test_line_profiler",
    "test_duplicate_functions",
    "test_complex_case",
    "test_explicit_profile",
)

_INSIDES = "looks into code_hash_map, last_time or c_last_time, insides of its Cython class"
_MARKS = "compares code_map's keys with the code that its own rewriting makes"
_INCLUSIVE = (
    "wants a recursive call's line to contain the time of the lines that the call ran, too; here the "
    "lines of a function sum up to its wall time"
)
_NO_SETATTR = "wants a warning where a member can't be replaced; here that error is the caller's"
_SCRIPT = "starts the script kernprof, which its package installs"
_WHOLE = "wants methods of foreign classes, too, where scopes are not to be checked"

# Test -> why it fails.
EXPECTED = {
    "test_init": _MARKS,
    "test_last_time": _INSIDES,
    "test_recursive_call_timing": _INCLUSIVE,
    "test_interleaved_generator_timing": _INSIDES,
    "test_exception_frame_timing": _INSIDES,
    "test_abandoned_generator_and_coroutine_timing": _INSIDES,
    "test_enable_disable": _INSIDES,
    "test_double_decoration": _INSIDES,
    "test_function_decorator": _INSIDES,
    "test_gen_decorator": _INSIDES,
    "test_coroutine_decorator": _INSIDES,
    "test_async_gen_decorator": _INSIDES,
    "test_load_stats_files": "makes an object of the Cython class below LineStats",
    "test_multiple_profilers_identical_bytecode": "wants the padding that tells its code objects apart",
    "test_simple_explicit_nonglobal_usage": _INSIDES,
    "test_explicit_profile_with_kernprof_m": _SCRIPT,
    "test_profiler_warn_unwrappable": _NO_SETATTR,
    "test_profiler_module_scope_matching": _WHOLE,
}


def fetch() -> Path:
    """The folder of its tests, alone: beside its sources they would test these."""
    folder = CACHE / f"line_profiler-{VERSION}"
    if not folder.is_dir():
        pip = [sys.executable, "-m", "pip", "-q"]
        subprocess.run([*pip, "install", "--target", str(CACHE / "lib"), "ubelt"], check=True)
        words = ["download", "--no-deps", "--no-binary", ":all:", "-d", str(CACHE)]
        subprocess.run([*pip, *words, f"line_profiler=={VERSION}"], check=True)
        with tarfile.open(CACHE / f"line_profiler-{VERSION}.tar.gz") as archive:
            inside = [each for each in archive if f"-{VERSION}/tests/" in each.name]
            archive.extractall(CACHE, inside, filter="data")
    return folder / "tests"


def run(tests: Path) -> tuple[set[str], set[str]]:
    """Names of what passed and of what failed, without parameters."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.rivals.line_profiler_plugin",
        "-q",
        "-rpfE",
    ]
    command += ["-p", "no:cacheprovider", "-c", os.devnull, "--import-mode=importlib"]
    command += [str(tests / f"{name}.py") for name in FILES]
    path = os.pathsep.join([str(ROOT), str(CACHE / "lib")])
    done = subprocess.run(
        command,
        cwd=CACHE,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout.splitlines()[-1] + "\n")
    rows = re.findall(r"^(PASSED|FAILED|ERROR) \S+::(\w+)", done.stdout, re.MULTILINE)
    failed = {name for kind, name in rows if kind != "PASSED"}
    return {name for kind, name in rows if kind == "PASSED"} - failed, failed


def main() -> int:
    passed, failed = run(fetch())
    for name in sorted(failed):
        sys.stdout.write(f"  {name}: {EXPECTED.get(name, 'NOT EXPECTED')}\n")
    for name in sorted(passed & EXPECTED.keys()):
        sys.stdout.write(f"  {name}: passes, though it is listed\n")
    return 1 if failed - EXPECTED.keys() or passed & EXPECTED.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
