# SPDX-License-Identifier: Apache-2.0
"""pytest's fixture `benchmark`, with the interface, options, hooks and files of pytest-benchmark 5.3, and with
hone's statistics. pytest finds it through hone.pytest_entry, or is told `-p hone.pytest_plugin`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hone.pytest_plugin import options

if TYPE_CHECKING:
    from hone.pytest_plugin.fixture import BenchmarkFixture
    from hone.pytest_plugin.session import BenchmarkSession

_THEIRS = ("benchmark", "pytest_benchmark.plugin")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Comes before the options: here it is found out who has the fixture."""
    from hone.pytest_plugin import hookspecs

    for name in _THEIRS:
        if pluginmanager.has_plugin(name):
            raise pytest.UsageError(
                "hone and pytest-benchmark both have the fixture `benchmark`: -p no:benchmark"
            )
        pluginmanager.set_blocked(name)
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


@pytest.hookimpl(trylast=True)  # the capture must be there
def pytest_configure(config: pytest.Config) -> None:
    from hone.pytest_plugin import defaults
    from hone.pytest_plugin.session import BenchmarkSession

    config.addinivalue_line(
        "markers", "benchmark(group, min_rounds, min_time, max_time, ...): how the test is timed"
    )
    config.pluginmanager.register(defaults, "hone-benchmark-defaults")
    session = BenchmarkSession(config)
    config._benchmarksession = session  # type: ignore[attr-defined] # where conftest.py files look
    session.load()
    config.pluginmanager.register(session, "hone-benchmark-session")


def _session(config: pytest.Config) -> BenchmarkSession:
    found: BenchmarkSession = config._benchmarksession  # type: ignore[attr-defined]
    return found


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:  # fmt: skip
    from hone.pytest_plugin.session import uses

    session = _session(config)
    timed = any(map(uses, items)) and not (session.disabled or session.skip)
    return [session.header()] if timed else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from hone.pytest_plugin.session import uses

    session = _session(config)
    session.collected(items)
    for item in items:
        if uses(item) and session.skip:
            item.add_marker(pytest.mark.skip(reason="a benchmark (--benchmark-skip)"))
        elif not uses(item) and session.only:
            item.add_marker(pytest.mark.skip(reason="no benchmark (--benchmark-only)"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("benchmark")
    if marker is None:
        return
    if marker.args:
        raise ValueError("@pytest.mark.benchmark has keyword arguments only")
    unknown = sorted(set(marker.kwargs) - options.MARKS)
    if unknown:
        raise ValueError(f"@pytest.mark.benchmark has no {', '.join(unknown)}; it has {', '.join(sorted(options.MARKS))}")  # fmt: skip


@pytest.fixture
def benchmark(request: pytest.FixtureRequest) -> Iterator[BenchmarkFixture]:
    """Times a function: benchmark(function, *args, **kwargs) returns what it returns."""
    from hone.pytest_plugin.fixture import BenchmarkFixture

    session = _session(request.config)
    if session.skip:
        pytest.skip("a benchmark (--benchmark-skip)")
    marker = request.node.get_closest_marker("benchmark")
    fixture = BenchmarkFixture(
        request.node,
        settings=replace(session.options, **_floats(marker.kwargs if marker else {})),
        add=session.benchmarks.append,
        voice=session.logger,
        disabled=session.disabled,
    )
    yield fixture
    fixture.close()


def _floats(told: dict[str, Any]) -> dict[str, Any]:
    return {name: float(value) if name in ("min_time", "max_time") else value for name, value in told.items()}  # fmt: skip


@pytest.fixture
def benchmark_weave(benchmark: BenchmarkFixture) -> Any:
    """benchmark.weave"""
    return benchmark.weave


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fixture = getattr(item, "funcargs", {}).get("benchmark")
    if fixture is not None and hasattr(fixture, "has_error"):  # else a conftest.py has its own
        fixture.skipped = report.outcome == "skipped"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    from hone.pytest_plugin import summary

    ours = _session(session.config)
    ours.finish()
    ours.regressions += summary.regressions(ours)
    if ours.regressions and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from hone.pytest_plugin import summary

    summary.write(_session(terminalreporter.config), terminalreporter)
