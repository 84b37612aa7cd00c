# SPDX-License-Identifier: Apache-2.0
"""Random programs, plain against compiled.

python -m tests.fuzz [--seconds N] [--seed S]

A difference is shrunk and written to tests/fuzz/found/, where the tests replay it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.conform.compare import compare
from tests.conform.configs import Variant, plain_for, variants
from tests.conform.runner import run
from tests.fuzz.generate import Generator
from tests.fuzz.shrink import shrink

FOUND = Path(__file__).resolve().parent / "found"


def differs(source: str, variant: Variant) -> bool:
    with tempfile.TemporaryDirectory(prefix="hone-fuzz-") as folder:
        path = Path(folder, "program.py")
        path.write_text(source, encoding="utf-8")
        plain = run([path], plain_for(variant, long=False))["program"]
        return not plain.crashes and bool(compare(plain, run([path], variant)["program"]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chosen = [variant for variant in variants() if variant.name != "warm"]
    deadline = time.monotonic() + options.seconds
    seed, found = options.seed, 0
    while time.monotonic() < deadline:
        source = Generator(seed).program()
        for variant in chosen:
            if differs(source, variant):
                found += 1
                small = shrink(source, lambda text, v=variant: differs(text, v))  # type: ignore[misc]
                FOUND.mkdir(exist_ok=True)
                (FOUND / f"{variant.name}_{seed}.py".replace("-", "_")).write_text(
                    small, encoding="utf-8"
                )
                print(f"seed {seed} differs under {variant.name}:\n{small}", flush=True)
                break
        seed += 1
    print(f"{seed - options.seed} programs, {found} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
