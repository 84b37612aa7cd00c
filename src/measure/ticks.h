// SPDX-License-Identifier: Apache-2.0
// The clock of the profilers. Ticks are the processor's time stamp counter where the processor says
// that it is invariant (constant rate, running in every sleep state), else nanoseconds of
// CLOCK_MONOTONIC: a read costs 16-27 ns instead of 35-60 (measured on a virtual machine).
// Seconds come from comparing both clocks over the whole span of a profile (TickScale), so the
// counter's rate is never guessed. Counters of two cores may disagree by a few ticks: differences
// below zero are taken as zero by whoever subtracts.
// Threads: any; no GIL needed.
#pragma once

#include <x86intrin.h>

#include <cstdint>
#include <ctime>

namespace hone::measure {

using Ticks = std::int64_t;

[[nodiscard]] bool has_invariant_counter() noexcept;
inline const bool kUseCounter = has_invariant_counter();

[[nodiscard]] inline std::int64_t monotonic_ns() noexcept {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Of the processor that this thread has had. A reading takes most of a microsecond.
[[nodiscard]] inline std::int64_t thread_ns() noexcept {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

[[nodiscard]] inline Ticks now_ticks() noexcept {
    if (kUseCounter) [[likely]] {
        return static_cast<Ticks>(__rdtsc());
    }
    return monotonic_ns();
}

// Converts ticks to seconds. The rate is the ratio of both clocks between construction and the
// question; a question that comes too early waits until the span is long enough to be exact.
class TickScale {
  public:
    TickScale() noexcept;
    [[nodiscard]] double seconds_per_tick() const noexcept;

  private:
    Ticks start_ticks_;
    std::int64_t start_ns_;
};

// The process's, begun when it was first asked for. The rate is known after 5 ms.
[[nodiscard]] const TickScale& tick_scale() noexcept;

[[nodiscard]] const char* tick_source_name() noexcept;

}  // namespace hone::measure
