# SPDX-License-Identifier: Apache-2.0
"""Files that other tools wrote, as recordings. One module a format, with a docstring that names it,
`looks_right(head) -> bool` for a file's first bytes, and `read(data, name) -> Recording`, which raises
RecordingError. READERS is the table; `open_any` reads a file of any of them, or of ours."""

from __future__ import annotations

import io
import os
import zlib
from importlib import import_module
from typing import Any, BinaryIO

from hone.recording import chunks, reader
from hone.recording.errors import RecordingError
from hone.recording.model import Recording

READERS = {
    "pstats_file": "pstats, of cProfile",
    "lprof_file": ".lprof, of line_profiler",
    "pytest_benchmark_file": "pytest-benchmark's JSON",  # before pyperf's, which it resembles
    "pyperf_file": "pyperf's JSON",
    "speedscope_file": "speedscope's JSON",
    "collapsed_file": "collapsed stacks",  # the last: nearly any text with numbers looks like them
}
MOST_BYTES = 1 << 30  # of a file that has to be read at once, unpacked
_GZIP = b"\x1f\x8b"


def open_any(path: str | os.PathLike[str]) -> Recording:
    """The recording at PATH (`-`: standard input), whoever wrote it. Raises RecordingError."""
    name = os.fspath(path)
    try:
        with _opened(name) as file:
            name = "standard input" if name == "-" else name
            start = file.read(len(chunks.MAGIC))
            if start[1:5] == chunks.MAGIC[1:5] or not start:
                file.seek(0)
                return reader.read(file, name)
            data = start + file.read(MOST_BYTES)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RecordingError(f"{name} can't be read: {why}") from None
    if len(data) > MOST_BYTES:
        raise RecordingError(f"{name} is longer than {MOST_BYTES >> 30} GiB")
    return read(_unzipped(data, name), name)


def _opened(name: str) -> BinaryIO:
    """What can be read twice, though it comes through a pipe."""
    file = open(0 if name == "-" else name, "rb", closefd=name != "-")  # noqa: SIM115 - the caller does
    if file.seekable():
        return file
    with file:
        return io.BytesIO(file.read(MOST_BYTES + 1))


def read(data: bytes, name: str) -> Recording:
    """The same from the bytes of a file of another tool."""
    for module in READERS:
        reads: Any = import_module(f"hone.recording.foreign.{module}")
        if reads.looks_right(data[:4096]):
            found: Recording = reads.read(data, name)
            found.name = name
            return found
    known = ", ".join(READERS.values())
    raise RecordingError(f"{name} is neither a recording of hone nor one of: {known}")


def _unzipped(data: bytes, name: str) -> bytes:
    if not data.startswith(_GZIP):
        return data
    worker = zlib.decompressobj(wbits=31)
    try:
        plain = worker.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise RecordingError(f"{name} can't be unpacked: {error}") from None
    if not worker.eof:
        raise RecordingError(f"{name} can't be unpacked: it is cut off, or too long")
    return plain
