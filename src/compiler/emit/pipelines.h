// SPDX-License-Identifier: Apache-2.0
// LLVM's passes, chosen by hand for the code that lowering makes. Internal to emit/.
#pragma once

#include "compiler/compiler.h"

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace hone::compiler {

void optimise(llvm::Module& module, llvm::TargetMachine& machine, const Options& options);

}  // namespace hone::compiler
