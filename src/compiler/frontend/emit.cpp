// SPDX-License-Identifier: Apache-2.0
// Writing ops and the states of exits.
#include <bit>

#include "base/check.h"
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

ir::SlotForm boxed_form(Rep rep) {
    switch (rep) {
        case Rep::I64:
            return ir::SlotForm::Int;
        case Rep::F64:
            return ir::SlotForm::Float;
        default:
            return ir::SlotForm::Boolean;
    }
}

// The type of the object that an op itself makes.
TypeKind made_type(Op op) {
    switch (op) {
        case Op::BoxI64:
            return TypeKind::Int;
        case Op::BoxF64:
            return TypeKind::Float;
        case Op::BoxBool:
            return TypeKind::Bool;
        default:
            return TypeKind::Unknown;
    }
}

Rep rep_of(runtime::RtRet ret, RtId id) {
    switch (ret) {
        case runtime::RtRet::Obj:
            return id == RtId::iter_next || id == RtId::load_variable ? Rep::Null : Rep::Obj;
        case runtime::RtRet::I64:
            return Rep::I64;
        case runtime::RtRet::F64:
            return Rep::F64;
        default:
            return Rep::None;
    }
}

}  // namespace

// ---------------------------------------------------------------- ops

ir::Inst& Translator::put(Op op, std::vector<ValueId> args, std::int64_t imm, std::uint32_t aux) {
    HONE_CHECK(!ended_, "an op behind the block's terminator");
    ir::Inst inst;
    inst.op = op;
    inst.args = std::move(args);
    inst.imm = imm;
    inst.aux = aux;
    const std::uint32_t pc = top().pc;
    if (pc < unit().lines.size())
        inst.line = static_cast<std::uint32_t>(std::max(0, unit().lines[pc]));
    if (request_.options.watched.places) inst.place = place();
    auto& insts = fn_.block(block_).insts;
    insts.push_back(std::move(inst));
    return insts.back();
}

ValueId Translator::emit(Op op, std::vector<ValueId> args, std::int64_t imm, std::uint32_t aux) {
    const ir::OpInfo& row = ir::info(op);
    using E = ir::Effects;
    if (ir::has(row.effects, E::WritesHeap | E::RunsPython | E::Poll)) make_list_slices();
    ir::Inst& inst = put(op, std::move(args), imm, aux);
    if (ir::has(row.effects, E::Exits | E::Raises | E::RunsPython)) inst.state = state();
    note(ir::has(row.effects, E::RunsPython), op);
    if (ir::has(row.effects, E::RunsPython)) {
        globals_fresh_ = false;
        forget_variables();
    }
    if (row.rep == Rep::None) return {};
    const ValueId result = fn_.add_value(row.rep, made_type(op), row.own);
    fn_.block(block_).insts.back().result = result;
    return result;
}

ValueId Translator::rt(RtId id, std::vector<ValueId> args, TypeKind type) {
    const runtime::RtRow& row = runtime::rt_row(id);
    using E = ir::Effects;
    if (ir::has(row.effects, E::WritesHeap | E::RunsPython)) make_list_slices();
    const bool array = row.nargs > 0 && row.args[0] == runtime::RtArg::ObjArray;
    const bool needs_state = ir::has(row.effects, E::Exits | E::Raises | E::RunsPython);
    const Rep rep = rep_of(row.ret, id);
    ir::Inst& inst = put(array ? Op::CallRtArray : Op::CallRt, std::move(args), 0,
                         static_cast<std::uint32_t>(id));
    if (needs_state) inst.state = state();
    note(ir::has(row.effects, E::RunsPython), inst.op);
    if (ir::has(row.effects, E::RunsPython)) {
        globals_fresh_ = false;
        forget_variables();
    }
    ValueId result;
    if (rep != Rep::None) result = fn_.add_value(rep, type, row.own);
    ir::Inst& made = fn_.block(block_).insts.back();
    made.result = result;
    if (row.nargs > 0 && row.args[row.nargs - 1] == runtime::RtArg::ObjOut)
        made.result2 = fn_.add_value(Rep::Null, TypeKind::Unknown, ir::Own::New);
    return result;
}

ValueId Translator::f64(double value) {
    return emit(Op::ConstF64, {}, std::bit_cast<std::int64_t>(value));
}

ValueId Translator::const_object(ObjectId id, TypeKind type) {
    const ValueId value = emit(Op::ConstObj, {}, 0, id.raw);
    fn_.value(value).type = type;
    return value;
}

void Translator::guard(ValueId condition, Assumption assumption) {
    emit(Op::Guard, {condition}, 0, static_cast<std::uint32_t>(assumption));
}

// To the line profiler, where there is one.
void Translator::announce(std::uint32_t pc) {
    const ir::Unit& unit = this->unit();
    if (unit.lines_watched && pc < unit.line_starts.size() && unit.line_starts[pc])
        emit(Op::Announce, {}, unit.lines[pc]);
}

// From one instruction to another: a hit if the line is another one, as it is for the interpreter.
void Translator::come_to(std::uint32_t from, std::uint32_t to) {
    const ir::Unit& unit = this->unit();
    if (unit.lines_watched && unit.lines[from] != unit.lines[to]) announce(to);
}

void Translator::terminate(Op op, std::vector<ValueId> args) {
    put(op, std::move(args));
    if (ir::has(ir::info(op).effects, ir::Effects::Exits)) {
        const StateId at = state();
        fn_.block(block_).insts.back().state = at;
    }
    ended_ = true;
}

void Translator::leave(Assumption assumption) {
    context_ = before_;
    terminate(Op::Leave);
    fn_.block(block_).insts.back().aux = static_cast<std::uint32_t>(assumption);
}

void Translator::note(bool object_op, Op op) {
    if (notes_ == nullptr) return;
    const std::int32_t line = top().pc < unit().lines.size() ? unit().lines[top().pc] : 0;
    if (notes_->empty() || notes_->back().line != line)
        notes_->push_back(
            {.line = line, .native_ops = 0, .object_ops = 0, .guards = 0, .reasons = {}});
    LineNote& at = notes_->back();
    if (object_op)
        ++at.object_ops;
    else if (op == Op::Guard || op == Op::GuardGlobals)
        ++at.guards;
    else
        ++at.native_ops;
}

void Translator::reason(std::string text) {
    if (notes_ == nullptr) return;
    note(false, Op::ConstNull);
    notes_->back().reasons.push_back(std::move(text));
}

// ---------------------------------------------------------------- states

void Translator::describe(const Item& item, std::vector<ir::StateSlot>& out,
                          bool second_slot_follows) {
    using ir::SlotForm;
    const auto compound = [&](SlotForm form, std::uint32_t count) {
        out.push_back({form, {}, count});
        for (const Item& part : item.parts) describe(part, out, false);
    };
    const auto n = static_cast<std::uint32_t>(item.parts.size());
    switch (item.form) {
        case Form::Unbound:
            out.push_back({SlotForm::Unbound, {}, 0});
            return;
        case Form::Value:
            if (item.bound.valid()) {
                out.push_back({SlotForm::Maybe, {}, 2});
                out.push_back({SlotForm::Boolean, item.bound, 0});
                out.push_back({boxed_form(fn_.value(item.raw).rep), item.raw, 0});
            } else if (item.object.valid())
                out.push_back({SlotForm::Object, item.object, 0});
            else if (item.fact != nullptr)
                out.push_back({SlotForm::Constant, {}, item.fact->id.raw});
            else
                out.push_back({boxed_form(fn_.value(item.raw).rep), item.raw, 0});
            return;
        case Form::ListIter:
        case Form::TupleIter:
            if (second_slot_follows) {  // 3.15: container and tagged index are two slots of the
                                        // stack
                describe(item.parts[0], out, false);
                out.push_back({SlotForm::TaggedIndex, item.parts[1].raw, 0});
            } else {
                compound(item.form == Form::ListIter ? SlotForm::ListIter : SlotForm::TupleIter, n);
            }
            return;
        case Form::RangeIter:
            compound(SlotForm::RangeIter, n);
            break;
        case Form::Enumerate:
            compound(SlotForm::Enumerate, n);
            break;
        case Form::Zip:
            compound(SlotForm::Zip, n);
            break;
        case Form::Reversed:
            compound(SlotForm::Reversed, n);
            break;
        case Form::Tuple:
            compound(SlotForm::Tuple, n);
            return;
        case Form::Range:
            compound(SlotForm::Range, n);
            return;
        case Form::Slice:
            if (item.fact != nullptr)
                out.push_back({SlotForm::Constant, {}, item.fact->id.raw});
            else
                compound(SlotForm::Slice, n);
            return;
        case Form::Complex:
            if (item.object.valid())
                out.push_back({SlotForm::Object, item.object, 0});
            else
                compound(SlotForm::Complex, n);
            return;
        case Form::Bound:
            out.push_back({SlotForm::Method, {}, 2});
            out.push_back({SlotForm::Constant, {}, item.fact->id.raw});
            describe(item.parts[0], out, false);
            return;
        case Form::ListSlice:
            compound(SlotForm::ListSlice, n);
            return;
    }
    if (second_slot_follows) out.push_back({SlotForm::Unbound, {}, 0});
}

ir::FrameState Translator::describe_frame(const FrameContext& frame) {
    ir::FrameState out;
    out.function = frame.function;
    out.resume = frame.unit->instrs[frame.pc].offset;
    out.locals = static_cast<std::uint32_t>(frame.locals.size());
    const Flow& known = flow(*frame.unit);
    const bool entered = !frame.function.valid();
    if (entered && request_.loop)
        for (const ir::EntryVariable& variable : request_.loop->variables)
            out.variables.push_back(frame.unit->name_objects[variable.name]);
    for (std::size_t i = 0; i < frame.locals.size(); ++i) {
        const bool untouched = entered && i < known.stored.size() && !known.stored[i] &&
                               (i < frame.unit->arguments() || frame.unit->local_is_cell[i]);
        if (untouched)
            out.slots.push_back({ir::SlotForm::Keep, {}, 0});
        else
            describe(frame.locals[i], out.slots, false);
    }
    for (std::size_t i = 0; i < frame.stack.size(); ++i) {
        const Item& item = frame.stack[i];
        const bool iterator = item.form == Form::RangeIter || item.form == Form::ListIter ||
                              item.form == Form::TupleIter || item.form == Form::Enumerate ||
                              item.form == Form::Zip || item.form == Form::Reversed;
        const bool two = iterator && layout().for_iter_slots == 2;
        describe(item, out.slots, two);
        if (two) ++i;  // its filler
    }
    out.stack = static_cast<std::uint32_t>(frame.stack.size());
    return out;
}

ir::PlaceId Translator::place() {
    ir::Place here;
    for (const FrameContext& frame : context_.frames)
        here.push_back({frame.function, frame.unit->instrs[frame.pc].offset});
    const ir::PlaceId next(fn_.places.size());
    const auto [known, fresh] = places_.try_emplace(std::move(here), next);
    if (fresh) fn_.places.push_back(known->first);
    return known->second;
}

StateId Translator::state() {
    if (state_) return *state_;
    ir::State made;
    for (const FrameContext& frame : before_.frames) made.frames.push_back(describe_frame(frame));
    state_ = fn_.add_state(std::move(made));
    return *state_;
}

}  // namespace hone::compiler::frontend
