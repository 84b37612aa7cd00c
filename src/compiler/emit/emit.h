// SPDX-License-Identifier: Apache-2.0
// The back end's one door: IR (verified, references counted) to object code. LLVM's objects
// live in emit/ and lower/ only. Thread-safe: one compile at a time, others wait.
#pragma once

#include "base/result.h"
#include "compiler/compiler.h"
#include "ir/function.h"
#include "ir/layout.h"

namespace hone::compiler {

// Fills elf, exits and ops; the notes are the front end's.
[[nodiscard]] Result<ObjectCode> emit(const ir::Function& function, const ir::Layout& layout,
                                      const Options& options);

}  // namespace hone::compiler
