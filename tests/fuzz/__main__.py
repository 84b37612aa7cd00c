# SPDX-License-Identifier: Apache-2.0
"""Random programs, plain against compiled.

A difference is shrunk and written to tests/fuzz/found/, where the tests replay it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.conform.compare import Difference
from tests.conform.configs import Variant
from tests.fuzz.campaign import FOUND, campaign, differs
from tests.fuzz.generate import Generator
from tests.fuzz.shrink import shrink


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first program")
    parser.add_argument("--batch", type=int, default=12, help="programs in one process")
    parser.add_argument("-c", dest="configs", action="append", help="only these configurations")
    parser.add_argument("--python", default=sys.executable, help="the interpreter under test")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--into", type=Path, default=FOUND, help="folder for what is found")
    return parser.parse_args()


def keep(
    source: str, seed: str, variant: Variant, found: list[Difference], given: argparse.Namespace
) -> None:
    """Shrinks a finding, writes it down and says what differs."""
    kind = found[0].kind
    small = source
    if not given.no_shrink:
        small = shrink(source, lambda text: differs(text, variant, kind, given.python))
    given.into.mkdir(exist_ok=True)
    path = given.into / f"{variant.name.replace('-', '_')}_{seed}.py"
    said = f"# Seed {seed} under {variant.name}: {str(found[0]).splitlines()[0][:300]}"
    path.write_text(f"{said}\n{small}", encoding="utf-8")
    print(f"{path.name}: {found[0]}", flush=True)


def main() -> int:
    given = options()
    deadline = time.monotonic() + given.seconds
    seed, count = given.seed, 0
    while time.monotonic() < deadline:
        programs = {
            f"program_{seed + i}": Generator(seed + i).program() for i in range(given.batch)
        }
        for name, variant, found in campaign(programs, given.configs, given.python):
            count += 1
            keep(programs[name], name.removeprefix("program_"), variant, found, given)
        seed += given.batch
    print(f"seeds {given.seed} to {seed - 1}: {count} differ")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
