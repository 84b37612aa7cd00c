// SPDX-License-Identifier: Apache-2.0
// How much memory the process has, for telling the compiler's share from the program's.
// Threads: any; no GIL needed.
#pragma once

#include <cstdint>

namespace hone::engine {

struct Footprint {
    std::int64_t resident = 0, peak = 0;  // bytes; 0 where the kernel does not say
};

[[nodiscard]] Footprint footprint() noexcept;

// By how much the process has grown since, or its peak, whichever is more.
[[nodiscard]] std::int64_t grown_since(const Footprint& before) noexcept;

}  // namespace hone::engine
