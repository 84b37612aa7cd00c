# SPDX-License-Identifier: Apache-2.0
"""`python -m hone` and the command `hone`: both are hone.cli.main."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the exit code."""
    from hone import cli

    return cli.main()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the user's folder: a random.py there is theirs, not Python's
    sys.exit(main())
