// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/emit.h"

#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>

#include <mutex>

#include "compiler/dump.h"
#include "compiler/effects.h"
#include "compiler/emit/machine.h"
#include "compiler/emit/optimise.h"
#include "compiler/lower/lower.h"

namespace hone::compiler {
namespace {

std::mutex& emit_lock() {
    static std::mutex lock;
    return lock;
}

Result<std::vector<std::uint8_t>> object_code(llvm::Module& module, llvm::TargetMachine& machine) {
    llvm::SmallVector<char, 0> bytes;
    llvm::raw_svector_ostream out(bytes);
    llvm::legacy::PassManager passes;
    if (machine.addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile))
        return fail("LLVM can't write object code for this machine");
    passes.run(module);
    return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
}

std::uint32_t ops_of(const ir::Function& function) {
    std::size_t ops = 0;
    for (const ir::Block& block : function.blocks) ops += block.insts.size();
    return static_cast<std::uint32_t>(ops);
}

}  // namespace

Result<ObjectCode> emit(const ir::Function& function, const ir::Layout& layout, const Options& options) {
    const std::scoped_lock held(emit_lock());
    auto machine = host_machine();
    if (!machine) return std::unexpected(machine.error());
    llvm::LLVMContext context;
    llvm::Module module(function.name, context);
    module.setTargetTriple((*machine)->getTargetTriple().str());
    module.setDataLayout((*machine)->createDataLayout());
    module.setPICLevel(llvm::PICLevel::BigPIC);
    ObjectCode made;
    made.ops = ops_of(function);
    made.exits = lower(function, layout, options, module);
    if (dump_wanted("ir")) llvm::errs() << print(function);
    optimise(module, **machine, options.quality);
    if (dump_wanted("llvm")) module.print(llvm::errs(), nullptr);
    auto bytes = object_code(module, **machine);
    if (!bytes) return std::unexpected(bytes.error());
    made.elf = std::move(*bytes);
    return made;
}

}  // namespace hone::compiler
