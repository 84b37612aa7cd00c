# SPDX-License-Identifier: Apache-2.0
"""`python -m hone.kernprof`: kernprof's command line."""

from __future__ import annotations

import sys


def main(words: list[str] | None = None) -> int:
    """Run the program; the exit code if there is none to run."""
    from hone.cli import lines

    return lines.kernprof_main(sys.argv[1:] if words is None else words)


if __name__ == "__main__":
    from hone.cli import guarded

    sys.exit(guarded(main))
