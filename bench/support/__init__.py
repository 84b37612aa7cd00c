# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: who takes part, and the description of the machine."""
