# SPDX-License-Identifier: Apache-2.0
"""Check what a shared library shows and what it loads.

    check_symbols.py --exports REGEX --without NAME... LIBRARY

Every dynamic symbol that LIBRARY defines must match REGEX as a whole and at least one must exist; no
library it needs may have a NAME in its file name. Other packages in the same process carry their own
LLVM: one visible symbol of ours would be enough to mix them.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys


def defined_symbols(library: str) -> list[str]:
    """Names in the dynamic symbol table that LIBRARY defines."""
    command = ["nm", "--dynamic", "--defined-only", "--format=posix", library]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[0].split("@")[0] for line in listing.splitlines() if line]


def needed_libraries(library: str) -> list[str]:
    """File names in LIBRARY's NEEDED entries."""
    command = ["readelf", "--dynamic", "--wide", library]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", listing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exports", required=True, metavar="REGEX")
    parser.add_argument("--without", action="append", default=[], metavar="NAME")
    parser.add_argument("library")
    options = parser.parse_args()

    exports = defined_symbols(options.library)
    problems = [f"exports {s}" for s in exports if not re.fullmatch(options.exports, s)]
    if not exports:
        problems.append(f"exports nothing that matches {options.exports}")
    for needed in needed_libraries(options.library):
        problems += [f"needs {needed}" for name in options.without if name in needed]
    for problem in problems:
        print(f"{options.library}: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
