# SPDX-License-Identifier: Apache-2.0
"""Runs programs plainly and under the sample configurations, many in one process."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tests.conform.compare import Difference, compare
from tests.conform.configs import Variant, plain_for, variants
from tests.conform.runner import BodyRun, run

FOUND = Path(__file__).resolve().parent / "found"
CALLS = 40  # of a row at most: the warm variant compiles at its thirteenth


def chosen(names: list[str] | None = None) -> list[Variant]:
    """The sample configurations, or those named. Leaks are the conformance bodies' business."""
    return [
        replace(variant, leak=False, timeout=120.0)
        for variant in variants()
        if not names or variant.name in names
    ]


def differences(
    programs: Mapping[str, str], variant: Variant, plain: Mapping[str, BodyRun], python: str
) -> dict[str, list[Difference]]:
    """What differs, by program; those that die plainly are left out."""
    with tempfile.TemporaryDirectory(prefix="hone-fuzz-") as folder:
        others = run(_write(programs, folder), variant, python=python)
    found = {
        name: compare(plain[name], others[name]) for name in programs if not plain[name].crashes
    }
    return {name: different for name, different in found.items() if different}


def plainly(programs: Mapping[str, str], variant: Variant, python: str) -> dict[str, BodyRun]:
    plain = replace(plain_for(variant, long=False), calls=CALLS, leak=False, timeout=120.0)
    with tempfile.TemporaryDirectory(prefix="hone-fuzz-") as folder:
        return run(_write(programs, folder), plain, python=python)


def _write(programs: Mapping[str, str], folder: str) -> list[Path]:
    paths = []
    for name, source in programs.items():
        paths.append(Path(folder, f"{name}.py"))
        paths[-1].write_text(source, encoding="utf-8")
    return paths


def campaign(
    programs: Mapping[str, str], names: list[str] | None = None, python: str = sys.executable
) -> Iterator[tuple[str, Variant, list[Difference]]]:
    """Program, variant and differences, as they are found; one variant a program is enough."""
    plain: dict[str, BodyRun] = {}
    left = dict(programs)
    for variant in chosen(names):
        plain = plain or plainly(left, variant, python)
        for name, found in differences(left, variant, plain, python).items():
            yield name, variant, found
            del left[name]


def differs(source: str, variant: Variant, kind: str = "", python: str = sys.executable) -> bool:
    """Does one program differ (in this kind of way)?"""
    plain = plainly({"program": source}, variant, python)
    found = differences({"program": source}, variant, plain, python).get("program", [])
    return any(not kind or difference.kind == kind for difference in found)
