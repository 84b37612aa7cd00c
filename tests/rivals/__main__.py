# SPDX-License-Identifier: Apache-2.0
"""The test suites of the tools that hone takes the place of, against hone (suites.toml). Exit code 1 when a
test fails that is not listed, or one that is listed passes."""

from __future__ import annotations

import argparse
import sys

from tests.rivals import foreign


def main() -> int:
    known = foreign.suites()
    rules = argparse.ArgumentParser(prog="./dev rivals", description=__doc__)
    rules.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(known)}; all by default")  # fmt: skip
    rules.add_argument("--sample", action="store_true", help="what `./dev test` runs of them")
    options = rules.parse_args()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        rules.error(f"there is no {unknown[0]}; there is {', '.join(known)}")
    wrong = 0
    for name in options.names or known:
        wrong += _suite(known[name], options.sample)
    return 1 if wrong else 0


def _suite(suite: foreign.Suite, sample: bool) -> int:
    """How much is not as the table says."""
    try:
        found = foreign.run(suite, suite.sample if sample else suite.files)
    except foreign.Unreachable as error:
        print(f"{suite.name}: could not be fetched: {error}")
        return 1
    print(f"{suite.name} {suite.version}: {found.closing}", flush=True)
    for test in sorted(found.failed & suite.expected.keys()):
        print(f"  {test} fails: {suite.expected[test]}")
    for file, why in suite.left_out.items():
        print(f"  {file} is not run: {why}")
    wrong = found.wrong(suite, not sample)
    for text in wrong:
        print(f"  NOT EXPECTED: {text}")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
