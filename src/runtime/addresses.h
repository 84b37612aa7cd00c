// SPDX-License-Identifier: Apache-2.0
// Where the runtime functions are in this process. Only for what links hone_runtime (the
// modules); the compiler names them by symbol and never needs an address.
#pragma once

#include <string_view>

#include "runtime/table.h"

namespace hone::runtime {

[[nodiscard]] void* rt_address(RtId id) noexcept;

// By linker symbol ("hone_rt_binary"); null for a name that is no runtime function.
[[nodiscard]] void* rt_address(std::string_view symbol) noexcept;

}  // namespace hone::runtime
