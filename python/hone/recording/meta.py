# SPDX-License-Identifier: Apache-2.0
"""What a recording says about itself: kept as one JSON object, later ones amend earlier ones."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from hone.recording.columns import Damage


@dataclass(frozen=True)
class Slowdown:
    """How many times longer the program took because it was recorded, with the interval of 95 %; both its
    ends are the ratio where no interval is known."""

    ratio: float
    low: float
    high: float


@dataclass
class Meta:
    program: str = ""  # a script's path or -m MODULE
    argv: list[str] = field(default_factory=list)
    python: str = ""  # implementation and version, as "CPython 3.14.1"
    host: str = ""
    hone: str = ""  # the version that recorded
    pid: int = 0
    started: float = 0.0  # seconds since 1970
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    interval_seconds: float = 0.0  # between samples, on average
    interval_bytes: float = 0.0  # the same for memory; 1 where every block was seen
    slowdown: Slowdown | None = None
    unit: str = ""  # of weights where they are no time: "samples", "bytes"
    values: dict[str, list[float]] = field(
        default_factory=dict
    )  # repeated measurements, in seconds
    remarks: list[str] = field(default_factory=list)  # sentences that every report shows


def here(program: str, argv: list[str]) -> Meta:
    """The facts of this process, now."""
    import hone

    implementation = platform.python_implementation()
    return Meta(
        program=program,
        argv=argv,
        python=f"{implementation} {'.'.join(map(str, sys.version_info[:3]))}",
        host=platform.node(),
        hone=hone.__version__,
        pid=os.getpid(),
        started=time.time(),
    )


def to_json(meta: Meta) -> bytes:
    """Only what is known. Non-finite numbers have no JSON and raise ValueError."""
    known = {key: value for key, value in asdict(meta).items() if value}
    return json.dumps(known, allow_nan=False).encode()


def amend(meta: Meta, data: bytes) -> None:
    """Take over what DATA says; fields that this version does not know are left out."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise Damage("what it says about itself is no JSON") from None
    if not isinstance(said, dict):
        raise Damage("what it says about itself is no object")
    for known in fields(Meta):
        if known.name in said:
            setattr(meta, known.name, _checked(known.name, said[known.name]))


def _checked(name: str, value: Any) -> Any:
    check = _CHECKS[name]
    if not (value is None and name == "slowdown") and not check(value):
        raise Damage(f"what it says about itself has an impossible {name}")
    return Slowdown(**value) if name == "slowdown" and value else value


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _seconds(value: Any) -> bool:
    return _number(value) and value >= 0


def _slowdown(value: Any) -> bool:
    names = {known.name for known in fields(Slowdown)}
    return isinstance(value, dict) and value.keys() == names and all(map(_number, value.values()))


def _values(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(row, list) and all(map(_number, row)) for row in value.values()
    )


_CHECKS = {
    "program": _text, "argv": _texts, "python": _text, "host": _text, "hone": _text,
    "pid": lambda value: isinstance(value, int),
    "started": _seconds, "wall_seconds": _seconds, "cpu_seconds": _seconds,
    "interval_seconds": _seconds, "interval_bytes": _seconds,
    "slowdown": _slowdown, "unit": _text, "values": _values,
    "remarks": _texts,
}  # fmt: skip
