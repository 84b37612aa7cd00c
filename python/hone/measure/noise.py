# SPDX-License-Identifier: Apache-2.0
"""What disturbed a measurement, in words: as far as an ordinary user can know it on Linux.

The machine is looked at before and after (/proc/stat, load, governor), the processes tell how often
they were interrupted and how fast the core ran at each round (src/measure/pace.h).
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_SYS_CPU = Path("/sys/devices/system/cpu")

# From when on something is worth a word.
_OTHERS = 0.1  # processors kept busy by others
_STOLEN = 0.005  # of the processors' time, by the hypervisor
_SLOW = 1.25  # times the best pace
_SLOW_SHARE = 0.02
_CALM = 1.15
_INTERRUPTED = 20  # times a second


@dataclass(frozen=True)
class Machine:
    """The processors' time so far, in seconds of one of them."""

    busy: float
    stolen: float
    total: float
    own: float  # this process and its finished children

    @staticmethod
    def now() -> Machine:
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        try:
            with open("/proc/stat") as file:
                words = file.readline().split()[1:9]
        except OSError:
            return Machine(0, 0, 0, own)
        user, nice, system, idle, waiting, irq, soft, stolen = (int(word) * _TICK for word in words)
        busy = user + nice + system + irq + soft
        return Machine(busy, stolen, busy + idle + waiting + stolen, own)


def processors() -> int:
    return len(os.sched_getaffinity(0))


def is_virtual() -> bool:
    try:
        return "hypervisor" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def surroundings(before: Machine, after: Machine) -> list[str]:
    """Sentences on the machine while it was measured."""
    total = after.total - before.total
    if total <= 0:
        return ["what else the machine did is not to be seen (/proc/stat)"]
    count = os.cpu_count() or 1
    out = []
    others = (after.busy - before.busy - (after.own - before.own)) / total * count
    if others > _OTHERS:
        out.append(f"other processes kept {others:.1f} of the {count} processors busy")
    stolen = (after.stolen - before.stolen) / total
    if stolen > _STOLEN:
        out.append(f"the hypervisor gave {stolen:.1%} of the processors' time to others")
    return out + frequency()


def frequency() -> list[str]:
    """What is known about a clock rate that changes."""
    governor = _word("cpu0/cpufreq/scaling_governor")
    if governor is None:
        if is_virtual():
            return ["a virtual machine: the processor's frequency is not to be seen from inside"]
        return []
    out = []
    if governor != "performance":
        out.append(f"the frequency governor is {governor}: the clock rate follows the load")
    if _word("intel_pstate/no_turbo") == "0" or _word("cpufreq/boost") == "1":
        out.append("turbo is on: the clock rate depends on heat and on the other cores")
    return out


def _word(name: str) -> str | None:
    try:
        return (_SYS_CPU / name).read_text().strip()
    except OSError:
        return None


def interruptions(spent: Sequence[dict[str, float]]) -> list[str]:
    """From what the operating system charged each process while it measured."""
    seconds = sum(each["wall_ns"] for each in spent) * 1e-9
    switches = sum(each["involuntary_switches"] for each in spent)
    out = []
    if seconds and switches / seconds > _INTERRUPTED:
        out.append(
            f"the timed processes lost their processor {switches / seconds:.0f} times a second"
        )
    return out


def shared_core(paces: Sequence[int]) -> list[str]:
    """From the time that the same little piece of work took at each round."""
    if not paces:
        return []
    best = sorted(paces)[len(paces) // 20]
    slow = [pace for pace in paces if pace > best * _SLOW]
    share = len(slow) / len(paces)
    if share < _SLOW_SHARE:
        return []
    factor = statistics.median(slow) / best
    return [
        f"in {share:.0%} of the rounds the core was {factor:.1f} times slower: a neighbour on its other "
        "hardware thread, or a lower clock rate"
    ]


def calm_rounds(answers: Sequence[dict[str, Any]], statements: int) -> list[list[int]]:
    """For each process the rounds in which it kept its processor and the core its speed. That is
    judged from outside, by the marks between the samples, never by the samples themselves."""
    paces = sorted(pace for answer in answers for pace in answer["paces"])
    limit = paces[len(paces) // 20] * _CALM if paces else 0
    out = []
    for answer in answers:
        calm = []
        for number, begin in enumerate(range(0, len(answer["paces"]) - 1, statements)):
            marks = slice(begin, begin + statements + 1)
            switches = answer["switches"][marks]
            if switches[0] == switches[-1] and max(answer["paces"][marks]) <= limit:
                calm.append(number)
        out.append(calm)
    return out


def spread(processes: Sequence[Sequence[float]], unit: str) -> list[str]:
    """Do processes differ by more than the samples in one explain? Then it's how memory lies."""
    long = [values for values in processes if len(values) >= 8]
    if len(long) < 6:
        return []
    within = statistics.median(_relative(values) for values in long)
    between = _relative([statistics.median(values) for values in long])
    expected = within * 1.25 / min(len(values) for values in long) ** 0.5
    if between < 3 * expected or between < 0.01:
        return []
    return [
        f"{unit} differ from each other by ±{between:.1%}, more than their samples' own ±{within:.1%} lets expect: "
        "where memory lies, the hash seed, or a machine that changes by the second"
    ]


def outliers(processes: Sequence[Sequence[float]]) -> list[str]:
    """Tukey's far fence, on the slow side, in each process."""
    count = far = 0
    for values in processes:
        if len(values) >= 8:
            low, _, high = statistics.quantiles(values, n=4)
            count += len(values)
            far += sum(value > high + 3 * (high - low) for value in values)
    if not count or far / count < 0.01:
        return []
    return [f"{far / count:.0%} of the samples are far outliers on the slow side"]


def _relative(values: Sequence[float]) -> float:
    """The spread of values that may have outliers, as a share of their median."""
    middle = statistics.median(values)
    return statistics.median(abs(value - middle) for value in values) * 1.4826 / middle
