// SPDX-License-Identifier: Apache-2.0
#include "measure/pace.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hone::measure {

namespace {

constexpr int kBursts = 4;
constexpr std::uint64_t kRounds = 100;

// Six independent chains of three cheap instructions: more than the core can start per cycle.
std::uint64_t wide_work(std::uint64_t seed) noexcept {
  std::array<std::uint64_t, 6> chains{seed, seed + 1, seed + 2, seed + 3, seed + 4, seed + 5};
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < chains.size(); ++i) {
      chains[i] += chains[i] << (i + 2);
      chains[i] ^= round;
    }
  }
  return chains[0] ^ chains[1] ^ chains[2] ^ chains[3] ^ chains[4] ^ chains[5];
}

Ticks burst() noexcept {
  static volatile std::uint64_t sink = 1;  // keeps the compiler from dropping the work
  const Ticks start = now_ticks();
  sink = wide_work(sink);
  return now_ticks() - start;
}

}  // namespace

Ticks read_pace() noexcept {
  Ticks shortest = burst();
  for (int i = 1; i < kBursts; ++i) shortest = std::min(shortest, burst());
  return std::max<Ticks>(shortest, 1);
}

}  // namespace hone::measure
