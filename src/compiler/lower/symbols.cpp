// SPDX-License-Identifier: Apache-2.0
// Names in the object code: objects, types, runtime functions, the engine's services. No
// address is ever baked in.
#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

using runtime::RtArg;
using runtime::RtRet;

llvm::Type* argument_type(Lowering& l, RtArg kind) {
    switch (kind) {
        case RtArg::I64:
            return l.i64;
        case RtArg::F64:
            return l.f64;
        default:
            return l.ptr;
    }
}

llvm::Type* result_type(Lowering& l, RtRet kind) {
    switch (kind) {
        case RtRet::None:
            return l.b.getVoidTy();
        case RtRet::Obj:
            return l.ptr;
        case RtRet::I64:
            return l.i64;
        case RtRet::F64:
            return l.f64;
    }
    return nullptr;
}

// What a row's effects allow LLVM to assume. Nothing of memory for rows that write: even an
// operation that only makes an object counts references of others.
void add_effects(const Lowering& l, llvm::Function& f, runtime::RtId id) {
    using ir::Effects;
    const runtime::RtRow& row = runtime::rt_row(id);
    const Effects effects = row.effects;
    if (effects == Effects::Pure) {
        f.setMemoryEffects(llvm::MemoryEffects::none());
    } else if (effects == Effects::ReadsHeap) {
        f.setMemoryEffects(llvm::MemoryEffects::readOnly());
    } else if (effects == Effects::Allocs && row.own == ir::Own::New) {  // boxes
        // A profiler that is asked for memory reads where the code is.
        if (!l.options.watched.places)
            f.setMemoryEffects(llvm::MemoryEffects::inaccessibleMemOnly());
        f.addRetAttr(llvm::Attribute::NonNull);
        f.addRetAttr(llvm::Attribute::NoAlias);
    }
    if (!ir::has(effects, Effects::RunsPython)) f.addFnAttr(llvm::Attribute::WillReturn);
    if (id == runtime::RtId::dealloc) f.addFnAttr(llvm::Attribute::Cold);
}

llvm::Function* declare(Lowering& l, std::string_view name, llvm::FunctionType* type) {
    llvm::Function* const f =
        llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, l.module);
    f->setDoesNotThrow();
    f->addFnAttr(llvm::Attribute::NonLazyBind);  // called through the GOT, no PLT
    return f;
}

}  // namespace

llvm::FunctionCallee Lowering::runtime(runtime::RtId id) {
    const runtime::RtRow& row = runtime::rt_row(id);
    if (llvm::Function* const known = module.getFunction(row.symbol)) return known;
    std::vector<llvm::Type*> args;
    for (std::size_t i = 0; i < row.nargs; ++i) args.push_back(argument_type(*this, row.args[i]));
    llvm::Function* const f = declare(
        *this, row.symbol, llvm::FunctionType::get(result_type(*this, row.ret), args, false));
    add_effects(*this, *f, id);
    for (unsigned i = 0; i < row.nargs; ++i)
        if (row.args[i] == RtArg::ObjArray || row.args[i] == RtArg::ObjOut)
            f->addParamAttr(i, llvm::Attribute::NoCapture);
    return f;
}

llvm::FunctionCallee Lowering::service(std::string_view name, llvm::Type* result,
                                       llvm::ArrayRef<llvm::Type*> args) {
    if (llvm::Function* const known = module.getFunction(name)) return known;
    return declare(*this, name, llvm::FunctionType::get(result, args, false));
}

llvm::Value* Lowering::object(const std::string& symbol) {
    const std::string cell_name = "cell." + symbol;
    llvm::GlobalVariable* cell = module.getGlobalVariable(cell_name, true);
    if (!cell) {
        cell = variable(cell_name, ptr);
        cell->setLinkage(llvm::GlobalValue::PrivateLinkage);
        cell->setInitializer(word(symbol));
        cell->setExternallyInitialized(true);  // or LLVM would look through it at the symbol
    }
    llvm::LoadInst* const pointer = tag(b.CreateLoad(ptr, cell), Memory::Symbol);
    llvm::MDNode* const empty = llvm::MDNode::get(context, {});
    pointer->setMetadata(llvm::LLVMContext::MD_invariant_load, empty);
    pointer->setMetadata(llvm::LLVMContext::MD_nonnull, empty);
    return pointer;
}

// The type says nothing of the size: LLVM must not tell two symbols apart by it.
llvm::Constant* Lowering::word(const std::string& symbol) {
    llvm::StructType* type = llvm::StructType::getTypeByName(context, "external");
    if (!type) type = llvm::StructType::create(context, "external");
    return variable(symbol, type);
}

llvm::GlobalVariable* Lowering::variable(const std::string& name, llvm::Type* type) {
    return llvm::cast<llvm::GlobalVariable>(module.getOrInsertGlobal(name, type));
}

llvm::Constant* Lowering::zeroed(std::uint64_t bytes) {
    llvm::Type* const type = llvm::ArrayType::get(i8, bytes);
    llvm::GlobalVariable* const cell =
        variable("cache." + std::to_string(module.global_size()), type);
    cell->setLinkage(llvm::GlobalValue::PrivateLinkage);
    cell->setInitializer(llvm::ConstantAggregateZero::get(type));
    cell->setAlignment(llvm::Align(16));
    return cell;
}

}  // namespace hone::compiler
