# SPDX-License-Identifier: Apache-2.0
"""Every body under every configuration does what it does plainly."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.conform.body import BODIES, declarations
from tests.conform.compare import Difference, compare, compare_compiled, compare_threads
from tests.conform.configs import Variant, plain_for, variants
from tests.conform.runner import ENGINE_SWITCH, NoEngine, PlainCache, run

SHOWN = 12


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    long = metafunc.config.getoption("--conform-long")
    bodies = [
        path for path in sorted(BODIES.glob("**/*.py")) if long or not declarations(path).long
    ]
    chosen = [(path, variant) for path in bodies for variant in variants(long)]
    metafunc.parametrize(
        ("path", "variant"),
        [
            pytest.param(
                path,
                variant,
                id=f"{path.stem}-{variant.name}",
                marks=pytest.mark.xdist_group(path.stem),
            )
            for path, variant in chosen
        ],
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "xdist_group(name): tests that run in the same process")


def test_body(
    path: Path,
    variant: Variant,
    shared_folder: Path,
    request: pytest.FixtureRequest,
    record_property: pytest.FixtureRequest,
) -> None:
    declared = declarations(path)
    if sys.version_info < declared.min_python:
        pytest.skip(f"needs Python {declared.min_python[0]}.{declared.min_python[1]}")
    long = bool(request.config.getoption("--conform-long"))
    plain = PlainCache(shared_folder / "conform-plain").get(path, plain_for(variant, long))
    engine = os.environ.get(ENGINE_SWITCH)
    try:
        other = run([path], variant, engine=engine)[path.stem]
    except NoEngine as error:
        pytest.fail(f"hone._jit cannot be imported, nothing was tested: {error}", pytrace=False)
    found = compare_threads(plain, other) if variant.threads else compare(plain, other)
    if variant.assert_compiled and engine is None:
        found += compare_compiled(declared, other)
        states = {row["qualname"]: _state(row) for row in other.report}
        record_property("compiled", json.dumps({path.stem: states}))  # type: ignore[operator]
    if found:
        pytest.fail(_message(found, path, variant), pytrace=False)


def _state(row: dict[str, object]) -> str:
    return f"{row['state']}: {row['reason']}" if row.get("reason") else str(row["state"])


def _message(found: list[Difference], path: Path, variant: Variant) -> str:
    lines = [
        f"{path.stem} under {variant.name} differs from the plain interpreter in {len(found)} places"
    ]
    lines += [str(difference) for difference in found[:SHOWN]]
    lines.append(f"again: python -m tests.conform -c {variant.name} {path.stem}")
    return "\n".join(lines)
