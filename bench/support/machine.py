# SPDX-License-Identifier: Apache-2.0
"""One line about the machine, for the head of every table."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine_line() -> str:
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    virtual = " (virtual)" if "hypervisor" in Path("/proc/cpuinfo").read_text() else ""
    load = os.getloadavg()[0]
    return f"{model}{virtual}, {os.cpu_count()} CPUs, Linux {platform.release()}, load {load:.1f}"
