# SPDX-License-Identifier: Apache-2.0
"""Programs in files, and hone's command run on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

HONE = str(Path(sys.executable).with_name("hone"))


def write(folder: Path, text: str, name: str = "program.py") -> Path:
    path = folder / name
    path.write_text(dedent(text))
    return path


def hone(*words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "timeout": 600} | more
    return subprocess.run(
        [HONE, *map(str, words)], capture_output=True, text=True, check=False, **options
    )
