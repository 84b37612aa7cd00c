// SPDX-License-Identifier: Apache-2.0
// Time in which a thread wanted a processor and others had it. A profile is not of that: and it
// would falsify shares, because the scheduler takes a probed function's processor away as often as
// its probes make it longer. (With six processes on two processors, a function that took 25 % and
// was called 10 million times a second showed 41 %.)
// Threads: one object belongs to one thread.
#pragma once

#include <cstdint>

#include "measure/ticks.h"

namespace hone::measure {

class Preemption {
  public:
    Preemption() noexcept { (void)since_last(); }

    // Nanoseconds without a processor since the last question; 0 if the thread has waited for
    // something of its own accord meanwhile (the two can't be told apart). About a microsecond.
    [[nodiscard]] std::int64_t since_last() noexcept;

  private:
    std::int64_t wall_ns_ = 0;
    std::int64_t processor_ns_ = 0;
    long waits_ = 0;
};

}  // namespace hone::measure
