# SPDX-License-Identifier: Apache-2.0
"""One file of CPython's own tests in this process; the file and the modules it tests are compiled.

    python -m tests.suite.child TEST OUT plain|never|always|SEED [MODULE …]

A line for each test that begins, and one with its outcome: after a crash the last tells the culprit.
"""

from __future__ import annotations

import faulthandler
import importlib
import io
import json
import os
import sys
import types
import unittest
from importlib.machinery import SourceFileLoader
from typing import Any


class Lines(unittest.TestResult):
    """Writes outcomes as they come. Sub-tests count with their test."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._bad: dict[str, str] = {}

    def _line(self, *fields: str) -> None:
        os.write(self._fd, json.dumps(fields).encode() + b"\n")

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._line("start", test.id())

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self._line("done", test.id(), self._bad.pop(test.id(), ""))

    def _note(self, test: Any, error: Any) -> None:
        case = getattr(test, "test_case", test)
        self._bad.setdefault(case.id(), f"{error[0].__name__}: {error[1]}"[:500])

    def addError(self, test: Any, err: Any) -> None:
        self._note(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        self._note(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self._note(test, err)


def compile_imports(modules: set[str], exits: str) -> None:
    """From now on these modules are prepared when they are imported, and compiled at first call."""
    from hone import _jit

    _jit.configure(everything=True, exits=int(exits) if exits.isdigit() else exits)
    read = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> types.CodeType | None:
        code = read(self, fullname)
        wanted = fullname in modules and isinstance(code, types.CodeType)
        return _jit.prepare(code) if wanted else code

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


def main(argv: list[str]) -> int:
    test, out, engine, *modules = argv[1:]
    name = f"test.{test}"
    for module in modules:
        sys.modules.pop(module, None)
    if engine != "plain":
        compile_imports({name, *modules}, engine)
    sys.stdout = sys.stderr = io.StringIO()
    try:
        suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name))
    except unittest.SkipTest:
        return 0
    suite.run(Lines(out))
    return 0


if __name__ == "__main__":
    faulthandler.enable()
    sys.exit(main(sys.argv))
