# SPDX-License-Identifier: Apache-2.0
"""What `hone tune` and `hone look` found out: plain data, for the reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hone.measure import stats
from hone.tune import profile

OK, USAGE, PROGRAM_FAILED, UNEQUAL, NOTHING_MEASURED, NOISY = 0, 2, 3, 4, 5, 6


@dataclass
class Compared:
    """What came of a function's real calls that were made again on twins."""

    equal: int = 0
    different: int = 0
    opaque: int = 0  # of the equal ones: some object had state that was not looked at
    not_compared: dict[str, int] = field(default_factory=dict)  # by reason
    first_difference: str = ""

    @property
    def verdict(self) -> bool | None:
        """Equal, not equal, or nothing to say."""
        if self.different:
            return False
        return True if self.equal else None

    def why_not(self) -> str:
        """The reason that holds for most of what was not compared."""
        reasons = self.not_compared
        return max(reasons, key=lambda reason: reasons[reason]) if reasons else ""


@dataclass
class Row:
    """One function of the report."""

    function: profile.Function
    state: str = "not tried"  # compiled, inlined, interpreted, cold, left out, unknown, not tried
    reason: str | None = None
    compile_seconds: float = 0.0
    compared: Compared = field(default_factory=Compared)
    gain: stats.Ratio | None = None  # of the whole program, beside one without this function
    gain_note: str = ""


@dataclass
class Outcome:
    program: str
    code: int = OK
    verdict: str = ""
    sentence: str = ""
    speedup: stats.Ratio | None = None
    equal: bool | None = None
    differences: list[str] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    open_seconds: float = 0.0
    original_seconds: list[float] = field(default_factory=list)
    tuned_seconds: list[float] = field(default_factory=list)
    original_peak: int = 0
    tuned_peak: int = 0
    tuned_taken: int = 0  # of the latter: hone's own
    compile_seconds: float = 0.0
    native_share: float = 0.0
    waiting_share: float = 0.0
    files_written: list[str] = field(default_factory=list)
    plan: str | None = None

    def end(self, code: int, verdict: str, sentence: str) -> Outcome:
        self.code, self.verdict, self.sentence = code, verdict, sentence
        return self

    def more_memory(self) -> int:
        """What the tuned program needs more than the original, hone's own not counted."""
        return self.tuned_peak - self.tuned_taken - self.original_peak

    def calls_compared(self) -> int:
        return sum(row.compared.equal + row.compared.different for row in self.rows)


@dataclass(frozen=True)
class Settings:
    timeout: float | None = None
    budget: float = 60.0
    allow_repeat: bool = False
    prepare: str | None = None
    cleanup: str | None = None
    say: Callable[[str], None] = lambda text: None
