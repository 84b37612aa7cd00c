// SPDX-License-Identifier: Apache-2.0
// libhone_compiler.so, opened at the first compilation: until then no LLVM is in the process.
#pragma once

#include "base/result.h"
#include "compiler/door.h"

namespace hone::engine {

// The library's table; a sentence if it can't be opened. Requires the GIL (opened once).
[[nodiscard]] Result<const compiler::Door*> compiler_door();

}  // namespace hone::engine
