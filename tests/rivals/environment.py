# SPDX-License-Identifier: Apache-2.0
"""A virtual environment in which every process, also one started with -I, has the shim (shim.py):
the tests of a rival start such processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hone

ROOT = Path(__file__).resolve().parents[2]


def make(folder: Path, rival: str) -> Path:
    """The interpreter of a fresh environment in FOLDER."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--symlinks", folder],
        check=True,
        capture_output=True,
    )
    (site,) = folder.glob("lib/python3.*/site-packages")
    package = Path(hone.__file__).parent.parent
    lines = [
        str(package),
        str(ROOT),
        f"import tests.rivals.shim; tests.rivals.shim.install({rival!r})",
    ]
    (site / "hone_stands_in.pth").write_text("\n".join(lines) + "\n")
    return folder / "bin" / "python"
