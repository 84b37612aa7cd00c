// SPDX-License-Identifier: Apache-2.0
// Locals, globals, cells, attributes, methods.
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {

void Translator::load_fast(const ir::Instr& in) {
    Item& local = top().locals[static_cast<std::size_t>(in.arg)];
    if (local.is_null()) return leave();  // UnboundLocalError, said by the interpreter
    if (local.is_value() && local.maybe_unbound) {
        if (broken(Assumption::Bound)) return leave();
        if (local.bound.valid()) {
            guard(local.bound, Assumption::Bound);
            local = raw_item(local.raw);
            return push(local);
        }
        const ValueId slot = local.object;
        guard(emit(Op::NotBool, {emit(Op::IsNull, {slot})}), Assumption::Bound);
        local = value_item(emit(Op::NotNull, {slot}), local.type);
    }
    if (!unpacked_next()) make_shared(local);
    push(local);
}

// A tuple that is taken apart at once need not be made for it.
bool Translator::unpacked_next() const {
    const ir::Instr* const next = next_alone();
    return next != nullptr && next->op == ir::Bc::UnpackSequence;
}

// The frame's own slot is written by the next op that runs Python code. Until then it may keep
// alive what the local held, whose destructor is due now: that one is dropped at once.
// (passes/clean_slots takes the op away where the slot can hold nothing.)
void Translator::store_fast(const ir::Instr& in) {
    Item value;
    if (in.op == ir::Bc::StoreFast) value = pop();
    if (value.form == Form::ListSlice) static_cast<void>(object(value));
    value.pinned = false;
    Item& local = top().locals[static_cast<std::size_t>(in.arg)];
    const bool loud = !dies_unnoticed(local);
    local = std::move(value);
    if (!loud || context_.frames.size() > 1) return;
    begin_instr();  // the destructor sees the new value
    emit(Op::DropSlot, {}, in.arg);
    globals_fresh_ = false;
}

// Giving up what the item stands for runs no code and frees nothing that could be watched.
bool Translator::dies_unnoticed(const Item& item) {
    return item.is_null() || item.form == Form::Complex ||
           (item.is_value() && (item.raw.valid() || ir::dies_quietly(item.type)));
}

ValueId Translator::name_object(std::int32_t index) {
    return const_object(unit().name_objects[static_cast<std::size_t>(index)], TypeKind::Str);
}

ValueId Translator::cache() {
    return emit(Op::ConstCache, {}, sizeof(runtime::AttrCache));
}

void Translator::fresh_globals() {
    if (!globals_fresh_) emit(Op::GuardGlobals);
    globals_fresh_ = true;
}

void Translator::load_global(const ir::Instr& in) {
    const ir::GlobalFact& fact = unit().globals[static_cast<std::size_t>(in.arg)];
    Item item;
    if (fact.found) {
        fresh_globals();
        item = fact_item(fact.value);
    } else {
        if (!may_run_python()) return leave();
        const ValueId frame = emit(Op::FramePtr);
        item = value_item(rt(RtId::load_global, {frame, name_object(in.arg)}), TypeKind::Unknown);
    }
    if (in.op != ir::Bc::LoadGlobalNull) return push(std::move(item));
    push_callable(std::move(item), Item{});
}

// The two slots of a call in this version's order.
void Translator::push_callable(Item callable, Item self) {
    if (layout().null_before_callable) {
        const bool bound = !self.is_null();
        push(bound ? callable : Item{});
        push(bound ? std::move(self) : std::move(callable));
        return;
    }
    push(std::move(callable));
    push(std::move(self));
}

void Translator::store_global(const ir::Instr& in) {
    Item value = pop();
    if (!may_run_python()) return leave();
    const ValueId v = object(value), frame = emit(Op::FramePtr);
    rt(RtId::store_global, {frame, name_object(in.arg), v});
}

// Within the code: the variable of a comprehension that was written in place (3.12+). The cells of
// the function itself are made by its prologue, before compiled code is entered.
void Translator::make_cell(const ir::Instr& in) {
    if (!may_run_python()) return leave();
    Item& local = top().locals[static_cast<std::size_t>(in.arg)];
    const ValueId contents = object_or_null(local);
    local = value_item(rt(RtId::new_cell, {contents}), TypeKind::Unknown);
}

void Translator::load_deref(const ir::Instr& in) {
    Item& cell = top().locals[static_cast<std::size_t>(in.arg)];
    if (broken(Assumption::Bound) || !cell.is_value()) return leave();
    const ValueId contents = emit(Op::LoadCell, {object(cell)});
    guard(emit(Op::NotBool, {emit(Op::IsNull, {contents})}), Assumption::Bound);
    push_object(emit(Op::NotNull, {contents}));
}

void Translator::store_deref(const ir::Instr& in) {
    Item value = pop();
    Item& cell = top().locals[static_cast<std::size_t>(in.arg)];
    if (!may_run_python() || !cell.is_value()) return leave();
    const ValueId c = object(cell), v = object(value);
    rt(RtId::cell_set, {c, v});
}

const ObjectFact* Translator::module_attribute(const Item& item, const std::string& name) const {
    if (item.fact == nullptr || item.type != TypeKind::Module) return nullptr;
    for (const auto& [attribute, fact] : item.fact->attributes)
        if (attribute == name) return &fact;
    return nullptr;
}

const ObjectFact* Translator::builtin_method(const Item& item, std::uint32_t name) const {
    for (const ir::MethodFact& fact : unit().methods)
        if (fact.name == name && fact.type == item.type && item.type != TypeKind::Unknown)
            return &fact.method;
    return nullptr;
}

void Translator::load_attr(const ir::Instr& in) {
    Item owner = pop();
    if (const ObjectFact* fact =
            module_attribute(owner, unit().names[static_cast<std::size_t>(in.arg)])) {
        fresh_globals();
        return push(fact_item(*fact));
    }
    if (const ObjectFact* fact = builtin_method(owner, static_cast<std::uint32_t>(in.arg))) {
        Item bound;
        bound.form = Form::Bound;
        bound.fact = fact;
        bound.parts = {value_item(object(owner), owner.type)};
        return push(std::move(bound));
    }
    if (complex_attribute(owner, unit().names[static_cast<std::size_t>(in.arg)])) return;
    if (load_known_attribute(owner, in)) return;
    if (!may_run_python()) return leave();
    const ValueId o = object(owner), name = name_object(in.arg);
    push_object(rt(RtId::get_attr, {o, name, cache()}));
}

// On 3.11 and 3.12 the order of the two slots depends on whether the attribute is a method, so
// an attribute found at run time is pushed as what it is: bound, with a NULL before it.
void Translator::load_method(const ir::Instr& in) {
    Item owner = pop();
    const auto name = static_cast<std::uint32_t>(in.arg);
    if (const ObjectFact* fact = module_attribute(owner, unit().names[name])) {
        fresh_globals();
        return push_callable(fact_item(*fact), Item{});
    }
    if (const ObjectFact* fact = builtin_method(owner, name))
        return push_callable(fact_item(*fact), std::move(owner));
    if (load_known_method(owner, in)) return;
    if (!may_run_python()) return leave();
    const ValueId o = object(owner), text = name_object(in.arg);
    if (layout().null_before_callable)
        return push_callable(value_item(rt(RtId::get_attr, {o, text, cache()}), TypeKind::Unknown),
                             Item{});
    const ValueId callable = rt(RtId::load_method, {o, text, cache()});
    Item self = value_item(fn_.block(block_).insts.back().result2, TypeKind::Unknown);
    self.maybe_unbound = true;
    push_callable(value_item(callable, TypeKind::Unknown), std::move(self));
}

void Translator::store_attr(const ir::Instr& in) {
    Item owner = pop(), value = pop();
    if (store_known_attribute(owner, value, in)) return;
    if (!may_run_python()) return leave();
    const ValueId o = object(owner), v = object(value), name = name_object(in.arg);
    rt(RtId::set_attr, {o, name, v, cache()});
}

}  // namespace hone::compiler::frontend
