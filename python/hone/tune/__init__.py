# SPDX-License-Identifier: Apache-2.0
"""The road of `hone tune`: run, seal, profile, select, compare, time (road.py has the steps)."""
