// SPDX-License-Identifier: Apache-2.0
// The session (machine.h). The CPU is the host's, with every feature it has; what hone asks of
// LLVM beyond defaults: position-independent code, no fused multiply-add (it rounds once where
// Python rounds twice), no jump through a PLT.
#include "compiler/emit/machine.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>

#include "base/check.h"

namespace hone::compiler {
namespace {

constexpr unsigned kCompilesPerContext = 64;  // a context keeps every constant and type ever made

std::unique_ptr<llvm::TargetMachine> make_machine(Quality quality) {
    const std::string triple = "x86_64-unknown-linux-gnu";
    std::string error;
    const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(triple, error);
    HONE_CHECK(target, "LLVM was built without X86");
    llvm::SubtargetFeatures features;
    for (const auto& feature : llvm::sys::getHostCPUFeatures())
        features.AddFeature(feature.first(), feature.second);
    llvm::TargetOptions options;
    options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
    options.EmulatedTLS = false;
    const bool quick = quality == Quality::Quick;
    options.EnableFastISel = quick;
    return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
        triple, llvm::sys::getHostCPUName(), features.getString(), options, llvm::Reloc::PIC_,
        llvm::CodeModel::Small,
        quick ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default, true));
}

}  // namespace

Session::Session() {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    machines_[static_cast<std::size_t>(Quality::Quick)] = make_machine(Quality::Quick);
    machines_[static_cast<std::size_t>(Quality::Full)] = make_machine(Quality::Full);
}

std::pair<Session&, std::unique_lock<std::mutex>> Session::get() {
    static Session* const session =
        new Session;  // lives as long as the process: threads may compile at exit
    std::unique_lock lock(session->mutex_);
    session->refresh_context();
    return {*session, std::move(lock)};
}

void Session::refresh_context() {
    if (context_ && compiles_++ % kCompilesPerContext != 0) return;
    context_ = std::make_unique<llvm::LLVMContext>();
    context_->setDiscardValueNames(true);
}

}  // namespace hone::compiler
