// SPDX-License-Identifier: Apache-2.0
#include "measure/ticks.h"

#include <cpuid.h>

namespace hone::measure {

namespace {

// Both clocks are read within about 100 ns of each other, so 5 ms bound the error of the rate by
// some 20 parts in a million.
constexpr std::int64_t kShortestSpanNs = 5'000'000;

constexpr unsigned kAdvancedPowerLeaf = 0x80000007;
constexpr unsigned kInvariantCounterBit = 1u << 8;

}  // namespace

bool has_invariant_counter() noexcept {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(kAdvancedPowerLeaf, &a, &b, &c, &d) != 0 && (d & kInvariantCounterBit) != 0;
}

const char* tick_source_name() noexcept {
    return kUseCounter ? "tsc" : "monotonic";
}

TickScale::TickScale() noexcept : start_ticks_(now_ticks()), start_ns_(monotonic_ns()) {}

const TickScale& tick_scale() noexcept {
    static const TickScale scale;
    return scale;
}

double TickScale::seconds_per_tick() const noexcept {
    if (!kUseCounter) return 1e-9;
    std::int64_t elapsed_ns = monotonic_ns() - start_ns_;
    while (elapsed_ns < kShortestSpanNs) {
        _mm_pause();
        elapsed_ns = monotonic_ns() - start_ns_;
    }
    const Ticks elapsed = now_ticks() - start_ticks_;
    return elapsed > 0 ? static_cast<double>(elapsed_ns) * 1e-9 / static_cast<double>(elapsed)
                       : 0.0;
}

}  // namespace hone::measure
