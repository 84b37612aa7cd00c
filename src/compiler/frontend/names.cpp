// SPDX-License-Identifier: Apache-2.0
// Locals, globals, cells, attributes, methods.
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {

void Translator::load_fast(const ir::Instr& in) {
    Item& local = top().locals[static_cast<std::size_t>(in.arg)];
    if (local.is_null()) return leave();  // UnboundLocalError, said by the interpreter
    if (local.is_value() && local.maybe_unbound) {
        if (broken(Assumption::Bound)) return leave();
        const ValueId slot = local.object;
        guard(emit(Op::NotBool, {emit(Op::IsNull, {slot})}), Assumption::Bound);
        local = value_item(emit(Op::NotNull, {slot}), local.type);
    }
    push(local);
}

// The frame's own slot keeps what it held until the next op that runs Python code, which writes
// all slots first: nobody can see the difference.
void Translator::store_fast(const ir::Instr& in) {
    Item value;
    if (in.op == ir::Bc::StoreFast) value = pop();
    top().locals[static_cast<std::size_t>(in.arg)] = std::move(value);
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
    if (in.op == ir::Bc::LoadGlobal) return push(std::move(item));
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
    if (load_known_attribute(owner, in)) return;
    if (!may_run_python()) return leave();
    const ValueId o = object(owner), name = name_object(in.arg);
    push_object(rt(RtId::get_attr, {o, name, cache()}));
}

// An attribute found at run time fills two slots, one of them perhaps with NULL. Where NULL comes
// before the callable (3.11, 3.12), which slot that is shows at run time only: see call_slots.
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
    Item filled = value_item(rt(RtId::load_method, {o, text, cache()}), TypeKind::Unknown);
    Item other = value_item(fn_.block(block_).insts.back().result2, TypeKind::Unknown);
    other.maybe_unbound = true;
    if (layout().null_before_callable) std::swap(filled, other);
    push(std::move(filled));
    push(std::move(other));
}

void Translator::store_attr(const ir::Instr& in) {
    Item owner = pop(), value = pop();
    if (store_known_attribute(owner, value, in)) return;
    if (!may_run_python()) return leave();
    const ValueId o = object(owner), v = object(value), name = name_object(in.arg);
    rt(RtId::set_attr, {o, name, v, cache()});
}

}  // namespace hone::compiler::frontend
