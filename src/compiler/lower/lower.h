// SPDX-License-Identifier: Apache-2.0
// IR to LLVM IR: one function hone_body (compiler.h) and its exit table. The IR must have
// passed the verifier and reference counting. No LLVM header here: users of the result are
// emit/ and tests.
#pragma once

#include <vector>

#include "compiler/compiler.h"
#include "ir/exits.h"
#include "ir/function.h"
#include "ir/layout.h"

namespace llvm {
class Module;
}

namespace hone::compiler {

// Adds hone_body to `module`. Threads: none but the one that owns the module's context.
[[nodiscard]] std::vector<ir::ExitRow> lower(const ir::Function& function, const ir::Layout& layout,
                                             const Options& options, llvm::Module& module);

// The assumption an op with Exits rests on: it stands in the exit's row (ExitRow::guard) and
// is what Request::broken takes away. A Guard names its own.
[[nodiscard]] ir::Assumption assumption_of(const ir::Inst& inst);
[[nodiscard]] std::string_view assumption_text(ir::Assumption assumption);

}  // namespace hone::compiler
