# SPDX-License-Identifier: Apache-2.0
"""What watching lines cost, and how much slower the watched functions were for it."""

from __future__ import annotations

from typing import Any, NamedTuple

# Of the time, so much is the program's own at least, whatever the price of a probe was a moment ago: on
# a busy machine it changes by a half within a run.
LEAST_LEFT = 0.05


class Cost(NamedTuple):
    """`ran`: seconds in which the profiler was on, without `away`, in which others had the processor; of
    these `watching`."""

    hits: int
    ran: float
    watching: float
    away: float

    @classmethod
    def of(cls, overhead: dict[str, Any]) -> Cost:
        """From what hone._core.LineProfiler.overhead() says."""
        away = overhead["without_processor"]
        ran = max(overhead["on"] - away, 0.0)
        watching = min(overhead["seconds"], ran * (1 - LEAST_LEFT))
        return cls(overhead["hits"], ran, watching, away)

    @property
    def slowdown(self) -> float:
        """The time that it took over what it would have taken unwatched."""
        return self.ran / (self.ran - self.watching) if self.ran > 0 else 1.0

    def sentence(self, raw: bool) -> str:
        """RAW: nothing of it was taken off the times."""
        away = f", as are {self.away:.3g} s that others had the processor" * (self.away > 0.01)
        removed = "are in" if raw else "are taken off"
        return (
            f"watching {self.hits:,} lines took {self.watching:.3g} s of the {self.ran:.3g} s that "
            f"chosen functions ran: {self.slowdown:.2f} times slower (measured; they {removed} the "
            f"times{away})"
        )
