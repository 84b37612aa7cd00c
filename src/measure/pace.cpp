// SPDX-License-Identifier: Apache-2.0
#include "measure/pace.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace hone::measure {

namespace {

constexpr std::size_t kBursts = 5;
constexpr std::uint64_t kRounds = 100;

// Six independent chains of three cheap instructions: more than the core can start per cycle.
// Scalars, not an array: the compiler would make vectors of it, and those leave the ports idle.
std::uint64_t wide_work(std::uint64_t seed) noexcept {
    std::uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3, e = seed + 4, f = seed + 5;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        a = (a + (a << 3)) ^ round;
        b = (b + (b << 5)) ^ round;
        c = (c + (c << 7)) ^ round;
        d = (d + (d << 2)) ^ round;
        e = (e + (e << 4)) ^ round;
        f = (f + (f << 6)) ^ round;
    }
    return a ^ b ^ c ^ d ^ e ^ f;
}

Ticks burst() noexcept {
    static volatile std::uint64_t sink = 1;  // keeps the compiler from dropping the work
    const Ticks start = now_ticks();
    sink = wide_work(sink);
    return now_ticks() - start;
}

}  // namespace

Ticks read_pace() noexcept {
    std::array<Ticks, kBursts> bursts{};
    for (Ticks& ticks : bursts) ticks = burst();
    std::ranges::sort(bursts);
    return std::max<Ticks>((bursts[1] + bursts[2] + bursts[3]) / 3, 1);
}

}  // namespace hone::measure
