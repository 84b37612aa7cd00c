# SPDX-License-Identifier: Apache-2.0
"""One process of a benchmark: runs a program's function under one tool and prints its samples.

Run by every interpreter that takes part, PyPy too: standard library only. The only argument is a
JSON object {tool, source, function, arguments, returns_time, warm_seconds, samples}; tool is "plain", "numba" or
"hone". The answer is one JSON line {version, samples, result, warm_calls, note, functions}. Samples
are seconds of CPU time of the calling thread, one call each, after the warm phase.
"""

from __future__ import annotations

import json
import math
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any


def stub_pyperf() -> None:
    """pyperformance's programs import pyperf; of it they use only the clock and, as scripts, Runner."""
    module = types.ModuleType("pyperf")
    module.perf_counter = time.perf_counter  # type: ignore[attr-defined]
    sys.modules["pyperf"] = module


def load(spec: dict[str, Any]) -> types.ModuleType:
    source = Path(spec["source"])
    module = types.ModuleType(source.stem)
    module.__file__ = str(source)
    sys.modules[source.stem] = module
    code = compile(source.read_text(), str(source), "exec")
    if spec["tool"] == "hone":
        from hone import _jit

        _jit.configure(threshold=2)
        code = _jit.prepare(code)
    exec(code, module.__dict__)
    return module


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9)
    return bool(a == b)


def jit_with_numba(
    module: types.ModuleType, run: Callable[[], Any], returns_time: bool
) -> tuple[list[str], str]:
    """Puts @njit around each function of the module, and takes it off again where Numba declines.

    Returns the names that stayed and the first line of the first refusal.
    """
    import warnings

    import numba

    warnings.simplefilter("ignore")
    expected = run()
    taken: list[str] = []
    refusal = ""
    own = [
        name
        for name, value in vars(module).items()
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__
    ]
    for name in own:
        original = getattr(module, name)
        setattr(module, name, numba.njit(original))
        try:
            found = run()
            if not returns_time and not same(found, expected):
                raise ValueError("another result")
            taken.append(name)
        except Exception as error:
            setattr(module, name, original)
            refusal = refusal or f"{name}: {str(error).strip().splitlines()[0][:90]}"
    return taken, refusal


def hone_states() -> list[dict[str, Any]]:
    from hone import _jit

    return [
        {key: row[key] for key in ("qualname", "state", "reason", "compile_seconds")}
        for row in _jit.report()
        if row["calls"]
    ]


def main() -> None:
    spec = json.loads(sys.argv[1])
    stub_pyperf()
    module = load(spec)
    arguments = spec["arguments"]

    def run() -> Any:
        return getattr(module, spec["function"])(*arguments)

    note = ""
    functions: list[Any] = []
    if spec["tool"] == "numba":
        functions, note = jit_with_numba(module, run, spec["returns_time"])
    clock = getattr(time, "thread_time", time.process_time)
    calls = 0
    end = time.monotonic() + spec["warm_seconds"]
    result = None
    while calls < 3 or time.monotonic() < end:
        result = run()
        calls += 1
    samples = []
    for _ in range(spec["samples"]):
        start = clock()
        run()
        samples.append(clock() - start)
    if spec["tool"] == "hone":
        functions = hone_states()
    print(
        json.dumps(
            {
                "version": sys.version.split()[0],
                "samples": samples,
                "result": result if isinstance(result, (int, float, str)) else None,
                "warm_calls": calls,
                "note": note,
                "functions": functions,
            }
        )
    )


if __name__ == "__main__":
    main()
