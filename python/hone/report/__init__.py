# SPDX-License-Identifier: Apache-2.0
"""Reports of an Outcome: one file an output format, each with `render(outcome) -> str`."""
