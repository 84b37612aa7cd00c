# SPDX-License-Identifier: Apache-2.0
"""The line profiler's Python side; `hone.line_profiler` is its public face."""
