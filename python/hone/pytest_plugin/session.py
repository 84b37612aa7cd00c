# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of a pytest session: which of them run, what becomes of their results."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hone.pytest_plugin import checks, names, options, storage
from hone.pytest_plugin.settings import Settings
from hone.pytest_plugin.voice import Voice

if TYPE_CHECKING:
    from hone.measure.stats import Ratio
    from hone.pytest_plugin import judged as judging
    from hone.pytest_plugin.figures import Benchmark

Row = dict[str, Any]
WORKER = "PYTEST_XDIST_WORKER"
_DISTRIBUTED = (
    "Benchmarks are automatically disabled because xdist plugin is active. "
    "Benchmarks cannot be performed reliably in a parallelized environment."
)
_DUMP = "benchmark_{}"  # the default beginning of files' names, with the time


class BenchmarkSession:
    """The plugin's state; conftest.py files find it as `config._benchmarksession`."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.benchmarks: list[Benchmark] = []
        self.regressions: list[str] = []  # what fails the run
        self.compared: dict[Path, dict[str, Row]] = {}
        self.groups: list[tuple[str | None, list[Row]]] = []
        get = self._get
        self.quiet = get("quiet") and not get("verbose")
        level = Voice.VERBOSE if get("verbose") else Voice.QUIET if self.quiet else Voice.NORMAL
        self.logger = Voice(level, config)
        self.skip, self.only = get("skip") and not get("only"), get("only")
        self.disabled = get("disable") and not get("enable")
        self.distributed = self._distributed()
        if self.disabled and self.only:
            raise pytest.UsageError(
                "Can't have both --benchmark-only and --benchmark-disable options: with xdist, too, the fixture "
                "is disabled"
            )
        self.options = self._settings()
        self.name_format = names.FORMATS[get("name")]
        self.prefixes = {name: self._prefix(name) for name in ("histogram", "cprofile_dump")}
        try:
            names.check_labels(get("group_by"))
            self.storage = storage.FileStorage(
                storage.folder_of(get("storage")), self.logger, storage.machine_id()
            )
            if get("json"):
                _writable(get("json"))
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        self.options.cprofile_dump = self.prefixes["cprofile_dump"]

    def _get(self, name: str) -> Any:
        return self.config.getoption(f"benchmark_{name}")

    def _distributed(self) -> bool:
        """Whether xdist alone is why nothing is timed."""
        active = self.config.getoption("dist", "no") != "no" or WORKER in os.environ
        if not active or self.skip or self.disabled:
            return False
        self.disabled = True
        return True

    def _settings(self) -> Settings:
        get = self._get
        return Settings(
            timer=options.clock(get("timer")),
            disable_gc=get("disable_gc"),
            min_rounds=get("min_rounds"),
            min_time=float(get("min_time")),
            max_time=float(get("max_time")),
            precision=get("precision"),
            confidence=get("confidence"),
            warmup=get("warmup"),
            warmup_iterations=get("warmup_iterations"),
            calibration_precision=get("calibration_precision"),
            cprofile=bool(get("cprofile")),
            cprofile_loops=get("cprofile_loops"),
        )

    def _prefix(self, name: str) -> str:
        """Of files to write, "" for none."""
        given = self._get(name)
        if not given:
            return ""
        return str(given[-1] or _DUMP.format(names.stamp()))

    def collected(self, items: Sequence[pytest.Item]) -> None:
        """Say once that xdist disables them, where there are any."""
        if self.distributed and os.environ.get(WORKER, "gw0") == "gw0" and any(map(uses, items)):
            self.distributed_seen = True

    distributed_seen = False

    def pytest_unconfigure(self) -> None:
        # Late: what a worker warns of while it collects goes into pytest's summary, once each.
        if self.distributed_seen:
            self.logger.warning(_DISTRIBUTED)

    def header(self) -> str:
        """The settings, in a line."""
        get = self._get
        shown = ("timer", "disable_gc", "min_rounds", "min_time", "max_time", "calibration_precision", "warmup", "warmup_iterations")  # fmt: skip
        return (
            "benchmark: hone (defaults: " + " ".join(f"{name}={get(name)}" for name in shown) + ")"
        )

    def load(self) -> None:
        """The kept runs that are to be compared."""
        wanted = self._get("compare")
        if not wanted:
            if self._get("compare_fail") or self.config.getoption("hone_compare_fail"):
                raise pytest.UsageError("a limit for a comparison needs --benchmark-compare, too")
            return
        found = list(self.storage.load() if wanted is True else self.storage.load(wanted))
        found = found[-1:] if wanted is True else found
        if not found:
            which = "Can't load the previous benchmark" if wanted is True else f"match {wanted!r}"
            joint = ". " if wanted is True else " "
            self.logger.warning(
                f"Can't compare. No benchmark files in {str(self.storage)!r}{joint}{which}."
            )
            return
        machine_info = self._machine_info()
        for path, run in found:
            self.config.hook.pytest_benchmark_compare_machine_info(
                config=self.config,
                benchmarksession=self,
                machine_info=machine_info,
                compared_benchmark=run,
            )
            self.compared[path] = {row["fullname"]: row for row in run["benchmarks"]}
            self.logger.info(f"Comparing against benchmarks from: {path}")

    def _machine_info(self) -> Any:
        found = self.config.hook.pytest_benchmark_generate_machine_info(config=self.config)
        self.config.hook.pytest_benchmark_update_machine_info(
            config=self.config, machine_info=found
        )
        return found

    def finish(self) -> None:
        """When all tests have run: write files, compare, find what is slower."""
        self._write()
        rows = list(self._rows())
        if rows:
            self.groups = self.config.hook.pytest_benchmark_group_stats(
                config=self.config, benchmarks=rows, group_by=self._get("group_by")
            )

    def _write(self) -> None:
        file, name = self._get("json"), self._get("save")
        kept = name or self._get("autosave")
        if not (file or kept) or self.disabled:
            return
        if not self.benchmarks:
            self.logger.warning("Not saving anything, no benchmarks have been run!")
            return
        hook = self.config.hook
        machine_info = self._machine_info()
        commit = hook.pytest_benchmark_generate_commit_info(config=self.config)
        hook.pytest_benchmark_update_commit_info(config=self.config, commit_info=commit)
        try:
            if file:
                document = self._document(True, machine_info, commit)
                Path(file).write_text(storage.dumps(document), encoding="ascii")
                self.logger.info(f"Wrote benchmark data in: {file}")
            if kept:
                document = self._document(self._get("save_data"), machine_info, commit)
                self.storage.save(document, name or _tag(commit))
        except OSError as error:
            self.regressions.append(f"the results are not written: {error}")

    def _document(self, data: bool, machine_info: Any, commit: Any) -> Any:
        hook = self.config.hook
        document = hook.pytest_benchmark_generate_json(
            config=self.config,
            benchmarks=self.benchmarks,
            include_data=data,
            machine_info=machine_info,
            commit_info=commit,
        )
        hook.pytest_benchmark_update_json(
            config=self.config, benchmarks=self.benchmarks, output_json=document
        )
        return document

    def _rows(self) -> Iterator[Row]:
        """Of the tables: each benchmark behind its kept runs."""
        profile = (self._get("cprofile"), self._get("cprofile_top"))
        for found in self.benchmarks:
            if not found.is_shown:
                continue
            before = [(path, run[found.fullname]) for path, run in self.compared.items() if found.fullname in run]  # fmt: skip
            for path, old in before:
                row = found.as_dict(stats=False, cprofile=profile) | old["stats"]
                row |= {"path": str(path), "source": storage.source_of(path), "now": None}
                self._check(found, row)
                yield row
            row = found.as_dict(include_data=False, flat=True, cprofile=profile)
            yield row | {"path": None, "source": "NOW" if before else "", "now": found}

    @cached_property
    def judged(self) -> dict[Benchmark, judging.Judged]:
        """hone's word on each that has rounds; ask when all tests have run."""
        from hone.pytest_plugin import judged

        all_of_them = [found for found in self.benchmarks if found.is_shown]
        data = [found.stats.data for found in all_of_them]
        words = judged.judge(data, [found.watch for found in all_of_them])
        return dict(zip(all_of_them, words, strict=True))

    def ratios(self, found: Benchmark) -> Iterator[tuple[str, Ratio | None]]:
        """How many times faster it is than in each kept run, by that run's name."""
        from hone.pytest_plugin import judged

        among = sum(one.fullname in run for one in self.judged for run in self.compared.values())
        for path, run in self.compared.items():
            if found.fullname in run:
                before = judged.kept(run[found.fullname])
                ratio = judged.faster(before, self.judged[found], among) if before else None
                yield storage.source_of(path), ratio

    def _check(self, found: Benchmark, row: Row) -> None:
        limits: list[checks.Check] = self._get("compare_fail") or []
        for limit in limits:
            wrong = limit.fails(found, row)  # type: ignore[arg-type]
            if wrong:
                self.regressions.append(f"{self.name_format(row)}: {wrong}")


def uses(item: pytest.Item) -> bool:
    return "benchmark" in getattr(item, "fixturenames", ())


def _tag(commit: dict[str, Any]) -> str:
    parts = [str(commit.get("id")), names.stamp()]
    return "_".join([*parts, "uncommitted-changes"] if commit.get("dirty") else parts)


def _writable(path: Path) -> None:
    """Raises ValueError. What is not there yet is not there afterwards."""
    fresh = not path.exists()
    try:
        with path.open("ab"):
            pass
        if fresh:
            path.unlink()
    except OSError as error:
        raise ValueError(f"{path} can't be written: {error.strerror}") from None
