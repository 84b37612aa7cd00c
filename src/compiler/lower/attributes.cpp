// SPDX-License-Identifier: Apache-2.0
// Attributes of instances in place, by the layouts of ir/layout.h: guards on the class and on
// where the instance keeps its attributes, values by index, members of __slots__ by offset.
#include "base/check.h"
#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

std::int64_t size_of(std::int64_t place) {
    return place >> 32;
}
std::int64_t index_of(std::int64_t place) {
    return place & 0xffffffff;
}

// Only reached when the guard found an array.
llvm::Value* values_of(Lowering& l, llvm::Value* object, std::int64_t size) {
    const ir::Layout& layout = l.layout;
    if (layout.values == ir::ValuesRule::Behind)
        return l.address(object, size + layout.values_header);
    llvm::Value* const word = l.load(l.ptr, object, layout.values_word, Memory::AttributesWord);
    return layout.values == ir::ValuesRule::Tagged ? l.address(word, 1) : word;
}

llvm::Value* value_place(Lowering& l, const ir::Inst& inst) {
    return l.address(values_of(l, l.arg(inst, 0), size_of(inst.imm)), 8 * index_of(inst.imm));
}

llvm::Value* slot_place(Lowering& l, const ir::Inst& inst) {
    return l.address(l.arg(inst, 0), inst.imm);
}

llvm::Value* attribute_at(Lowering& l, llvm::Value* place) {
    return l.load(l.ptr, place, 0, Memory::Attribute);
}

void load_attribute(Lowering& l, const ir::Inst& inst, llvm::Value* place) {
    llvm::Value* const found = attribute_at(l, place);
    l.leave_if(l.b.CreateIsNull(found), inst);
    l.set(inst, found);
}

enum class Ordered : bool {
    No,
    Yes
};  // does __dict__ list attributes in the order of their making?
enum class OldDies : bool { Quietly, Loudly };

void store_first(Lowering& l, const ir::Inst& inst, llvm::Value* value, llvm::Value* place,
                 Ordered ordered) {
    l.tag(l.b.CreateStore(value, place), Memory::Attribute);
    if (ordered == Ordered::No) return;
    l.call(l.runtime(runtime::RtId::attribute_added),
           {l.arg(inst, 0), l.b.getInt64(static_cast<std::uint64_t>(index_of(inst.imm)))});
}

void store_over(Lowering& l, const ir::Inst& inst, llvm::Value* place, llvm::Value* old,
                OldDies dies) {
    const ir::TypeKind kind = l.type_of(inst, 1);
    if (dies == OldDies::Quietly)
        leave_unless_quiet(l, old, is_leaf(kind) ? kind : ir::TypeKind::Float, inst);
    l.tag(l.b.CreateStore(l.arg(inst, 1), place), Memory::Attribute);
    if (dies == OldDies::Quietly) return l.decref(old, Death::Leaf, nullptr);
    l.decref(old, Death::Loud, &inst);
}

// first(): nothing is stored there yet; over(old).
template <class First, class Over>
void store_where(Lowering& l, const ir::Inst& inst, llvm::Value* place, First first_time,
                 Over over_old) {
    l.leave_if_forced(inst);
    llvm::Value* const old = attribute_at(l, place);
    llvm::BasicBlock *const first = l.new_block(), *const over = l.new_block(),
                            *const next = l.new_block();
    l.branch(l.b.CreateIsNull(old), first, over, Odds::Unlikely);
    l.b.SetInsertPoint(first);
    first_time();
    l.b.CreateBr(next);
    l.b.SetInsertPoint(over);
    over_old(old);
    l.b.CreateBr(next);
    l.b.SetInsertPoint(next);
}

void store_attribute(Lowering& l, const ir::Inst& inst, llvm::Value* place, Ordered ordered,
                     OldDies dies) {
    store_where(
        l, inst, place, [&] { store_first(l, inst, l.arg(inst, 1), place, ordered); },
        [&](llvm::Value* old) { store_over(l, inst, place, old, dies); });
}

void store_float(Lowering& l, const ir::Inst& inst, llvm::Value* place, Ordered ordered) {
    const auto box = [&] { return l.call(l.runtime(runtime::RtId::box_f64), {l.arg(inst, 1)}); };
    store_where(
        l, inst, place, [&] { store_first(l, inst, box(), place, ordered); },
        [&](llvm::Value*) { replace_by_float(l, place, Memory::Attribute, l.arg(inst, 1), inst); });
}

llvm::Value* class_of(Lowering& l, const ir::Inst& inst) {
    return l.object(ir::ObjectId(inst.aux));
}

}  // namespace

template <>
void lower<ir::Op::GuardClass>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const now =
        l.load(l.i32, class_of(l, inst), l.layout.type_version, Memory::Version);
    l.leave_unless(l.b.CreateICmpEQ(now, l.b.getInt32(static_cast<std::uint32_t>(inst.imm))), inst);
}

template <>
void lower<ir::Op::GuardKeys>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const keys =
        l.load(l.ptr, class_of(l, inst), l.layout.type_shared_keys, Memory::Version);
    llvm::Value* const names = l.load(l.i64, keys, l.layout.keys_entries, Memory::Version);
    l.leave_unless(l.b.CreateICmpEQ(names, l.b.getInt64(static_cast<std::uint64_t>(inst.imm))),
                   inst);
}

template <>
void lower<ir::Op::GuardValues>(Lowering& l, const ir::Inst& inst) {
    const ir::Layout& layout = l.layout;
    llvm::Value* const object = l.arg(inst, 0);
    llvm::Value* kept = nullptr;
    switch (layout.values) {
        case ir::ValuesRule::Pointer:
            kept = l.b.CreateIsNotNull(
                l.load(l.ptr, object, layout.values_word, Memory::AttributesWord));
            break;
        case ir::ValuesRule::Tagged: {
            llvm::Value* const word =
                l.load(l.i64, object, layout.values_word, Memory::AttributesWord);
            kept = l.b.CreateTrunc(word, l.i1);
            break;
        }
        case ir::ValuesRule::Behind: {
            llvm::Value* const valid =
                l.load(l.i8, object, inst.imm + layout.values_valid, Memory::AttributesWord);
            kept = l.b.CreateICmpNE(valid, l.b.getInt8(0));
            if (inst.aux == 1)
                kept = l.b.CreateAnd(kept, l.b.CreateIsNull(l.load(l.ptr, object, layout.dict_word,
                                                                   Memory::AttributesWord)));
            break;
        }
    }
    l.leave_unless(kept, inst);
}

template <>
void lower<ir::Op::AttrValue>(Lowering& l, const ir::Inst& inst) {
    load_attribute(l, inst, value_place(l, inst));
}

template <>
void lower<ir::Op::SetAttrValue>(Lowering& l, const ir::Inst& inst) {
    store_attribute(l, inst, value_place(l, inst), Ordered::Yes, OldDies::Quietly);
}

template <>
void lower<ir::Op::SetAttrValueFloat>(Lowering& l, const ir::Inst& inst) {
    store_float(l, inst, value_place(l, inst), Ordered::Yes);
}

template <>
void lower<ir::Op::ReplaceAttrValue>(Lowering& l, const ir::Inst& inst) {
    store_attribute(l, inst, value_place(l, inst), Ordered::Yes, OldDies::Loudly);
}

template <>
void lower<ir::Op::AttrSlot>(Lowering& l, const ir::Inst& inst) {
    load_attribute(l, inst, slot_place(l, inst));
}

template <>
void lower<ir::Op::SetAttrSlot>(Lowering& l, const ir::Inst& inst) {
    store_attribute(l, inst, slot_place(l, inst), Ordered::No, OldDies::Quietly);
}

template <>
void lower<ir::Op::SetAttrSlotFloat>(Lowering& l, const ir::Inst& inst) {
    store_float(l, inst, slot_place(l, inst), Ordered::No);
}

template <>
void lower<ir::Op::ReplaceAttrSlot>(Lowering& l, const ir::Inst& inst) {
    store_attribute(l, inst, slot_place(l, inst), Ordered::No, OldDies::Loudly);
}

}  // namespace hone::compiler
