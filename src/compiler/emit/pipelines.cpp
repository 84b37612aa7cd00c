// SPDX-License-Identifier: Apache-2.0
// The two pipelines. Lowering's output is SSA already, its slow paths are out of line and
// weighted; what pays is joining redundant loads and checks, and loops.
//
// A pass is left out by Options::disabled_passes with the name "llvm.<word>", the words being
// those given to add() below.
#include "compiler/emit/pipelines.h"

#include <llvm/Analysis/AliasAnalysis.h>
#include <llvm/Analysis/TypeBasedAliasAnalysis.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/PassManager.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/CorrelatedValuePropagation.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/GVN.h>
#include <llvm/Transforms/Scalar/IndVarSimplify.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopDeletion.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/LoopRotation.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include <string>

namespace hone::compiler {
namespace {

class Pipeline {
  public:
    explicit Pipeline(const Options& options) : options_(options) {}

    template <class Pass>
    void add(const char* word, Pass pass) {
        if (wanted(word)) passes.addPass(std::move(pass));
    }
    template <class Pass>
    void add_loop(llvm::LoopPassManager& loops, const char* word, Pass pass) {
        if (wanted(word)) loops.addPass(std::move(pass));
    }

    llvm::FunctionPassManager passes;

  private:
    [[nodiscard]] bool wanted(const char* word) const {
        return !options_.disabled_passes.contains(std::string("llvm.") + word);
    }
    const Options& options_;
};

void full(Pipeline& p) {
    p.add("cse", llvm::EarlyCSEPass(true));
    p.add("combine", llvm::InstCombinePass());
    p.add("cfg", llvm::SimplifyCFGPass());
    p.add("values", llvm::CorrelatedValuePropagationPass());
    {
        llvm::LoopPassManager loops;
        p.add_loop(loops, "rotate", llvm::LoopRotatePass(true));
        p.add_loop(loops, "licm", llvm::LICMPass(llvm::LICMOptions()));
        p.add("loops", llvm::createFunctionToLoopPassAdaptor(std::move(loops), true, true));
    }
    {
        llvm::LoopPassManager loops;
        p.add_loop(loops, "indvars", llvm::IndVarSimplifyPass());
        p.add("loops", llvm::createFunctionToLoopPassAdaptor(std::move(loops), false, false));
    }
    p.add("gvn", llvm::GVNPass());
    p.add("combine", llvm::InstCombinePass());
    p.add("cfg", llvm::SimplifyCFGPass());
}

void quick(Pipeline& p) {
    p.add("cse", llvm::EarlyCSEPass(false));
    p.add("cfg", llvm::SimplifyCFGPass());
}

}  // namespace

void optimise(llvm::Module& module, llvm::TargetMachine& machine, const Options& options) {
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager calls;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder(&machine);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(calls);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, calls, modules);

    Pipeline pipeline(options);
    if (options.quality == Quality::Full)
        full(pipeline);
    else
        quick(pipeline);
    for (llvm::Function& function : module)
        if (!function.isDeclaration()) pipeline.passes.run(function, functions);
}

}  // namespace hone::compiler
