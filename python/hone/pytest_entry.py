# SPDX-License-Identifier: Apache-2.0
"""What pytest finds by itself where hone is installed: brings hone's fixture `benchmark`
(hone.pytest_plugin), unless pytest-benchmark is there to bring its own
(docs/decisions/0019-pytest-benchmark-comes-first.md)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution

import pytest

OURS = "hone.pytest_plugin"
_THEIRS = ("benchmark", "pytest_benchmark.plugin")  # names that its plugin can have
STANDS_BACK = f"hone: the fixture `benchmark` is pytest-benchmark's; `-p {OURS}` makes it hone's, with intervals"


@pytest.hookimpl(tryfirst=True)
def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if pluginmanager.has_plugin(OURS):
        return
    if _theirs_is_here(pluginmanager):
        pluginmanager.register(StandsBack(), "hone-stands-back")
    else:
        pluginmanager.import_plugin(OURS)


def _theirs_is_here(pluginmanager: pytest.PytestPluginManager) -> bool:
    if any(pluginmanager.has_plugin(name) for name in _THEIRS):
        return True
    if any(pluginmanager.is_blocked(name) for name in _THEIRS):
        return False
    try:
        distribution("pytest-benchmark")
    except PackageNotFoundError:
        return False
    return True


class StandsBack:
    def pytest_report_collectionfinish(self, items: Sequence[pytest.Item]) -> list[str]:
        """Only where it matters."""
        uses = any("benchmark" in getattr(item, "fixturenames", ()) for item in items)
        return [STANDS_BACK] if uses else []
