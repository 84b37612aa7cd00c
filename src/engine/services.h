// SPDX-License-Identifier: Apache-2.0
// The functions besides the runtime table that generated code calls, and where each symbol of
// an object code is (the list stands in compiler/compiler.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/code.h"

namespace hone::engine {

// Address of a symbol for this version; 0 if it is none of ours.
[[nodiscard]] std::uint64_t resolve(Version& version, std::string_view symbol);

void count_exit(Version& version, std::size_t row);

}  // namespace hone::engine
