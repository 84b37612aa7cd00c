# SPDX-License-Identifier: Apache-2.0
"""`hone lines FILE.lprof…` and `python -m hone.line_profiler`: show line profiles, several summed."""

from __future__ import annotations

import sys
from typing import Any

from hone.cli import complain
from hone.cli.words import Option, Reader, WordsError, help_of, positive
from hone.lines import settings
from hone.lines.stats import LineStats
from hone.recording.errors import RecordingError

OPTIONS = (
    Option(("-h", "--help"), "switch", "say this"),
    Option(("-V", "--version"), "switch", "hone's version"),
    Option(("-c", "--config"), "value", "a TOML file with defaults", "FILE"),
    Option(("-u", "--unit"), "value", "unit of the times shown (1e-6)", "SECONDS", positive),
    Option(("-r", "--rich"), "switch", "in colour"),
    Option(("-z", "--skip-zero"), "switch", "leave out functions that never ran"),
    Option(("-t", "--sort"), "switch", "by time, longest last"),
    Option(("-m", "--summarize"), "switch", "a line for each function at the end"),
)


def main(words: list[str]) -> int:
    try:
        found, files = _read(words)
        if found.get("help"):
            sys.stdout.write(
                f"usage: hone lines [OPTIONS] FILE.lprof…\n\n{help_of(OPTIONS)}"
                "  --no-config                  no file is read for defaults\n"
            )
            return 0
        if found.get("version"):
            from hone import __version__

            sys.stdout.write(f"{__version__}\n")
            return 0
        if not files:
            raise WordsError("give an .lprof file")
        config = found.pop("config", None)
        config = False if config == "" else config
        how = settings.read(config)["cli"] | found
        stats = LineStats.from_files(files[0], *files[1:])
    except (WordsError, settings.SettingsError) as error:
        return complain(str(error))
    except RecordingError as error:
        return complain(str(error), 1)
    except OSError as error:
        return complain(f"{error.filename} can't be read: {error.strerror}", 1)
    stats.print(
        output_unit=how["unit"],
        stripzeros=how["skip_zero"],
        rich=how["rich"],
        sort=how["sort"],
        summarize=how["summarize"],
        config=config,
    )
    return 0


def _read(words: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Options may stand between the files."""
    reader = Reader(OPTIONS)
    left = ["--config=" if word == "--no-config" else word for word in words]
    files: list[str] = []
    while left:
        left = reader.read(left).rest
        if left:
            files.append(left.pop(0))
    return reader.found, files
