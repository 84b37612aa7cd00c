# SPDX-License-Identifier: Apache-2.0
"""The fixture `benchmark`: what a test calls to have a function timed. Its names and meanings are those of
pytest-benchmark's fixture; a test uses it once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from hone.pytest_plugin import names, options, profiles, rounds, weaving

if TYPE_CHECKING:
    import pytest

    from hone.pytest_plugin.figures import Benchmark
    from hone.pytest_plugin.settings import Settings
    from hone.pytest_plugin.voice import Voice


class FixtureAlreadyUsed(Exception):
    """A second call would leave the first one's result out."""


@dataclass
class Pedantic:
    """What benchmark.pedantic() was asked for. Raises ValueError where that makes no sense."""

    target: Callable[..., Any]
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] | None = None
    setup: Callable[[], Any] | None = None
    teardown: Callable[..., object] | None = None
    rounds: int = 1
    warmup_rounds: int = 0
    iterations: int = 1
    latest: tuple[Sequence[Any], Mapping[str, Any]] = field(init=False, default=((), {}))

    def __post_init__(self) -> None:
        for name, least in (("iterations", 1), ("rounds", 1), ("warmup_rounds", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(f"`{name}` is a whole number of at least {least}, not {value!r}")
        if self.iterations > 1 and self.setup:
            raise ValueError("`setup` comes before each round, so a round has one of `iterations`")

    def begin(self) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """The arguments of the next round."""
        self.latest = self.args, self.kwargs or {}
        made = self.setup() if self.setup else None
        if made:
            if self.args or self.kwargs:
                raise TypeError("the arguments come from `setup`, or from `args` and `kwargs`")
            self.latest = tuple(made)
        return self.latest

    def end(self) -> None:
        if self.teardown is not None:
            args, kwargs = self.latest
            self.teardown(*args, **kwargs)

    def call(self, run: profiles.Runner = profiles.plainly) -> Any:
        args, kwargs = self.begin()
        result = run(self.target, *args, **kwargs)
        self.end()
        return result


class BenchmarkFixture:
    """`benchmark(function, *args, **kwargs)` times it and returns what it returns."""

    _steps: dict[Any, float] = {}  # noqa: RUF012 - of each clock, found once

    def __init__(
        self,
        node: pytest.Item,
        *,
        settings: Settings,
        add: Callable[[Benchmark], None],
        voice: Voice,
        disabled: bool = False,
    ) -> None:
        callspec = getattr(node, "callspec", None)
        self.name = node.name
        self.fullname = node.nodeid
        self.param: str | None = callspec.id if callspec else None
        self.params: dict[str, Any] | None = callspec.params if callspec else None
        self.group = settings.group
        self.extra_info: dict[str, Any] = {}
        self.stats: Benchmark | None = None
        self.disabled = disabled
        self.has_error = False
        self.cut_short = False  # what was timed has raised
        self.skipped = False
        self.settings = settings
        self._add = add
        self._node = node
        self._voice = voice
        self._undo: list[Callable[[], None]] = []
        self._mode = ""

    @property
    def enabled(self) -> bool:
        return not self.disabled

    # These two are looked at, and set, by tests of their own clocks.
    @property
    def _timer(self) -> Callable[[], float]:
        return self.settings.timer

    @_timer.setter
    def _timer(self, clock: Callable[[], float]) -> None:
        self.settings.timer = clock

    @property
    def _min_time(self) -> float:
        return self.settings.min_time

    @_min_time.setter
    def _min_time(self, seconds: float) -> None:
        self.settings.min_time = seconds

    def __call__(self, function_to_benchmark: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._use("benchmark(...)")
        try:
            return self._plain(function_to_benchmark, args, kwargs)
        except Exception:
            self.has_error = self.cut_short = True
            raise

    def pedantic(
        self,
        target: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., object] | None = None,
        rounds: int = 1,
        warmup_rounds: int = 0,
        iterations: int = 1,
    ) -> Any:
        """So many rounds of so many iterations. SETUP comes before each round and may return its
        (args, kwargs); TEARDOWN comes after it with the same. Neither is timed."""
        self._use("benchmark.pedantic(...)")
        try:
            plan = Pedantic(
                target, args, kwargs, setup, teardown, rounds, warmup_rounds, iterations
            )
            return self._planned(plan)
        except Exception:
            self.has_error = self.cut_short = True
            raise

    def weave(self, target: Any, **options: Any) -> None:
        """Until the test ends, calls of TARGET are benchmark(TARGET, …): a function or method, or its
        dotted name. Raises TypeError or LookupError for others."""
        self._undo.append(weaving.weave(target, self, **options))

    patch = weave

    def _use(self, mode: str) -> None:
        if self._mode:
            self.has_error = True
            raise FixtureAlreadyUsed(
                f"Fixture can only be used once. Previously it was used in {self._mode} mode."
            )
        self._mode = mode

    def close(self) -> None:
        while self._undo:
            self._undo.pop()()
        if not self._mode and not self.skipped:
            self._voice.warning(
                "Benchmark fixture was not used at all in this test!", self._node.warn
            )

    def _plain(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        iterations = 1
        if self.enabled:
            one_round = rounds.timed_loop(
                function, args, kwargs, self.settings.timer, not self.settings.disable_gc
            )
            with rounds.unwatched():
                iterations, seconds = self._calibrated(one_round)
                count = min(max(ceil(self.settings.max_time / seconds), self.settings.min_rounds), sys.maxsize)  # fmt: skip
                self._warm_up(one_round, iterations, count)
                self._rounds(one_round, iterations, count)
        return self._profiled(lambda run: run(function, *args, **kwargs), iterations)

    def _calibrated(self, one_round: rounds.Round) -> tuple[int, float]:
        clock, settings = self.settings.timer, self.settings
        step = self._steps.get(clock)
        if step is None:
            step = self._steps[clock] = rounds.step_of(clock)
        goal = max(settings.min_time, step * settings.calibration_precision)
        self._voice.debug(
            f"  Calibrating to target round {goal:.3g}s; will estimate when reaching {goal * rounds._ESTIMATE:.3g}s "
            f"(using: {options.name_of(clock)}, precision: {step:.3g}s)."
        )

        def told(iterations: int) -> float:
            seconds = one_round(iterations)
            self._voice.debug(f"    Measured {iterations} iterations: {seconds:.3g}s.")
            return seconds

        return rounds.calibrate(told, goal, lambda count: self._warm_for(one_round, count))

    def _warm_for(self, one_round: rounds.Round, iterations: int) -> float | None:
        """Between tries at a loop count, as long as the warm-up may last."""
        if not self.settings.warmup:
            return None
        end, done, best = time.monotonic() + self.settings.max_time, 0, None
        while done < self.settings.warmup_iterations and time.monotonic() < end:
            seconds = one_round(iterations)
            best = seconds if best is None else min(best, seconds)
            done += iterations
        return best

    def _warm_up(self, one_round: rounds.Round, iterations: int, count: int) -> None:
        if self.settings.warmup:
            for _ in range(min(count, max(1, self.settings.warmup_iterations // iterations))):
                one_round(iterations)

    def _rounds(self, one_round: rounds.Round, iterations: int, count: int) -> None:
        watch, found = self._started(iterations)
        self._voice.debug(f"  Running {count} rounds x {iterations} iterations ...")
        began = time.monotonic()
        precise = None
        if self.settings.precision and self.settings.confidence:
            precise = rounds.Precise(self.settings.precision, self.settings.confidence)
        watch.mark(0)
        for number in range(1, count + 1):
            seconds = one_round(iterations)
            found.update(seconds)
            watch.mark(number)
            if precise and precise.enough(seconds) and number >= self.settings.min_rounds:
                break
        watch.stop(found.stats.rounds)
        self._voice.debug(f"  Ran for {time.monotonic() - began:.3g}s.")

    def _started(self, iterations: int) -> tuple[rounds.Watch, Benchmark]:
        from hone.pytest_plugin.figures import Benchmark

        watch = rounds.Watch()
        self.stats = Benchmark(self, iterations, self.settings.stated(), watch)
        self._add(self.stats)
        return watch, self.stats

    def _planned(self, plan: Pedantic) -> Any:
        if self.disabled:
            return plan.call()
        for _ in range(plan.warmup_rounds):
            self._one_of(plan)
        watch, found = self._started(plan.iterations)
        watch.mark(0)
        result = None
        for number in range(1, plan.rounds + 1):
            seconds, result = self._one_of(plan)
            found.update(seconds)
            watch.mark(number)
        watch.stop(plan.rounds)
        if plan.iterations > 1:  # the loop has no result
            result = plan.call()
        if self.settings.cprofile:
            self._profiled(plan.call, plan.iterations)
        return result

    def _one_of(self, plan: Pedantic) -> tuple[float, Any]:
        args, kwargs = plan.begin()
        clock, collects = self.settings.timer, not self.settings.disable_gc
        with rounds.unwatched():
            if plan.iterations > 1:
                loop = rounds.timed_loop(plan.target, args, kwargs, clock, collects)
                seconds, result = loop(plan.iterations), None
            else:
                seconds, result = rounds.timed_call(plan.target, args, kwargs, clock, collects)
        plan.end()
        return seconds, result

    def _profiled(self, call: Callable[[profiles.Runner], Any], iterations: int) -> Any:
        """The call, and its profile if that is wanted."""
        if not self.settings.cprofile or self.stats is None:
            return call(profiles.plainly)
        loops = self.settings.cprofile_loops
        with rounds.unwatched():
            profile, result = profiles.of(call, iterations if loops is None else loops)
        self.stats.cprofile_stats = profile
        if self.settings.cprofile_dump:
            file = f"{self.settings.cprofile_dump}-{names.file_name(self.name)}.prof"
            names.folder_of(file)
            profile.dump_stats(file)
            self._voice.info(f"Saved profile: {file}")
        return result
