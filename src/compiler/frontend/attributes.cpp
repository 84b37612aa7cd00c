// SPDX-License-Identifier: Apache-2.0
// Attributes of instances whose class is known: read and written in place, methods as known
// callees. A class is known by a guard on this very object, or expected because the interpreter
// saw it here; either way the guard is written again at each access, since an object can be given
// another class whenever Python code runs. Guards that nothing can have undone are taken out once
// it is decided where objects die (passes/guards.cpp).
#include <algorithm>
#include <optional>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {

using ir::AttributeFact;
using ir::AttributeKind;
using ir::ClassFact;

const ClassFact* Translator::expected_class(const Item& owner, const ir::Instr& in) const {
    if (!owner.is_value() || owner.type != TypeKind::Unknown || owner.maybe_unbound ||
        owner.raw.valid() || broken(Assumption::Class))
        return nullptr;
    if (owner.cls != nullptr && owner.cls_tested) return owner.cls;
    const ClassFact* seen = nullptr;
    if (unit().classes != nullptr && in.seen == Seen::Instance)
        seen = unit().classes->with_version(in.type_version);
    return seen != nullptr ? seen : owner.cls;
}

const AttributeFact* Translator::attribute_of(const ClassFact* cls, std::int32_t name) const {
    if (cls == nullptr || broken(Assumption::Attribute) || broken(Assumption::Bound))
        return nullptr;
    const auto found = cls->attributes.find(unit().names[static_cast<std::size_t>(name)]);
    return found == cls->attributes.end() ? nullptr : &found->second;
}

void Translator::guard_version(const ClassFact& cls) {
    emit(Op::GuardClass, {}, cls.version, cls.type.raw);
}

void Translator::guard_class(Item& owner, const ClassFact& cls) {
    const ValueId o = object(owner);
    const ValueId type = const_object(cls.type, TypeKind::Type);
    guard(emit(Op::SameType, {o, type}), Assumption::Class);
    guard_version(cls);
    const auto tested = [&](Item& item) { item.cls = &cls, item.cls_tested = true; };
    tested(owner);
    learn(owner, tested);
}

void Translator::guard_values(const Item& owner, const ClassFact& cls, bool to_write) {
    emit(Op::GuardValues, {owner.object}, cls.basic_size, to_write ? 1 : 0);
}

// No instance attribute comes before the class' own.
void Translator::guard_unshadowed(const Item& owner, const ClassFact& cls) {
    if (cls.no_dict) return;
    emit(Op::GuardKeys, {}, cls.shared_keys, cls.type.raw);
    guard_values(owner, cls, false);
}

namespace {

bool stored_in_place(const AttributeFact& fact) {
    return fact.writable && fact.kind != AttributeKind::OwnDict;
}

// Operand of AttrValue and its kin.
std::int64_t place_of(const ClassFact& cls, const AttributeFact& fact) {
    return static_cast<std::int64_t>(cls.basic_size) << 32 | fact.index;
}

}  // namespace

bool Translator::load_known_attribute(Item& owner, const ir::Instr& in) {
    const ClassFact* const cls = expected_class(owner, in);
    const AttributeFact* const fact = attribute_of(cls, in.arg);
    if (fact == nullptr) return load_class_attribute(owner, in, false);
    switch (fact->kind) {
        case AttributeKind::Value:
            guard_class(owner, *cls);
            guard_values(owner, *cls, false);
            push_object(emit(Op::AttrValue, {owner.object}, place_of(*cls, *fact)));
            return true;
        case AttributeKind::Slot:
            guard_class(owner, *cls);
            push_object(emit(Op::AttrSlot, {owner.object}, fact->index));
            return true;
        case AttributeKind::Constant:
            guard_class(owner, *cls);
            guard_unshadowed(owner, *cls);
            push(fact_item(fact->value));
            return true;
        case AttributeKind::Property:
            return call_getter(owner, *cls, *fact);
        default:
            return false;
    }
}

// A property is a data descriptor: no attribute of the instance comes before it.
bool Translator::call_getter(Item& owner, const ClassFact& cls, const AttributeFact& fact) {
    Item getter = fact_item(fact.value);
    if (!may_run_python() && !inlinable(fact.value, &cls, 1, context_.frames.size())) return false;
    guard_class(owner, cls);
    std::vector<Item> self = {owner};
    if (inline_call(getter, Item{}, self)) return true;
    call_object(std::move(getter), std::move(owner), {}, 0);
    return true;
}

bool Translator::load_known_method(Item& owner, const ir::Instr& in) {
    const ClassFact* const cls = expected_class(owner, in);
    const AttributeFact* const fact = attribute_of(cls, in.arg);
    if (fact == nullptr) return load_class_attribute(owner, in, true);
    Item self;
    switch (fact->kind) {
        case AttributeKind::Method:
            self = owner;
            break;
        case AttributeKind::Constant:
            break;
        case AttributeKind::Bound:
            self = value_item(const_object(cls->type, TypeKind::Type), TypeKind::Type);
            break;
        default:
            return false;
    }
    guard_class(owner, *cls);
    guard_unshadowed(owner, *cls);
    if (fact->kind == AttributeKind::Method) self = owner;
    push_callable(fact_item(fact->value), std::move(self));
    return true;
}

// An attribute of a class that is itself a constant here.
bool Translator::load_class_attribute(const Item& owner, const ir::Instr& in, bool method) {
    if (owner.fact == nullptr || owner.type != TypeKind::Type || unit().classes == nullptr ||
        broken(Assumption::Attribute))
        return false;
    const ClassFact* const cls = unit().classes->of(owner.fact->id);
    if (cls == nullptr) return false;
    const auto found = cls->class_attributes.find(unit().names[static_cast<std::size_t>(in.arg)]);
    if (found == cls->class_attributes.end()) return false;
    const bool bound = found->second.kind == AttributeKind::Bound;
    if (found->second.kind != AttributeKind::Constant && !(bound && method)) return false;
    guard_version(*cls);
    if (!method) return push(fact_item(found->second.value)), true;
    push_callable(fact_item(found->second.value), bound ? owner : Item{});
    return true;
}

// A number for a number, as in most loops: that the old value dies quietly is tested before the
// store. Else its death may run Python code, which sees the frame here.
bool Translator::store_known_attribute(Item& owner, Item& value, const ir::Instr& in) {
    const ClassFact* const cls = expected_class(owner, in);
    const AttributeFact* const fact = attribute_of(cls, in.arg);
    if (fact == nullptr || !stored_in_place(*fact)) return false;
    const bool slot = fact->kind == AttributeKind::Slot;
    guard_class(owner, *cls);
    if (!slot) guard_values(owner, *cls, true);
    const bool quiet =
        !may_run_python() || (ir::dies_quietly(value.type) && !broken(Assumption::ItemType));
    const ValueId v = object(value);
    const Op op = slot ? (quiet ? Op::SetAttrSlot : Op::ReplaceAttrSlot)
                       : (quiet ? Op::SetAttrValue : Op::ReplaceAttrValue);
    emit(op, {owner.object, v}, slot ? fact->index : place_of(*cls, *fact));
    return true;
}

namespace {

// An attribute of a module, known as a constant?
bool of_module(const ir::Unit& unit, std::size_t index, const std::string& name) {
    if (index == 0 || unit.instrs[index - 1].op != ir::Bc::LoadGlobal) return false;
    const ObjectFact& owner =
        unit.globals[static_cast<std::size_t>(unit.instrs[index - 1].arg)].value;
    return std::ranges::any_of(owner.attributes,
                               [&](const auto& attribute) { return attribute.first == name; });
}

}  // namespace

// Would this instruction of a function to be inlined be native, what it calls included?
bool Translator::native_attribute(const ir::Unit& callee, std::size_t index,
                                  const ClassFact* receiver, std::size_t depth) const {
    const ir::Instr& in = callee.instrs[index];
    const std::string& name = callee.names[static_cast<std::size_t>(in.arg)];
    if (of_module(callee, index, name)) return true;
    // The owner is the first argument, or what the interpreter saw.
    const bool own = index > 0 && callee.instrs[index - 1].op == ir::Bc::LoadFast &&
                     callee.instrs[index - 1].arg == 0;
    const ClassFact* cls = own ? receiver : nullptr;
    if (cls == nullptr && in.seen == Seen::Instance && callee.classes != nullptr)
        cls = callee.classes->with_version(in.type_version);
    if (cls == nullptr) return false;
    const auto found = cls->attributes.find(name);
    if (found == cls->attributes.end()) return false;
    const AttributeFact& fact = found->second;
    if (in.op == ir::Bc::StoreAttr) return stored_in_place(fact);
    switch (fact.kind) {
        case AttributeKind::Value:
        case AttributeKind::Slot:
            return in.op == ir::Bc::LoadAttr;
        case AttributeKind::Constant:
            return in.op == ir::Bc::LoadAttr || callable_inline(fact.value, depth + 1);
        case AttributeKind::Method:
        case AttributeKind::Bound:
            return in.op == ir::Bc::LoadMethod &&
                   inlinable(fact.value, own ? cls : nullptr, std::nullopt, depth + 1);
        case AttributeKind::Property:
            return in.op == ir::Bc::LoadAttr && inlinable(fact.value, cls, 1, depth + 1);
        case AttributeKind::OwnDict:
        case AttributeKind::Unknown:
            break;
    }
    return false;
}

}  // namespace hone::compiler::frontend
