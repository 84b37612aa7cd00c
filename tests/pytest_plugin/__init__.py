# SPDX-License-Identifier: Apache-2.0
"""The fixture `benchmark`, in pytests of its own, and beside pytest-benchmark. No test looks at a time."""
