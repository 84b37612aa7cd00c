// SPDX-License-Identifier: Apache-2.0
// Time in which a thread wanted a processor and others had it. A profile is not of that: and it
// would falsify shares, because the scheduler takes a probed function's processor away as often as
// its probes make it longer. (With six processes on two processors, a function that took 25 % and
// was called 10 million times a second showed 41 %.)
// To be asked after gaps without an event only, which a turn of others' is always in.
// Threads: one object belongs to one thread.
#pragma once

#include <cstdint>
#include <limits>

#include "measure/ticks.h"

namespace hone::measure {

// Some 200 microseconds without an event: less than a scheduler's time slice.
inline constexpr Ticks kGap = 500'000;
inline constexpr Ticks kNoGap = std::numeric_limits<Ticks>::max() / 4;  // longer than any

class Preemption {
  public:
    Preemption() noexcept { (void)since_last(); }

    // Nanoseconds without a processor since the last question; 0 if the thread has waited for
    // something of its own accord meanwhile (the two can't be told apart). About a microsecond.
    [[nodiscard]] std::int64_t since_last() noexcept;

    // The same in ticks, of a gap without an event that ends at `now`; what follows `now` is not
    // counted. Nothing the first time, nor after forget(): then it would be of what was before.
    [[nodiscard]] Ticks within(Ticks gap, Ticks now) noexcept;
    void forget() noexcept { looked_ = false; }

  private:
    bool looked_ = false;
    std::int64_t wall_ns_ = 0;
    std::int64_t processor_ns_ = 0;
    long waits_ = 0;
};

}  // namespace hone::measure
