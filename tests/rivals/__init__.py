# SPDX-License-Identifier: Apache-2.0
"""The test suites of the tools that hone takes the place of, run against hone's (see shim.py)."""
