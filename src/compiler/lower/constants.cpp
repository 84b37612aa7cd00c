// SPDX-License-Identifier: Apache-2.0
// Constants, frame slots and cells.
#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

constexpr std::int64_t kCellContents = 16;  // PyCellObject::ob_ref, the same on all versions

std::int64_t slot_offset(const Lowering& l, const ir::Inst& inst) {
    return l.layout.frame_locals + 8 * inst.imm;
}

}  // namespace

template <>
void lower<ir::Op::ConstI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.getInt64(static_cast<std::uint64_t>(inst.imm)));
}

// From memory, where LLVM can't see it: it folds inf - inf (1e308 * 10 - 1e308 * 10) to +NaN, the
// machine makes -NaN, and Python shows the sign. A constant is loaded from memory on x86 anyway.
template <>
void lower<ir::Op::ConstF64>(Lowering& l, const ir::Inst& inst) {
    const llvm::APInt bits(64, static_cast<std::uint64_t>(inst.imm));
    const std::string name = "float." + std::to_string(inst.imm);
    llvm::GlobalVariable* cell = l.module.getGlobalVariable(name, true);
    if (!cell) {
        cell = l.variable(name, l.f64);
        cell->setLinkage(llvm::GlobalValue::PrivateLinkage);
        cell->setInitializer(
            llvm::ConstantFP::get(l.context, llvm::APFloat(llvm::APFloat::IEEEdouble(), bits)));
        cell->setExternallyInitialized(true);
    }
    llvm::LoadInst* const number = l.tag(l.b.CreateLoad(l.f64, cell), Memory::Symbol);
    number->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(l.context, {}));
    l.set(inst, number);
}

template <>
void lower<ir::Op::ConstBool>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.getInt1(inst.imm != 0));
}

template <>
void lower<ir::Op::ConstObj>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.object(ir::ObjectId(inst.aux)));
}

template <>
void lower<ir::Op::ConstNone>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.object("hone_none"));
}

template <>
void lower<ir::Op::ConstNull>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, llvm::ConstantPointerNull::get(l.b.getPtrTy()));
}

template <>
void lower<ir::Op::ConstCache>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.zeroed(static_cast<std::uint64_t>(inst.imm)));
}

template <>
void lower<ir::Op::LoadWord>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.i64, l.word("hone_words"), 8 * inst.imm, Memory::Words));
}

template <>
void lower<ir::Op::TakeWord>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.ptr, l.word("hone_words"), 8 * inst.imm, Memory::Words));
}

template <>
void lower<ir::Op::LoadCell>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.ptr, l.arg(inst, 0), kCellContents, Memory::Cell));
}

// The slot is emptied first, as CPython does: what runs in the destructor must not see it. With
// stack references an empty slot is 1, and bit 0 of a full one says that no reference is owned.
template <>
void lower<ir::Op::DropSlot>(Lowering& l, const ir::Inst& inst) {
    const bool tagged = l.layout.stack_refs;
    llvm::Value* const bits = l.load(l.i64, l.frame(), slot_offset(l, inst), Memory::Slot);
    l.store(l.b.getInt64(tagged ? 1 : 0), l.frame(), slot_offset(l, inst), Memory::Slot);
    llvm::Value* const owned = tagged ? l.b.CreateICmpEQ(l.b.CreateAnd(bits, 1), l.b.getInt64(0))
                                      : l.b.CreateICmpNE(bits, l.b.getInt64(0));
    llvm::BasicBlock *const drop = l.new_block(), *const next = l.new_block();
    l.branch(owned, drop, next, Odds::Even);
    l.b.SetInsertPoint(drop);
    l.decref(l.b.CreateIntToPtr(bits, l.ptr), Death::Loud, &inst);
    l.b.CreateBr(next);
    l.b.SetInsertPoint(next);
}

}  // namespace hone::compiler
