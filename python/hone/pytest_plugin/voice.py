# SPDX-License-Identifier: Apache-2.0
"""What the plugin says on the way, on stderr: reports are pytest's, on stdout."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class PytestBenchmarkWarning(pytest.PytestWarning):
    """Something about the benchmarks that is no error."""


class Voice:
    QUIET, NORMAL, VERBOSE = range(3)

    def __init__(self, level: int, config: pytest.Config) -> None:
        from _pytest._io import TerminalWriter

        self.level = level
        self._to = TerminalWriter(file=sys.stderr)
        self._config = config

    def info(self, text: str, **look: Any) -> None:
        if self.level >= self.NORMAL:
            self._to.line("")
            self._to.line(text, **{"purple": True, **look})

    def debug(self, text: str) -> None:
        if self.level >= self.VERBOSE:
            with self._unheard():
                self._to.line(text, yellow=True)

    def warning(self, text: str, warn: Callable[[Warning], object] = warnings.warn) -> None:
        if self.level >= self.VERBOSE:
            with self._unheard():
                self._framed(f" WARNING: {text}")
        warn(PytestBenchmarkWarning(text))

    def error(self, text: str) -> None:
        self._framed(text)

    def _framed(self, text: str) -> None:
        self._to.line("")
        self._to.sep("-", red=True)
        self._to.line(text, red=True, bold=True)
        self._to.sep("-", red=True)

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        """pytest would take what a test says on the way for the test's."""
        manager = self._config.pluginmanager.getplugin("capturemanager")
        if manager is None:
            yield
            return
        with manager.global_and_fixture_disabled():
            yield
