// SPDX-License-Identifier: Apache-2.0
// What the operating system has charged this process and its finished children so far.
// The peak of memory is VmHWM: getrusage()'s ru_maxrss survives exec, so a small program started by
// a large one would inherit its starter's peak.
// Threads: any; no GIL needed.
#pragma once

#include <cstdint>

namespace hone::measure {

struct ProcessTimes {
    std::int64_t wall_ns = 0;  // CLOCK_MONOTONIC
    double user_seconds = 0;
    double system_seconds = 0;
    double children_user_seconds = 0;
    double children_system_seconds = 0;
    std::int64_t peak_bytes = 0;  // resident; 0 where /proc is not to be had
    std::int64_t voluntary_switches = 0;
    std::int64_t involuntary_switches = 0;
    std::int64_t minor_faults = 0;
    std::int64_t major_faults = 0;
};

[[nodiscard]] ProcessTimes process_times() noexcept;

}  // namespace hone::measure
