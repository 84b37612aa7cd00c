// SPDX-License-Identifier: Apache-2.0
// The target machine and the LLVM context of this process, made at the first compile and kept:
// making a TargetMachine costs as much as compiling a small function. Internal to emit/.
// Threads: Session::get() locks; hold it for one compile.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <mutex>

#include "compiler/compiler.h"

namespace hone::compiler {

class Session {
  public:
    // The only session, locked until the returned lock goes.
    static std::pair<Session&, std::unique_lock<std::mutex>> get();

    llvm::LLVMContext& context() { return *context_; }
    llvm::TargetMachine& machine(Quality quality) {
        return *machines_[static_cast<std::size_t>(quality)];
    }

  private:
    Session();
    void refresh_context();

    std::mutex mutex_;
    std::unique_ptr<llvm::LLVMContext> context_;
    unsigned compiles_ = 0;
    std::unique_ptr<llvm::TargetMachine> machines_[2];
};

}  // namespace hone::compiler
