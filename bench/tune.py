# SPDX-License-Identifier: Apache-2.0
"""Does `hone run` bring what `hone tune` states? ./dev bench tune [--quick] [--json FILE]

For three programs that hone has not been tuned for: `hone tune --json`, then the program plainly
and under `hone run`, alternating fresh processes, wall time. A claim holds if the interval of the
gain found here reaches the lower end of the interval that tune stated.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support.machine import machine_line  # noqa: E402

from hone.measure import stats  # noqa: E402

# The program, its hot function, an argument for a smoke test.
PROGRAMS = (
    ("life.py", "step", "4"),
    ("edit_distance.py", "distance", "4"),
    ("heat.py", "relax", "3"),
)


def run(command: list[str | Path], folder: Path) -> tuple[float, subprocess.CompletedProcess[str]]:
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=900
    )
    return time.perf_counter() - start, done


def try_program(name: str, hot: str, words: list[str], pairs: int, folder: Path) -> dict[str, Any]:
    script = shutil.copy(HERE / "programs" / name, folder)  # the plan is written beside it
    answer = folder / "tune.json"
    hone: list[str | Path] = [sys.executable, "-m", "hone"]
    _, tuned = run([*hone, "tune", "--json", answer, script, *words], folder)
    if not answer.exists():
        last = (tuned.stderr.strip().splitlines() or ["no message"])[-1]
        return {"program": name, "error": f"hone tune ended with {tuned.returncode}: {last}"}
    stated = json.loads(answer.read_text())
    plain, compiled, same = [], [], True
    for _ in range(pairs):
        seconds, before = run([sys.executable, script, *words], folder)
        plain.append(seconds)
        seconds, after = run([*hone, "run", script, *words], folder)
        compiled.append(seconds)
        same = same and (before.stdout, before.returncode) == (after.stdout, after.returncode)
    ratio = stats.ratio(plain, compiled)
    interval = stated.get("speedup_interval")
    return {
        "program": name,
        "verdict": stated.get("verdict"),
        "stated": stated.get("speedup"),
        "stated_interval": interval,
        "brought": ratio.value,
        "brought_interval": [ratio.low, ratio.high],
        "holds": interval is None or ratio.high >= interval[0],
        "found_hot": hot in json.dumps(stated.get("functions", [])),
        "same_output": same,
    }


def describe(row: dict[str, Any]) -> str:
    if "error" in row:
        return f"  {row['program']:20} {row['error']}"
    stated = "nothing"
    if row["stated"] is not None:
        stated = f"{row['stated']:.2f}x"
        if row["stated_interval"]:
            stated += " [{:.2f}, {:.2f}]".format(*row["stated_interval"])
    low, high = row["brought_interval"]
    words = ["holds" if row["holds"] else "DOES NOT HOLD"]
    words += [] if row["found_hot"] else ["hot function not found"]
    words += [] if row["same_output"] else ["OTHER OUTPUT"]
    return f"  {row['program']:20} stated {stated:24} brought {row['brought']:.2f}x [{low:.2f}, {high:.2f}]  {', '.join(words)}"


def main() -> int:
    rules = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rules.add_argument("--quick", action="store_true")
    rules.add_argument("--json", type=Path, metavar="FILE")
    options = rules.parse_args()
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    rows = []
    for name, hot, small in PROGRAMS:
        words, pairs = ([small], 3) if options.quick else ([], 9)
        with tempfile.TemporaryDirectory() as folder:
            row = try_program(name, hot, words, pairs, Path(folder))
        rows.append(row)
        print(describe(row), flush=True)
    if options.json:
        options.json.write_text(
            json.dumps(
                {"schema": "hone-bench-tune-1", "machine": machine_line(), "rows": rows}, indent=1
            )
        )
    return 0 if all(row.get("holds") and row.get("same_output") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
