// SPDX-License-Identifier: Apache-2.0
// What the files that lower calls share.
#pragma once

#include "compiler/lower/lowering.h"

namespace hone::compiler {

// Not zero: signals, GIL requests or a collection wait to be served.
[[nodiscard]] llvm::Value* breaker_bits(Lowering& l);

}  // namespace hone::compiler
