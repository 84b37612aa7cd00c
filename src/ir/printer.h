// SPDX-License-Identifier: Apache-2.0
// The text form of a function (text.h describes it). Deterministic; ids are printed as
// they are, so that texts before and after a pass can be compared line by line.
#pragma once

#include <string>

#include "ir/calls.h"
#include "ir/function.h"

namespace hone::ir {

// Runtime functions print by number where `rows` doesn't name them. Any function prints, even a
// broken one.
[[nodiscard]] std::string print(const Function& function, CallRows rows = {});

// One instruction of `block`, without its line end.
[[nodiscard]] std::string print_inst(const Function& function, const Block& block, const Inst& inst,
                                     CallRows rows = {});

}  // namespace hone::ir
