# SPDX-License-Identifier: Apache-2.0
"""Processes in which a program runs under a profiler; one file a profiler."""
