// SPDX-License-Identifier: Apache-2.0
// The memory profiler: recorder, hooks, and what they cost, in the right order.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace hone::measure::memory {

struct Options {
    std::string store;  // an existing file of the user's (store.h)
    double every =
        0;  // bytes between samples on average; at most 1: every block; 0: as cheap allows
    std::uint64_t seed = 0;  // of the chances; 0 = another one each time
};

// With the GIL.
[[nodiscard]] Result<void> start(const Options& options);
// With the GIL. Nothing happens if it is off.
void stop() noexcept;
[[nodiscard]] bool is_on() noexcept;

}  // namespace hone::measure::memory
