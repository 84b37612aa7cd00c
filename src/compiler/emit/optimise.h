// SPDX-License-Identifier: Apache-2.0
// LLVM's middle end, as much of it as pays for one function of typed IR.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include "compiler/compiler.h"

namespace hone::compiler {

void optimise(llvm::Module& module, llvm::TargetMachine& machine, Quality quality);

}  // namespace hone::compiler
