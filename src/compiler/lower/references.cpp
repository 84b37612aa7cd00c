// SPDX-License-Identifier: Apache-2.0
// Reference counts, by the three rules of ir/layout.h. Immortal objects are skipped without
// a branch: the count is written back unchanged, so that the control flow, and with it the
// compile time, is that of a plain count. The upper half of the word (3.14: flags) is never
// touched.
#include "compiler/lower/lowering.h"

namespace hone::compiler {

void Lowering::incref(llvm::Value* object) {
    if (layout.refcount == ir::RefcountRule::Plain) {
        llvm::Value* const count = load(i64, object, 0, Memory::Refcount);
        store(b.CreateAdd(count, b.getInt64(1)), object, 0, Memory::Refcount);
        return;
    }
    llvm::Value* const count = load(i32, object, 0, Memory::Refcount);
    const std::uint32_t immortal =
        layout.refcount == ir::RefcountRule::ImmortalLow32 ? 0xffffffffu : 3u << 30;
    llvm::Value* const mortal = b.CreateICmpULT(count, b.getInt32(immortal));
    store(b.CreateAdd(count, b.CreateZExt(mortal, i32)), object, 0, Memory::Refcount);
}

namespace {

// The count after one reference less, stored.
llvm::Value* count_down(Lowering& l, llvm::Value* object) {
    const bool plain = l.layout.refcount == ir::RefcountRule::Plain;
    llvm::Value* const count = l.load(plain ? l.i64 : l.i32, object, 0, Memory::Refcount);
    llvm::Value* left;
    if (plain) {
        left = l.b.CreateSub(count, l.b.getInt64(1));
    } else {
        llvm::Value* const mortal = l.b.CreateICmpSGE(count, l.b.getInt32(0));
        left = l.b.CreateSub(count, l.b.CreateZExt(mortal, l.i32));
    }
    l.store(left, object, 0, Memory::Refcount);
    return l.b.CreateICmpEQ(left, llvm::ConstantInt::get(left->getType(), 0));
}

}  // namespace

void Lowering::decref(llvm::Value* object, Death death, const ir::Inst* inst) {
    llvm::BasicBlock *const last = new_block(), *const next = new_block();
    branch(count_down(*this, object), last, next, Odds::Unlikely);
    b.SetInsertPoint(last);
    if (inst && inst->state)
        sync(*inst);
    else if (death == Death::Loud)
        static_cast<void>(frame());
    llvm::CallInst* const dies = call(runtime(runtime::RtId::dealloc), {object});
    if (death == Death::Leaf)
        dies->setMemoryEffects(llvm::MemoryEffects::inaccessibleOrArgMemOnly());
    b.CreateBr(next);
    b.SetInsertPoint(next);
}

// Frees its own memory and touches no other object.
bool is_leaf(ir::TypeKind kind) {
    switch (kind) {
        case ir::TypeKind::Int:
        case ir::TypeKind::Float:
        case ir::TypeKind::Bool:
        case ir::TypeKind::None:
        case ir::TypeKind::Str:
        case ir::TypeKind::Bytes:
        case ir::TypeKind::Complex:
            return true;
        default:
            return false;
    }
}

namespace {

constexpr std::int64_t kMaybeNull = 1;

// Runs `count` behind a null test, where the op says that the object may be absent.
template <class Count>
void unless_null(Lowering& l, const ir::Inst& inst, Count count) {
    llvm::Value* const object = l.arg(inst, 0);
    if ((inst.imm & kMaybeNull) == 0) return count(object);
    llvm::BasicBlock *const present = l.new_block(), *const next = l.new_block();
    l.branch(l.b.CreateIsNull(object), next, present, Odds::Even);
    l.b.SetInsertPoint(present);
    count(object);
    l.b.CreateBr(next);
    l.b.SetInsertPoint(next);
}

}  // namespace

template <>
void lower<ir::Op::IncRef>(Lowering& l, const ir::Inst& inst) {
    unless_null(l, inst, [&](llvm::Value* object) { l.incref(object); });
}

template <>
void lower<ir::Op::DecRef>(Lowering& l, const ir::Inst& inst) {
    const Death death = is_leaf(l.type_of(inst, 0))          ? Death::Leaf
                        : (inst.imm & ir::kDiesQuietly) != 0 ? Death::Quiet
                                                             : Death::Loud;
    unless_null(l, inst, [&](llvm::Value* object) { l.decref(object, death, nullptr); });
}

}  // namespace hone::compiler
