# SPDX-License-Identifier: Apache-2.0
"""How a test is timed, by options and marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Settings:
    """What options and marks say; seconds are floats here."""

    timer: Callable[[], float]
    disable_gc: bool = False
    min_rounds: int = 5
    min_time: float = 0.000005
    max_time: float = 1.0
    precision: float | None = None
    confidence: float | None = None
    warmup: bool = False
    warmup_iterations: int = 100000
    calibration_precision: int = 10
    cprofile: bool = False
    cprofile_loops: int | None = 1
    cprofile_dump: str = ""
    group: str | None = None

    def stated(self) -> dict[str, Any]:
        """As files have them."""
        by_precision = bool(self.precision and self.confidence)
        return {
            "disable_gc": self.disable_gc,
            "timer": self.timer,
            "min_rounds": self.min_rounds,
            "max_time": self.max_time,
            "min_time": self.min_time,
            "precision": self.precision if by_precision else None,
            "confidence": self.confidence if by_precision else None,
            "warmup": self.warmup and self.warmup_iterations,
        }
