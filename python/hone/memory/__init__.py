# SPDX-License-Identifier: Apache-2.0
"""Memory profiles: running a program under the profiler of src/measure/memory/, and what it wrote."""
