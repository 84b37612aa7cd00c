# SPDX-License-Identifier: Apache-2.0
"""Configurations: `tests/configs/*.toml`, one file each, and the variants they stand for.

about = "one line"                 long = true          # only with --conform-long
engine = "hone"                    leak = false         # no leak check
calls = 4                          long_calls = 64      # calls per row
assert_compiled = true             # EXPECT_COMPILED of a body is asserted here
flags = ["-X", "dev"]              threads = 8          gc_threshold = 1
sample_seeds = [1]                 long_seeds = [1, 2]  # one variant per seed: exits = seed
each_pass_off = true               # one variant per row of the compiler's pass table
[settings]                         # keyword arguments of hone._jit.configure
[env]                              # environment of the child
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
CONFIGS = TESTS / "configs"
PASSES = TESTS.parent / "src" / "compiler" / "passes.def"
SAMPLE_CALLS = 64  # of the plain run every sample variant is compared with
LONG_CALLS = 2048


@dataclass(frozen=True)
class Variant:
    """One way to run a body."""

    name: str
    engine: str = "hone"
    settings: dict[str, Any] = field(default_factory=dict)
    calls: int = 4
    budget: float = 0.25
    leak: bool = True
    threads: int = 0
    gc_threshold: int | None = None
    flags: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    assert_compiled: bool = False
    timeout: float = 300.0


def plain_for(variant: Variant, long: bool) -> Variant:
    """The plain run a variant is compared with: same process flags, at least as many calls."""
    return Variant(
        name="plain",
        engine="plain",
        calls=LONG_CALLS if long else SAMPLE_CALLS,
        budget=variant.budget,
        gc_threshold=variant.gc_threshold,
        flags=variant.flags,
        timeout=variant.timeout,
    )


def load(path: Path, long: bool) -> list[Variant]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {
        "about", "long", "engine", "calls", "long_calls", "leak", "threads", "gc_threshold", "flags",
        "assert_compiled", "sample_seeds", "long_seeds", "each_pass_off", "settings", "env",
    }  # fmt: skip
    unknown = set(table) - known
    if unknown:
        raise ValueError(f"{path.name}: unknown keys {sorted(unknown)}")
    if table.get("long", False) and not long:
        return []
    base = Variant(
        name=path.stem,
        engine=table.get("engine", "hone"),
        settings=table.get("settings", {}),
        calls=table.get("long_calls", table.get("calls", 4)) if long else table.get("calls", 4),
        budget=3.0 if long else 0.25,
        leak=table.get("leak", True),
        threads=table.get("threads", 0),
        gc_threshold=table.get("gc_threshold"),
        flags=tuple(table.get("flags", ())),
        env=table.get("env", {}),
        assert_compiled=table.get("assert_compiled", False),
        timeout=600.0 if long else 300.0,
    )
    if table.get("each_pass_off", False):
        return [
            replace(base, name=f"no-{p}", env=base.env | {"HONE_DISABLE_PASS": p})
            for p in pass_names()
        ]
    seeds = table.get("long_seeds" if long else "sample_seeds", [])
    if seeds:
        return [
            replace(base, name=f"{base.name}-{s}", settings=base.settings | {"exits": s})
            for s in seeds
        ]
    return [base]


def pass_names(table: Path = PASSES) -> list[str]:
    """Second column of the compiler's pass table: the name a user can switch off."""
    if not table.exists():
        return []
    return re.findall(
        r'^HONE_PASS\(\s*\w+\s*,\s*"([^"]+)"', table.read_text(encoding="utf-8"), re.MULTILINE
    )


def variants(long: bool = False) -> list[Variant]:
    return [variant for path in sorted(CONFIGS.glob("*.toml")) for variant in load(path, long)]
