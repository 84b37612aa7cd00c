// SPDX-License-Identifier: Apache-2.0
// The host as LLVM's target: this CPU with its features, position-independent code, floating
// point never contracted (a fused multiply-add rounds once where Python rounds twice).
#pragma once

#include <llvm/Target/TargetMachine.h>

#include "base/result.h"

namespace hone::compiler {

// Made at the first call, kept. Requires: the emit lock (emit.cpp).
[[nodiscard]] Result<llvm::TargetMachine*> host_machine();

}  // namespace hone::compiler
