# SPDX-License-Identifier: Apache-2.0
"""The steps of `hone tune`, in order: open run, sealed originals, profile, tuned run, comparison, timing."""

from __future__ import annotations

import marshal
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hone.tune import differences, opened, plan, profile, seal, stats
from hone.tune.target import Target, TargetError

OK, USAGE, PROGRAM_FAILED, UNEQUAL, NOTHING_MEASURED, NOISY = 0, 2, 3, 4, 5, 6
SHORTEST = 0.1  # seconds; below, starting the interpreter is most of what would be measured
LEAST_PAIRS, MOST_PAIRS = 5, 15


@dataclass
class Row:
    """One function of the report."""

    function: profile.Function
    state: str = "not tried"
    reason: str | None = None
    compile_seconds: float = 0.0


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
    compile_seconds: float = 0.0
    native_share: float = 0.0
    waiting_share: float = 0.0
    files_written: list[str] = field(default_factory=list)
    plan: str | None = None

    def end(self, code: int, verdict: str, sentence: str) -> Outcome:
        self.code, self.verdict, self.sentence = code, verdict, sentence
        return self


@dataclass(frozen=True)
class Settings:
    timeout: float | None = None
    budget: float = 60.0
    say: Callable[[str], None] = lambda text: None


class Road:
    def __init__(self, target: Target, settings: Settings, scratch: Path) -> None:
        self.target, self.settings, self.scratch = target, settings, scratch
        self.outcome = Outcome(target.name)
        self.recording = str(scratch / "reads")
        self.first: opened.OpenRun | None = None

    def tune(self) -> Outcome:
        self.settings.say(f"running {self.target.name} once, in the open")
        why_not = seal.why_not()
        self.open_run(self.target.plain_command())
        if self.outcome.code:
            return self.outcome
        if why_not:
            return self.outcome.end(
                NOTHING_MEASURED,
                "not measured",
                f"Only your own run was made: runs can't be sealed here ({why_not}).",
            )
        if self.outcome.open_seconds < SHORTEST:
            return self.outcome.end(
                NOTHING_MEASURED,
                "too short",
                f"{self.target.name} ran {self.outcome.open_seconds:.2f} s: too short to measure; give it more work.",
            )
        try:
            return self.measured()
        except seal.SealError as error:
            return self.outcome.end(
                NOTHING_MEASURED, "not measured", f"A sealed run failed: {error}."
            )

    def look(self) -> Outcome:
        out = self.scratch / "profile"
        self.open_run(self.target.hosted_command("observe", str(out)))
        if self.outcome.code or self.first is None:
            return self.outcome
        if not out.exists():
            return self.outcome.end(
                NOTHING_MEASURED, "not measured", "The program ended without leaving a profile."
            )
        found = profile.read(out.read_bytes(), wall=self.first.wall, cpu=self.first.cpu)
        return self.judge(found)

    def open_run(self, command: list[str]) -> None:
        run = opened.run_open(command, recording=self.recording, timeout=self.settings.timeout)
        self.first = run
        self.outcome.open_seconds = run.wall
        name = self.target.name
        if run.timed_out:
            self.outcome.end(
                PROGRAM_FAILED,
                "timed out",
                f"{name} was still running after {self.settings.timeout:g} s (--timeout) and was stopped.",
            )
        elif run.status < 0:
            from signal import Signals

            code = 130 if -run.status == 2 else PROGRAM_FAILED
            self.outcome.end(
                code,
                "killed",
                f"{name} was killed by {Signals(-run.status).name}; nothing was tuned.",
            )
        elif run.status:
            self.outcome.end(
                PROGRAM_FAILED,
                "failed",
                f"{name} ended with exit code {run.status}; hone tunes programs that end well.",
            )

    def sealed(self, command: list[str], *kept: str) -> seal.SealedRun:
        assert self.first is not None
        run = seal.run_sealed(
            command,
            folder=os.getcwd(),
            stdin=self.first.stdin,
            merged=self.first.merged,
            timeout=self.limit(),
            environment=opened.feed_environment(self.recording),
            hidden=[str(self.scratch), str(Path(__file__).resolve().parent.parent)],
            kept=kept,
        )
        for note in run.notes:
            if note not in self.outcome.notes:
                self.outcome.notes.append(note)
        return run

    def limit(self) -> float:
        return self.settings.timeout or 30 + 20 * self.outcome.open_seconds

    def measured(self) -> Outcome:
        assert self.first is not None
        self.settings.say("running it twice more, sealed")
        originals = [self.sealed(self.target.plain_command()) for _ in range(2)]
        if any(run.timed_out or run.status != self.first.status for run in originals):
            return self.not_repeatable(originals)
        mask = differences.unstable(*originals)
        self.outcome.unstable = mask.sentences()
        self.outcome.files_written = differences.files_written(originals[0])
        self.settings.say("profiling it, sealed")
        out = str(self.scratch / "profile")
        observed = self.sealed(self.target.hosted_command("observe", out), out)
        if not observed.kept[0]:
            return self.outcome.end(
                NOTHING_MEASURED, "not measured", "The profiled run left no profile."
            )
        found = profile.read(
            observed.kept[0],
            wall=observed.wall,
            cpu=observed.cpu,
            original_wall=statistics.median(run.wall for run in originals),
        )
        self.judge(found)
        if not found.hot():
            return self.outcome
        return self.tuned(found, originals, mask)

    def not_repeatable(self, originals: list[seal.SealedRun]) -> Outcome:
        bad = next(run for run in originals if run.timed_out or run.status != 0)
        last = bad.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        how = "did not end" if bad.timed_out else f"ended with {bad.status}"
        return self.outcome.end(
            NOTHING_MEASURED,
            "not repeatable",
            f"Run again under seal, without the outside, the program {how} ({last[0]}): it can't be measured safely.",
        )

    def judge(self, found: profile.Profile) -> Outcome:
        self.outcome.native_share, self.outcome.waiting_share = (
            found.native_share,
            found.waiting_share,
        )
        self.outcome.rows = [Row(function) for function in found.hot()]
        if not found.hot():
            return self.outcome.end(
                OK,
                "nothing to do",
                "Don't bother: no Python function takes a hundredth of the time.",
            )
        share = sum(function.share for function in found.hot())
        first = found.hot()[0]
        return self.outcome.end(
            OK,
            "worth tuning" if share * (1 - found.waiting_share) >= 0.1 else "nothing to do",
            f"{share:.0%} of the profiled time is in {len(found.hot())} Python functions, {first.share:.0%} in "
            f"{first.name}." + ("" if share >= 0.1 else " Don't bother."),
        )

    def tuned_command(self, select: list[plan.Key], threshold: int | None) -> tuple[list[str], str]:
        report, options = str(self.scratch / "report"), self.scratch / "options"
        options.write_bytes(
            marshal.dumps({"select": select, "report": report, "threshold": threshold})
        )
        return self.target.hosted_command("compiled", str(options)), report

    def tuned(
        self, found: profile.Profile, originals: list[seal.SealedRun], mask: differences.Mask
    ) -> Outcome:
        self.settings.say("compiling its hot functions and comparing, sealed")
        selection = found.selection()
        command, report = self.tuned_command(selection, None)
        run = self.sealed(command, report)
        compiled = self.take_report(run.kept[0], set(selection))
        threshold = None
        if any(row.state == "cold" for row in self.outcome.rows):
            # Hot, but called too rarely for the engine to find out: compile at the first call.
            threshold = 0
            command, report = self.tuned_command(selection, threshold)
            run = self.sealed(command, report)
            compiled = self.take_report(run.kept[0], set(selection))
        if not compiled:
            return self.outcome.end(
                OK, "nothing compiled", "Nothing was compiled, so nothing was changed."
            )
        if run.timed_out:
            self.outcome.differences = ["the tuned program did not end in time"]
        else:
            self.outcome.differences = differences.differences(originals[0], run, mask)
        self.outcome.equal = not self.outcome.differences
        if not self.outcome.equal:
            return self.outcome.end(
                UNEQUAL, "not equal", "The tuned program did not do the same, so nothing is kept."
            )
        self.time_both(command)
        return self.decide(compiled, threshold)

    def take_report(self, data: bytes, selection: set[plan.Key]) -> list[plan.Key]:
        """Put what the engine did into the rows; the functions that were compiled."""
        if not data:
            for row in self.outcome.rows:
                row.reason = "the tuned run ended without a report"
            return []
        rows, missing = marshal.loads(data)
        by_key: dict[plan.Key, dict[str, Any]] = {
            (r["filename"], r["qualname"], r["firstlineno"]): r for r in rows
        }
        for row in self.outcome.rows:
            entry = by_key.get(row.function.key)
            row.state = entry["state"] if entry else "interpreted"
            row.reason = (
                entry["reason"] if entry else missing or "its code never passed through hone"
            )
            row.compile_seconds = entry["compile_seconds"] if entry else 0.0
        self.outcome.compile_seconds = sum(r["compile_seconds"] for r in rows)
        return [key for key, r in by_key.items() if r["state"] == "compiled" and key in selection]

    def time_both(self, command: list[str]) -> None:
        self.settings.say("timing original and tuned, alternately")
        out = self.outcome
        deadline = time.monotonic() + self.settings.budget
        while len(out.tuned_seconds) < LEAST_PAIRS or (
            len(out.tuned_seconds) < MOST_PAIRS and time.monotonic() < deadline
        ):
            original, tuned = self.sealed(self.target.plain_command()), self.sealed(command)
            out.original_seconds.append(original.wall)
            out.tuned_seconds.append(tuned.wall)
            out.original_peak = max(out.original_peak, original.peak)
            out.tuned_peak = max(out.tuned_peak, tuned.peak)
        out.speedup = stats.ratio(out.original_seconds, out.tuned_seconds)

    def decide(self, compiled: list[plan.Key], threshold: int | None) -> Outcome:
        ratio = self.outcome.speedup
        assert ratio is not None
        span = f"{ratio.value:.2f}× as fast (95 % interval {ratio.low:.2f} to {ratio.high:.2f})"
        if not ratio.gain:
            if ratio.width > 0.3:
                return self.outcome.end(
                    NOISY, "too noisy", f"Too noisy to decide: {span}; nothing is kept."
                )
            return self.outcome.end(
                OK, "no gain", f"Compiled, it is {span}: no gain, so nothing is kept."
            )
        path = self.target.plan_file()
        try:
            plan.write(path, compiled, ratio.value, threshold)
            self.outcome.plan = str(path)
        except OSError as error:
            self.outcome.notes.append(f"the plan could not be written: {error}")
        return self.outcome.end(
            OK, "faster", f"With hone run, {self.target.name} is {span}, and does the same."
        )


def _drive(target: Target, settings: Settings, method: Callable[[Road], Outcome]) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="hone-") as folder:
        return method(Road(target, settings, Path(folder)))


def tune(target: Target, settings: Settings) -> Outcome:
    return _drive(target, settings, Road.tune)


def look(target: Target, settings: Settings) -> Outcome:
    return _drive(target, settings, Road.look)


__all__ = ["Outcome", "Row", "Settings", "TargetError", "look", "tune"]
