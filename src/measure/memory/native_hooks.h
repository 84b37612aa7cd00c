// SPDX-License-Identifier: Apache-2.0
// malloc() and its like, mappings, and large copies, as all loaded libraries call them (got.h).
// Libraries that bring an allocator of their own and do not show it are not seen.
#pragma once

#include "base/result.h"

namespace hone::measure::memory {

[[nodiscard]] Result<void> put_native_hooks_in();
void take_native_hooks_out() noexcept;
// Libraries that were loaded meanwhile are hooked, too.
void hook_new_libraries() noexcept;

}  // namespace hone::measure::memory
