# SPDX-License-Identifier: Apache-2.0
"""The steps of `hone tune`, in order: open run, sealed originals, profile, tuned run, comparison, timing."""

from __future__ import annotations

import marshal
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from hone.tune import differences, evidence, opened, plan, profile, seal
from hone.tune.before import Before
from hone.tune.outcome import (
    NOISY,
    NOTHING_MEASURED,
    OK,
    PROGRAM_FAILED,
    UNEQUAL,
    Outcome,
    Row,
    Settings,
)
from hone.tune.target import Target
from hone.tune.trials import TrialFailed, Trials

SHORTEST = 0.1  # seconds; below, starting the interpreter is most of what would be measured
COMPARING = (4.0, 60.0)  # seconds for making calls again on twins: least and most


class Different(Exception):
    """A tuned run was not equal to the original."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(found[0])
        self.found = found


class Road:
    def __init__(self, target: Target, settings: Settings, scratch: Path) -> None:
        self.target, self.settings, self.scratch = target, settings, scratch
        self.outcome = Outcome(target.name)
        self.recording = str(scratch / "reads")
        self.first: opened.OpenRun | None = None
        self.choice = seal.Choice(None)
        self.undo: seal.Undo | None = None

    def tune(self) -> Outcome:
        self.choice = seal.choose(self.settings.allow_repeat)
        before = Before(Path.cwd(), self.target.files(), self.scratch)
        self.settings.say(f"running {self.target.name} once, in the open")
        self.open_run(self.target.plain_command())
        if self.outcome.code:
            return self.outcome
        if self.choice.mode is None:
            return self.outcome.end(
                NOTHING_MEASURED,
                "not measured",
                f"Only your own run was made: runs can't be sealed here ({self.choice.why}); "
                "--allow-repeat makes the others in the open.",
            )
        if self.first and self.first.wall - self.first.queued < SHORTEST:
            return self.too_short(self.first.wall - self.first.queued)
        self.take_back(before)
        try:
            return self.measured()
        except seal.SealError as error:
            return self.outcome.end(
                NOTHING_MEASURED, "not measured", f"A sealed run failed: {error}."
            )

    def take_back(self, before: Before) -> None:
        """Sealed runs begin with the state before the user's own."""
        out = self.outcome
        self.undo, out.files_written = before.undo()
        out.notes += [
            f"{path} was too large to be kept: sealed runs began with what your run left of it"
            for path in before.too_large()
        ]
        if self.choice.mode == seal.CLOSED:
            self.undo = None
            out.notes.append(
                f"runs can't be sealed here ({self.choice.why}), so all after the first were kept "
                "from changing anything at all"
            )
        elif self.choice.mode == seal.OPEN:
            self.go_open()

    def go_open(self) -> None:
        self.choice, self.undo = seal.Choice(seal.OPEN), None
        self.outcome.notes.append(
            "--allow-repeat: all runs were made in the open, with their effects; "
            "files written were not compared"
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
            code = 130 if -run.status == 2 else PROGRAM_FAILED
            self.outcome.end(
                code,
                "killed",
                f"{name} was {differences.ending(run.status)}; nothing was tuned.",
            )
        elif run.status:
            self.outcome.end(
                PROGRAM_FAILED,
                "failed",
                f"{name} ended with {differences.ending(run.status)}; hone tunes programs that end well.",
            )

    def sealed(self, command: list[str], *kept: str, extra: float = 0) -> seal.SealedRun:
        assert self.first is not None
        assert self.choice.mode is not None
        run = seal.run_sealed(
            command,
            folder=os.getcwd(),
            mode=self.choice.mode,
            stdin=self.first.stdin,
            merged=self.first.merged,
            timeout=self.limit() + extra,
            environment=opened.feed_environment(self.recording),
            hidden=[str(self.scratch), str(Path(__file__).resolve().parent.parent)],
            kept=kept,
            writable=[str(self.scratch)],
            undo=self.undo,
            prepare=self.settings.prepare,
            cleanup=self.settings.cleanup,
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
        originals = self.originals()
        may_open = self.settings.allow_repeat and self.choice.mode != seal.OPEN
        if may_open and not self.repeated(originals):
            self.go_open()
            originals = self.originals()
        if not self.repeated(originals):
            return self.not_repeatable(originals)
        mask = differences.unstable(*originals)
        self.outcome.unstable = mask.sentences()
        written = {*self.outcome.files_written, *differences.files_written(originals[0])}
        self.outcome.files_written = sorted(written)
        self.settings.say("profiling it, sealed")
        out = str(self.scratch / "profile")
        observed = self.sealed(self.target.hosted_command("observe", out), out)
        if not observed.kept[0]:
            return self.left_nothing("profiled", "profile", observed, originals[0])
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

    def left_nothing(
        self, which: str, what: str, run: seal.SealedRun, original: seal.SealedRun
    ) -> Outcome:
        """hone's own account of a run is missing: say how that came."""
        if run.timed_out:
            why = "it did not end in time"
        elif run.status != original.status:
            why = (
                f"{differences.ending(run.status)} instead of {differences.ending(original.status)}"
            )
        else:
            why = "a C function ends the process, or replaces its program, past the interpreter"
        return self.outcome.end(
            NOTHING_MEASURED, "not measured", f"The {which} run left no {what}: {why}."
        )

    def too_short(self, seconds: float) -> Outcome:
        return self.outcome.end(
            NOTHING_MEASURED,
            "too short",
            f"{self.target.name} ran {seconds:.2f} s: too short to measure; give it more work.",
        )

    def originals(self) -> list[seal.SealedRun]:
        return [self.sealed(self.target.plain_command()) for _ in range(2)]

    def repeated(self, originals: list[seal.SealedRun]) -> bool:
        assert self.first is not None
        return all(not run.timed_out and run.status == self.first.status for run in originals)

    def not_repeatable(self, originals: list[seal.SealedRun]) -> Outcome:
        bad = next(run for run in originals if run.timed_out or run.status != 0)
        assert self.first is not None
        said = bad.stdout if self.first.merged else bad.stderr
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        how = "did not end" if bad.timed_out else f"ended with {bad.status}"
        if self.first.stdin.kind == "terminal":
            self.outcome.notes.append(
                "the runs after yours had an empty standard input: if the program reads what you "
                "type, give that by a file or a pipe"
            )
        return self.outcome.end(
            NOTHING_MEASURED,
            "not repeatable",
            f"Run again under seal, without the outside, the program {how} ({last[0]}): it can't be "
            "measured safely. --prepare CMD sets up what it needs inside the seal, --allow-repeat "
            "runs it again in the open.",
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

    def tuned_command(
        self, select: list[plan.Key], report: str | None = None, compare: float = 0
    ) -> list[str]:
        options = self.scratch / "options"
        chosen = {"select": select, "compare": compare, "report": report}
        options.write_bytes(marshal.dumps(chosen))
        return self.target.hosted_command("compiled", str(options))

    def tuned(
        self, found: profile.Profile, originals: list[seal.SealedRun], mask: differences.Mask
    ) -> Outcome:
        self.settings.say("compiling its hot functions and comparing their calls, sealed")
        out = self.outcome
        selection = found.selection()
        run, compiled = self.compared_run(selection)
        if run.timed_out:
            out.differences = ["the tuned program did not end in time"]
        elif compiled or not run.kept[0]:
            out.differences = differences.differences(originals[0], run, mask)
        out.differences += evidence.differing(out)
        if out.differences:
            return self.not_equal()
        if not run.kept[0]:
            return self.left_nothing("tuned", "report of what was compiled", run, originals[0])
        if not compiled:
            return out.end(OK, "nothing compiled", "Nothing was compiled, so nothing was changed.")
        return self.trials(compiled, originals[0], mask)

    def compared_run(self, selection: list[plan.Key]) -> tuple[seal.SealedRun, list[plan.Key]]:
        least, most = COMPARING
        seconds = min(most, max(least, 4 * self.outcome.open_seconds))
        report = str(self.scratch / "report")
        command = self.tuned_command(selection, report, seconds)
        run = self.sealed(command, report, extra=1.5 * seconds)
        return run, evidence.take_report(self.outcome, run.kept[0], set(selection))

    def not_equal(self) -> Outcome:
        self.outcome.equal = False
        return self.outcome.end(
            UNEQUAL,
            "not equal",
            "The tuned program did not do the same, so nothing is kept: "
            f"{self.outcome.differences[0]}.",
        )

    def trials(
        self,
        compiled: list[plan.Key],
        original: seal.SealedRun,
        mask: differences.Mask,
    ) -> Outcome:
        self.settings.say("timing original and tuned, alternately")
        start = self.target.start_of_run()

        def run(functions: list[plan.Key] | None) -> seal.SealedRun:
            if functions is None:
                done = self.sealed(self.target.plain_command())
            else:
                report = str(self.scratch / "report")
                done = self.sealed(self.tuned_command(functions, report), report)
                done.taken = evidence.memory_taken(done.kept[0])
                done.wall += start
            if done.timed_out:
                raise TrialFailed("a timed run did not end in time")
            if found := differences.differences(original, done, mask):
                raise TrialFailed(found[0]) if functions is None else Different(found)
            return done

        try:
            trials = Trials(self.outcome, self.settings.budget, run)
            kept = trials.decide(compiled)
        except Different as error:
            self.outcome.differences = error.found
            return self.not_equal()
        except TrialFailed as error:
            return self.outcome.end(
                NOTHING_MEASURED, "not measured", f"Run again, the original was another: {error}."
            )
        self.outcome.equal = True
        return self.decide(kept, trials.too_much_memory())

    def decide(self, kept: list[plan.Key], too_much_memory: bool) -> Outcome:
        ratio = self.outcome.speedup
        assert ratio is not None
        span = f"{ratio.value:.2f}× as fast (95 % interval {ratio.low:.2f} to {ratio.high:.2f})"
        if not ratio.gain:
            if ratio.width > 0.3 and not ratio.loss:
                return self.outcome.end(
                    NOISY, "too noisy", f"Too noisy to decide: {span}; nothing is kept."
                )
            return self.outcome.end(
                OK, "no gain", f"Compiled, it is {span}: no gain, so nothing is kept."
            )
        if too_much_memory:
            return self.needs_memory(span)
        path = self.target.plan_file()
        try:
            plan.write(path, kept, ratio.value)
            self.outcome.plan = path
        except OSError as error:
            self.outcome.notes.append(
                f"the plan could not be written to {path} ({error.strerror}); "
                "hone run will not find it"
            )
        return self.outcome.end(
            OK, "faster", f"With hone run, {self.target.name} is {span}, and does the same."
        )

    def needs_memory(self, span: str) -> Outcome:
        out, mib = self.outcome, 1 << 20
        return out.end(
            OK,
            "needs memory",
            f"Compiled, it is {span}, but needs {out.more_memory() / mib:.0f} MiB of memory more than "
            f"{out.original_peak / mib:.0f}: over a tenth, so nothing is kept.",
        )


def _drive(target: Target, settings: Settings, method: Callable[[Road], Outcome]) -> Outcome:
    # So that a terminated hone, too, ends its program and removes its scratch folder.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with tempfile.TemporaryDirectory(prefix="hone-") as folder:
            return method(Road(target, settings, Path(folder)))
    finally:
        signal.signal(signal.SIGTERM, before)


def tune(target: Target, settings: Settings) -> Outcome:
    return _drive(target, settings, Road.tune)


def look(target: Target, settings: Settings) -> Outcome:
    return _drive(target, settings, Road.look)
