# SPDX-License-Identifier: Apache-2.0
"""`python -m hone.profile`: the words of `python -m cProfile`, with hone's call profiler."""

from __future__ import annotations

from hone.cprofile import Profile, main, run, runctx

__all__ = ["Profile", "run", "runctx"]

if __name__ == "__main__":
    main()
