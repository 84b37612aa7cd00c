# SPDX-License-Identifier: Apache-2.0
"""Comparing recordings: what was measured on either side (sides.py), and what of it is beyond noise
(verdict.py). The reports of a Comparison are hone.report.changes_text and changes_json."""
