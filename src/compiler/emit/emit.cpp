// SPDX-License-Identifier: Apache-2.0
// From IR to the bytes of an object file: lower, optimise, generate code.
#include "compiler/emit/emit.h"

#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/FormatVariadic.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <ctime>

#include "base/check.h"
#include "compiler/dump.h"
#include "compiler/emit/machine.h"
#include "compiler/emit/pipelines.h"
#include "compiler/lower/lower.h"
#include "ir/printer.h"

namespace hone::compiler {
namespace {

double cpu_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void check(const llvm::Module& module) {
#ifndef NDEBUG
    HONE_CHECK(!llvm::verifyModule(module, &llvm::errs()), "lowering made invalid LLVM IR");
#else
    (void)module;
#endif
}

void generate(llvm::Module& module, llvm::TargetMachine& machine, llvm::CodeGenFileType type,
              llvm::SmallVectorImpl<char>& out) {
    llvm::raw_svector_ostream stream(out);
    llvm::legacy::PassManager passes;
    const bool failed = machine.addPassesToEmitFile(passes, stream, nullptr, type);
    HONE_CHECK(!failed, "LLVM can't write object files");
    passes.run(module);
}

// Code generation changes the module, so the text is made from a copy.
void dump_assembly(const llvm::Module& module, llvm::TargetMachine& machine) {
    const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    llvm::SmallVector<char, 0> text;
    generate(*copy, machine, llvm::CodeGenFileType::AssemblyFile, text);
    llvm::errs().write(text.data(), text.size());
}

std::uint32_t count_ops(const ir::Function& function) {
    std::size_t ops = 0;
    for (const ir::Block& block : function.blocks) ops += block.insts.size();
    return static_cast<std::uint32_t>(ops);
}

}  // namespace

Result<ObjectCode> emit(const ir::Function& function, const ir::Layout& layout,
                        const Options& options) {
    ObjectCode code;
    code.ops = count_ops(function);
    if (code.ops > options.max_ops) return fail("too large to compile");

    auto [session, lock] = Session::get();
    llvm::TargetMachine& machine = session.machine(options.quality);
    const double start = cpu_ms();
    llvm::Module module(function.name, session.context());
    module.setTargetTriple(machine.getTargetTriple().str());
    module.setDataLayout(machine.createDataLayout());
    module.setPICLevel(llvm::PICLevel::BigPIC);
    code.exits = lower(function, layout, options, module);
    code.places = function.places;
    check(module);
    const double lowered = cpu_ms();
    if (dump_wanted("ir")) llvm::errs() << ir::print(function);
    if (dump_wanted("llvm0")) module.print(llvm::errs(), nullptr);
    optimise(module, machine, options);
    if (dump_wanted("llvm")) module.print(llvm::errs(), nullptr);
    if (dump_wanted("asm")) dump_assembly(module, machine);

    const double optimised = cpu_ms();
    llvm::SmallVector<char, 0> object;
    generate(module, machine, llvm::CodeGenFileType::ObjectFile, object);
    code.elf.assign(object.begin(), object.end());
    if (dump_wanted("time"))
        llvm::errs() << llvm::formatv(
            "{0}: {1} ops, {2} bytes, ms: lower {3:F2} optimise {4:F2} code {5:F2}\n",
            function.name, code.ops, code.elf.size(), lowered - start, optimised - lowered,
            cpu_ms() - optimised);
    return code;
}

}  // namespace hone::compiler
