# SPDX-License-Identifier: Apache-2.0
"""Measuring: statistics, statements timed in fresh processes, commands, what disturbs a measurement."""
