// SPDX-License-Identifier: Apache-2.0
// How fast the machine is at this moment: the time of a fixed piece of work that keeps every port
// of the core busy. What slows an interpreter for seconds at a time is mostly a neighbour on the
// core's other hardware thread, which takes half of the core's width: measured here (EPYC, virtual
// machine), a watched call then costs 1.8-1.9 times as much, this work 1.9 times, but a chain of
// dependent instructions or a small interpreter loop only 1.0-1.3 times. The neighbour comes and
// goes by the microsecond: the mean of a few bursts counts (the shortest would be its pauses),
// without the longest, which an interrupt may be in, nor the shortest. Threads: any; no state.
#pragma once

#include "measure/ticks.h"

namespace hone::measure {

// Costs that follow the pace are counted in so many parts of a tick.
inline constexpr Ticks kReferencePace = 256;

// How often whoever takes prices off asks for it: some 4 ms, as it can change by the millisecond.
// An asking takes 2-4 microseconds with what else is asked then, so this costs a thousandth at
// most.
inline constexpr Ticks kPaceChecksEvery = 8'000'000;

// Ticks of one burst: about a microsecond is spent on finding out.
[[nodiscard]] Ticks read_pace() noexcept;

}  // namespace hone::measure
