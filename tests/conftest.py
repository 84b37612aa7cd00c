# SPDX-License-Identifier: Apache-2.0
"""What all tests share: options, the draws of hypothesis, the closing report of the conformance tests."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples in each run: whether a change passes is not drawn by lot. To look further:
# pytest --hypothesis-profile=drawn. How long it takes to draw them is the machine's affair.
_COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("drawn", **_COMMON)
settings.register_profile("fixed", derandomize=True, **_COMMON)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption(
        "--conform-long", action="store_true", help="every configuration, many seeds, long warm-up"
    )


# What somebody wants of colours and widths at his terminal, and of these tools in other programs.
_UNWANTED = (
    "NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS", "COLUMNS", "LINES", "HONE_ATTACH", "HONE_PROFILE_DIR",
    "LINE_PROFILE",
)  # fmt: skip


def pytest_configure() -> None:
    for name in _UNWANTED:
        os.environ.pop(name, None)
    # A shell's background job ignores Ctrl-C, what nohup starts SIGHUP, and so would every program that
    # the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for all parallel test processes of this session."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """pytest-xdist's fixture of this name where it is installed; alone, there is one process."""
    workerinput = getattr(request.config, "workerinput", None)
    return str(workerinput["workerid"]) if workerinput else "master"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much of the bodies was compiled, per body, from the properties the tests recorded."""
    rows: dict[str, dict[str, str]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in getattr(report, "user_properties", ()):
                if name == "compiled":
                    rows |= json.loads(str(value))
    if not rows:
        return
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for functions in rows.values():
        for text in functions.values():
            state, _, reason = text.partition(": ")
            states[state] = states.get(state, 0) + 1
            if reason:
                reasons[reason] = reasons.get(reason, 0) + 1
    terminalreporter.section(
        "functions of the conformance bodies, everything compiled at first call"
    )
    terminalreporter.write_line(
        ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    )
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1])[:15]:
        terminalreporter.write_line(f"{count:5d}  {reason}")
