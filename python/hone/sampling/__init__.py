# SPDX-License-Identifier: Apache-2.0
"""The sampling profiler from Python's side: programs hosted under it, programs attached to, and what
its spool files say."""
