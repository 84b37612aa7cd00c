// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/machine.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <memory>
#include <string>

namespace hone::compiler {
namespace {

std::string host_features() {
    std::string text;
    for (const auto& feature : llvm::sys::getHostCPUFeatures())
        text += (text.empty() ? "" : ",") + std::string(feature.second ? "+" : "-") + feature.first().str();
    return text;
}

Result<std::unique_ptr<llvm::TargetMachine>> make_machine() {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    const std::string triple = llvm::sys::getProcessTriple();
    std::string error;
    const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(triple, error);
    if (target == nullptr) return fail("LLVM has no target for " + triple + ": " + error);
    llvm::TargetOptions options;
    options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
    return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
        triple, llvm::sys::getHostCPUName(), host_features(), options, llvm::Reloc::PIC_, llvm::CodeModel::Small,
        llvm::CodeGenOptLevel::Default, true));
}

}  // namespace

Result<llvm::TargetMachine*> host_machine() {
    static const Result<std::unique_ptr<llvm::TargetMachine>> machine = make_machine();
    if (!machine) return fail(machine.error().reason);
    return machine->get();
}

}  // namespace hone::compiler
