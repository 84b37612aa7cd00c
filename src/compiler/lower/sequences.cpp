// SPDX-License-Identifier: Apache-2.0
// Lists and tuples in place.
#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

llvm::Value* list_place(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const items =
        l.load(l.ptr, l.arg(inst, 0), l.layout.list_items, Memory::ListItems);
    return l.element(items, l.arg(inst, 1));
}

constexpr ir::TypeKind kQuiet[] = {ir::TypeKind::Float, ir::TypeKind::Int, ir::TypeKind::Str,
                                   ir::TypeKind::Bool, ir::TypeKind::None};

}  // namespace

// The type of the new item is tried first, for lists are mostly of one type.
void leave_unless_quiet(Lowering& l, llvm::Value* old, ir::TypeKind expected,
                        const ir::Inst& inst) {
    llvm::Value* const type = l.class_of(old);
    llvm::BasicBlock *const other = l.new_block(), *const quiet = l.new_block();
    l.branch(l.b.CreateICmpEQ(type, l.type_object(expected)), quiet, other, Odds::Likely);
    l.b.SetInsertPoint(other);
    const bool plain = l.layout.refcount == ir::RefcountRule::Plain;
    llvm::Value* const count = l.load(plain ? l.i64 : l.i32, old, 0, Memory::Refcount);
    llvm::Value* safe = l.b.CreateICmpUGT(count, llvm::ConstantInt::get(count->getType(), 1));
    for (const ir::TypeKind kind : kQuiet)
        if (kind != expected)
            safe = l.b.CreateOr(safe, l.b.CreateICmpEQ(type, l.type_object(kind)));
    l.leave_unless(safe, inst);
    l.b.CreateBr(quiet);
    l.b.SetInsertPoint(quiet);
}

// A float counted once is the place's own: whoever reads it next takes it from there. (On 3.14 a
// stack may hold an object without counting it, but only one that a local or a constant counts.)
// `x = v[0]` holds a count; so the old number is never seen to change.
void replace_by_float(Lowering& l, llvm::Value* place, Memory memory, llvm::Value* value,
                      const ir::Inst& inst) {
    llvm::Value* const old = l.load(l.ptr, place, 0, memory);
    llvm::Value* const type = l.class_of(old);
    const bool plain = l.layout.refcount == ir::RefcountRule::Plain;
    llvm::Value* const count = l.load(plain ? l.i64 : l.i32, old, 0, Memory::Refcount);
    llvm::Value* const alone =
        l.b.CreateAnd(l.b.CreateICmpEQ(type, l.type_object(ir::TypeKind::Float)),
                      l.b.CreateICmpEQ(count, llvm::ConstantInt::get(count->getType(), 1)));
    llvm::BasicBlock *const own = l.new_block(), *const other = l.new_block(),
                            *const next = l.new_block();
    l.branch(alone, own, other, Odds::Likely);
    l.b.SetInsertPoint(own);
    l.store(value, old, l.layout.float_value, Memory::Float);
    l.b.CreateBr(next);
    l.b.SetInsertPoint(other);
    llvm::Value* const done = l.call(l.runtime(runtime::RtId::replace_by_float), {place, value});
    l.leave_if(l.b.CreateICmpEQ(done, l.b.getInt64(0)), inst);
    l.b.CreateBr(next);
    l.b.SetInsertPoint(next);
}

template <>
void lower<ir::Op::ListLen>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.i64, l.arg(inst, 0), l.layout.list_size, Memory::ListSize));
}

template <>
void lower<ir::Op::TupleLen>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.i64, l.arg(inst, 0), l.layout.tuple_size, Memory::TupleSize));
}

template <>
void lower<ir::Op::ListItem>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.tag(l.b.CreateLoad(l.ptr, list_place(l, inst)), Memory::ListItem));
}

template <>
void lower<ir::Op::TupleItem>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const items = l.address(l.arg(inst, 0), l.layout.tuple_items);
    l.set(inst, l.tag(l.b.CreateLoad(l.ptr, l.element(items, l.arg(inst, 1))), Memory::TupleItem));
}

template <>
void lower<ir::Op::SetListItem>(Lowering& l, const ir::Inst& inst) {
    l.leave_if_forced(inst);
    llvm::Value* const place = list_place(l, inst);
    llvm::Value* const old = l.tag(l.b.CreateLoad(l.ptr, place), Memory::ListItem);
    const ir::TypeKind kind = l.type_of(inst, 2);
    leave_unless_quiet(l, old, is_leaf(kind) ? kind : ir::TypeKind::Float, inst);
    l.tag(l.b.CreateStore(l.arg(inst, 2), place), Memory::ListItem);
    l.decref(old, Death::Leaf, nullptr);
}

template <>
void lower<ir::Op::SetListFloat>(Lowering& l, const ir::Inst& inst) {
    l.leave_if_forced(inst);
    replace_by_float(l, list_place(l, inst), Memory::ListItem, l.arg(inst, 2), inst);
}

}  // namespace hone::compiler
