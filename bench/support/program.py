# SPDX-License-Identifier: Apache-2.0
"""One of the ten programs, as a script: program.py FOLDER NAME LOOPS. Says how many seconds of processor
time its thread and its process needed for that many loops, after as many to get warm."""

import sys
import time
from pathlib import Path

# No import of hone, and none of what is written next to this file but what the program needs.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main(folder: str, name: str, loops: int) -> None:
    from support.profilers import PROGRAMS

    program = next(program for program in PROGRAMS if program.name == name)
    _, work = program.load(Path(folder))
    work(loops)
    thread, process = time.thread_time(), time.process_time()
    work(loops)
    print(f"\nspent {time.thread_time() - thread:.6f} {time.process_time() - process:.6f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
