// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/optimise.h"

#include <llvm/Passes/PassBuilder.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/DCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/GVN.h>
#include <llvm/Transforms/Scalar/IndVarSimplify.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/LoopRotation.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Scalar/Sink.h>

namespace hone::compiler {
namespace {

// Cheap redundancy first, so that the dearer passes see less. Loops are rotated before LICM, so
// that what a header's test guards can move out; GVN follows for the loads LICM made equal; boxes
// and exit words that only a cold block reads sink there last.
llvm::FunctionPassManager full_passes() {
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::SROAPass(llvm::SROAOptions::PreserveCFG));
    passes.addPass(llvm::EarlyCSEPass(true));
    passes.addPass(llvm::SimplifyCFGPass());
    passes.addPass(llvm::InstCombinePass());
    llvm::LoopPassManager loops;
    loops.addPass(llvm::LoopRotatePass(true, false));
    loops.addPass(llvm::LICMPass(llvm::LICMOptions()));
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(loops), /*UseMemorySSA=*/true));
    passes.addPass(llvm::GVNPass());
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass());
    passes.addPass(llvm::SinkingPass());
    passes.addPass(llvm::DCEPass());
    return passes;
}

llvm::FunctionPassManager quick_passes() {
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::EarlyCSEPass(false));
    passes.addPass(llvm::SimplifyCFGPass());
    return passes;
}

}  // namespace

void optimise(llvm::Module& module, llvm::TargetMachine& machine, Quality quality) {
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager components;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder(&machine);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    llvm::FunctionPassManager passes = quality == Quality::Full ? full_passes() : quick_passes();
    for (llvm::Function& function : module)
        if (!function.isDeclaration()) passes.run(function, functions);
}

}  // namespace hone::compiler
