# SPDX-License-Identifier: Apache-2.0
"""The exceptions of recordings."""

from __future__ import annotations


class RecordingError(Exception):
    """A file that can't be read or written as a recording; the text is one sentence for a person."""


class Unwritable(RecordingError):
    """A file that can't be written."""
