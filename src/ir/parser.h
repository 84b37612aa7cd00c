// SPDX-License-Identifier: Apache-2.0
// Reads the text form back: print(parse(print(f))) == print(f). Checks the grammar only;
// whether the function makes sense is the verifier's business. Never crashes on any input.
#pragma once

#include <string_view>

#include "base/result.h"
#include "ir/calls.h"
#include "ir/function.h"

namespace hone::ir {

// The failure names the line. Values that nothing defines have Rep::None.
[[nodiscard]] Result<Function> parse(std::string_view text, CallRows rows = {});

}  // namespace hone::ir
