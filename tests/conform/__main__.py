# SPDX-License-Identifier: Apache-2.0
"""Runs bodies by hand.

python -m tests.conform [-c CONFIG]… [--long] [--list] [--report] [--python EXE] [BODY…]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.conform.body import BODIES, declarations
from tests.conform.compare import compare, compare_compiled, compare_threads
from tests.conform.configs import plain_for, variants
from tests.conform.runner import ENGINE_SWITCH, BodyRun, NoEngine, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conform", description=__doc__)
    parser.add_argument(
        "bodies", nargs="*", help="names of bodies, or paths of Python files; default: all"
    )
    parser.add_argument(
        "-c", "--config", action="append", help="names of configurations; default: all"
    )
    parser.add_argument("--long", action="store_true")
    parser.add_argument(
        "--list", action="store_true", help="name bodies and configurations, run nothing"
    )
    parser.add_argument("--report", action="store_true", help="what became of each function")
    parser.add_argument("--python", default=sys.executable, help="the interpreter under test")
    options = parser.parse_args()
    paths = [_find(name) for name in options.bodies] or sorted(BODIES.glob("**/*.py"))
    chosen = [
        v
        for v in variants(options.long)
        if not options.config or _is_chosen(v.name, options.config)
    ]
    if options.list:
        print("\n".join([path.stem for path in paths] + [variant.name for variant in chosen]))
        return 0
    failed = 0
    for path in paths:
        if sys.version_info < declarations(path).min_python:
            continue
        plains: dict[str, BodyRun] = {}
        for variant in chosen:
            plain_variant = plain_for(variant, options.long)
            key = repr(plain_variant)
            if key not in plains:
                plains[key] = run([path], plain_variant, python=options.python)[path.stem]
            other = run(
                [path], variant, python=options.python, engine=os.environ.get(ENGINE_SWITCH)
            )[path.stem]
            found = (
                compare_threads(plains[key], other)
                if variant.threads
                else compare(plains[key], other)
            )
            if variant.assert_compiled and ENGINE_SWITCH not in os.environ:
                found += compare_compiled(declarations(path), other)
            failed += bool(found)
            print(f"{'FAIL' if found else 'ok':5} {variant.name:16} {path.stem}", flush=True)
            for difference in found[:12]:
                print(f"      {difference}")
            if options.report:
                for row in other.report:
                    print(f"      {row['state']:12} {row['qualname']}  {row.get('reason') or ''}")
    return 1 if failed else 0


def _is_chosen(name: str, wanted: list[str]) -> bool:
    return any(name == want or name.rpartition("-")[0] == want for want in wanted)


def _find(name: str) -> Path:
    path = Path(name)
    return path.resolve() if path.suffix == ".py" else BODIES / f"{name}.py"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoEngine as error:
        sys.exit(f"hone._jit cannot be imported: {error}")
