// SPDX-License-Identifier: Apache-2.0
// The expressions in call frame information (DWARF 5, 2.5): a little machine with a stack.
#pragma once

#include <optional>

#include "measure/native/call_frames.h"
#include "measure/native/registers.h"

namespace hone::measure::native {

// The value of the expression that `rule` refers to, `first` being on the machine's stack at the
// beginning. Nothing: it needs what is not known here, or memory that is not on the thread's stack.
[[nodiscard]] std::optional<std::uint64_t> evaluate(cpython::OwnMemory& memory, const Rule& rule,
                                                    const Registers& registers,
                                                    const StackCopy& stack,
                                                    std::optional<std::uint64_t> first);

}  // namespace hone::measure::native
