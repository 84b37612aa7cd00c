# SPDX-License-Identifier: Apache-2.0
"""What to compile, handed to the process that hosts the program, in a file that lives in memory: it
survives exec, and nothing is left behind however the program ends."""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hone.tune.target import Target

_DESCRIPTORS = "/proc/self/fd/"


def tuned(target: Target) -> dict[str, Any]:
    """What `hone tune` decided. Raises StalePlan."""
    from hone.tune import plan  # who takes over needs none of it

    select = [(target.as_run(file), *rest) for file, *rest in plan.read(target.plan_file())]
    return {"select": select, "threshold": None}


def hand_over_tuned(target: Target) -> str:
    """For a command that was asked for it. Raises TargetError where there is no plan that fits."""
    from hone.tune.plan import StalePlan
    from hone.tune.target import TargetError

    try:
        return hand_over(tuned(target))
    except StalePlan as error:
        raise TargetError(f"{error}; nothing was run") from None


def hand_over(settings: dict[str, Any]) -> str:
    """The path at which the process that this one becomes finds SETTINGS."""
    file = os.memfd_create("hone", 0)
    os.write(file, marshal.dumps(settings))
    return f"{_DESCRIPTORS}{file}"


def take_over(path: str) -> dict[str, Any]:
    """What was written to PATH. The program gets no extra descriptor."""
    with open(path, "rb") as file:
        settings: dict[str, Any] = marshal.load(file)
    for descriptor in descriptors(path):
        os.close(descriptor)
    return settings


def descriptors(path: str) -> list[int]:
    """Those that have to be open in the process that takes over."""
    return [int(path.removeprefix(_DESCRIPTORS))] if path.startswith(_DESCRIPTORS) else []
