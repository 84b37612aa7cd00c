// SPDX-License-Identifier: Apache-2.0
// Globals that the loops assign which are entered: a module's variables in its own loops, a
// function's where it declares them global. They live in a dict that any Python code may read and
// write, so those whose values die quietly are held like locals from one operation that runs Python
// to the next: it finds them written (states describe them as the last locals), and afterwards
// they are looked up again. All others go to the dict at once.
//
// In the context they stand behind the frame's locals; Unbound means "in the dict".
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {

namespace {

bool quiet(const Item& value) {
    return value.is_value() && !value.maybe_unbound &&
           (value.raw.valid() || ir::dies_quietly(value.type));
}

}  // namespace

void Translator::begin_variables(const ir::LoopEntry& entry, std::int64_t& word) {
    for (const ir::EntryVariable& variable : entry.variables) {
        Item item;
        if (ir::is_held(variable.slot)) {
            item = value_item(emit(Op::TakeWord, {}, word++), variable.slot.type);
            fn_.value(item.object).type = item.type;
            item.big = variable.slot.big;
        }
        top().locals.push_back(std::move(item));
    }
}

Item* Translator::variable(std::int32_t name) {
    if (!request_.loop || context_.frames.size() != 1) return nullptr;
    const auto& variables = request_.loop->variables;
    for (std::size_t i = 0; i < variables.size(); ++i)
        if (variables[i].name == static_cast<std::uint32_t>(name))
            return &top().locals[unit().nlocalsplus + i];
    return nullptr;
}

const ir::EntrySlot& Translator::variable_at_entry(std::int32_t name) const {
    static const ir::EntrySlot nothing;
    for (const ir::EntryVariable& variable : request_.loop->variables)
        if (variable.name == static_cast<std::uint32_t>(name)) return variable.slot;
    return nothing;
}

void Translator::load_name(const ir::Instr& in) {
    Item* const held = variable(in.arg);
    if (held == nullptr) return load_global(in);
    if (held->is_value() && !held->maybe_unbound) return push_global(in, *held);
    if (broken(Assumption::Bound)) {
        *held = Item{};
        return load_global(in);
    }
    const ir::EntrySlot& seen = variable_at_entry(in.arg);
    const ValueId before = object_or_null(*held);
    const ValueId found =
        rt(RtId::load_variable, {emit(Op::FramePtr), name_object(in.arg), before});
    guard(emit(Op::NotBool, {emit(Op::IsNull, {found})}), Assumption::Bound);
    Item item = value_item(emit(Op::NotNull, {found}), TypeKind::Unknown);
    if (seen.type != TypeKind::Unknown) guard_type(item, seen.type, Assumption::OperandType);
    item.big = seen.big && item.type == TypeKind::Int;
    if (item.type == TypeKind::Float) static_cast<void>(as_f64(item));
    if (item.type == TypeKind::Int && !item.big && !broken(Assumption::Overflow))
        static_cast<void>(as_i64(item));
    if (quiet(item)) *variable(in.arg) = item;
    push_global(in, std::move(item));
}

// Over a value that is held, which dies quietly, it can wait; over what is in the dict it can't.
void Translator::store_name(const ir::Instr& in) {
    Item* const held = variable(in.arg);
    if (held == nullptr) return store_global(in);
    Item value = peek();
    const bool waits = held->is_value() && !held->maybe_unbound && quiet(value);
    if (!waits) {
        if (!quiet(value) || !ir::is_held(variable_at_entry(in.arg)) ||
            broken(Assumption::OperandType)) {
            return store_global(in);  // which writes and forgets all
        }
        const ValueId stored =
            rt(RtId::store_variable, {emit(Op::FramePtr), name_object(in.arg), object(value)});
        guard(emit(Op::CmpI64, {stored, i64(1)}, 0, static_cast<std::uint32_t>(CmpOp::Eq)),
              Assumption::OperandType);
    }
    static_cast<void>(pop());
    value.fact = value.raw.valid() ? nullptr : value.fact;
    *variable(in.arg) = std::move(value);
}

void Translator::forget_variables() {
    if (!holds_variables()) return;
    const auto forget = [&](Context& context) {
        auto& locals = context.frames.front().locals;
        for (std::size_t i = context.frames.front().unit->nlocalsplus; i < locals.size(); ++i)
            locals[i] = Item{};
    };
    forget(context_);
    forget(before_);
    state_.reset();
}

bool Translator::holds_variables() const {
    if (!request_.loop || request_.loop->variables.empty()) return false;
    const FrameContext& frame = context_.frames.front();
    for (std::size_t i = frame.unit->nlocalsplus; i < frame.locals.size(); ++i)
        if (!frame.locals[i].is_null()) return true;
    return false;
}

// A call that goes straight into compiled code makes no frame, which would write them.
void Translator::write_back_variables() {
    if (holds_variables()) emit(Op::WriteBack);
}

// A container leaves the stack: with it objects may die whose finalisers look at the module.
void Translator::write_back_for(const Item& dying) {
    if (!holds_variables() || dying.form == Form::RangeIter || dying.form == Form::Unbound) return;
    if (dying.is_value() && quiet(dying)) return;
    if (dying.is_value() && dying.fact != nullptr) return;
    emit(Op::WriteBack);
}

// What runs while Python is served may change globals.
void Translator::poll() {
    emit(holds_variables() ? Op::LeaveIfBusy : Op::Poll);
}

}  // namespace hone::compiler::frontend
