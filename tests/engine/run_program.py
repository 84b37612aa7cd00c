# SPDX-License-Identifier: Apache-2.0
"""Runs a program with hone's engine set as asked: python run_program.py SETTINGS PROGRAM.

SETTINGS is JSON: the words of `_jit.configure`, or null for the plain interpreter. What the engine
did goes as JSON into the file that HONE_TEST_REPORT names.
"""

from __future__ import annotations

import json
import os
import sys
import types
from typing import Any


def main(settings: dict[str, Any] | None, path: str) -> None:
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    if settings is not None:
        from hone import _jit

        _jit.configure(**settings)
        code = _jit.prepare(code)
    try:
        exec(code, module.__dict__)
    finally:
        if settings is not None and "HONE_TEST_REPORT" in os.environ:
            with open(os.environ["HONE_TEST_REPORT"], "w", encoding="utf-8") as file:
                json.dump(_jit.report(), file, default=str)


main(json.loads(sys.argv[1]), sys.argv[2])
