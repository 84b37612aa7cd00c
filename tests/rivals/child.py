# SPDX-License-Identifier: Apache-2.0
"""One test module of a rival in this process, against ours: `python -m tests.rivals.child MODULE`.

Prints one JSON line: the file that stood in, what passed, what failed and how.
"""

from __future__ import annotations

import importlib
import json
import sys
import unittest
from typing import Any

from tests.rivals import shim


class Outcome(unittest.TestResult):
    def __init__(self) -> None:
        super().__init__()
        self.passed: list[str] = []

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed.append(test.id())

    def failed(self) -> dict[str, str]:
        rows: list[tuple[Any, str]] = [*self.failures, *self.errors]
        return {test.id(): text for test, text in rows}


def main(module: str, stood_in: str) -> None:
    if not shim.installed():
        shim.install(stood_in)
    suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(module))
    outcome = Outcome()
    suite.run(outcome)
    answer = {
        "file": importlib.import_module(stood_in).__file__,
        "passed": outcome.passed,
        "failed": outcome.failed(),
        "skipped": {test.id(): reason for test, reason in outcome.skipped},
    }
    sys.__stdout__.write(json.dumps(answer) + "\n")  # type: ignore[union-attr]


if __name__ == "__main__":
    main(*sys.argv[1:])
