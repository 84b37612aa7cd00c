// SPDX-License-Identifier: Apache-2.0
// Writing ops, states and guards; items and what is learnt of them.
#include <bit>
#include <cmath>
#include <functional>

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

TypeKind type_of_rep(Rep rep) {
    switch (rep) {
        case Rep::I64:
            return TypeKind::Int;
        case Rep::F64:
            return TypeKind::Float;
        case Rep::Bool:
            return TypeKind::Bool;
        default:
            return TypeKind::Unknown;
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

StateId Translator::state() {
    if (state_) return *state_;
    ir::State made;
    for (const FrameContext& frame : before_.frames) made.frames.push_back(describe_frame(frame));
    state_ = fn_.add_state(std::move(made));
    return *state_;
}

// ---------------------------------------------------------------- items

Item Translator::value_item(ValueId object, TypeKind type) {
    Item item;
    item.form = Form::Value;
    item.object = object;
    item.type = type;
    return item;
}

Item Translator::raw_item(ValueId raw) {
    Item item;
    item.form = Form::Value;
    item.raw = raw;
    item.type = type_of_rep(fn_.value(raw).rep);
    return item;
}

Item Translator::fact_item(const ObjectFact& fact) {
    Item item;
    if (fact.type == TypeKind::Complex) {
        item = complex_item({f64(fact.float_value), f64(fact.imaginary_value)});
        item.object = const_object(fact.id, fact.type);
        return item;
    }
    item.form = Form::Value;
    item.fact = &fact;
    item.type = fact.type;
    if (fact.type == TypeKind::Slice) {
        item.form = Form::Slice;
        for (const ObjectFact& part : fact.items) item.parts.push_back(fact_item(part));
        return item;
    }
    if (fact.type == TypeKind::Int && fact.int_fits)
        item.raw = i64(fact.int_value);
    else if (fact.type == TypeKind::Float && !std::isnan(fact.float_value))
        item.raw = f64(fact.float_value);  // a NaN is found in containers by its identity
    else if (fact.type == TypeKind::Bool)
        item.raw = boolean(fact.int_value != 0);
    return item;
}

ValueId Translator::object(Item& item) {
    switch (item.form) {
        case Form::Value:
            break;
        case Form::Complex:
            return boxed_complex(item);
        case Form::Bound:
            return made_method(item);
        case Form::ListSlice:
            item = value_item(
                rt(RtId::list_pick,
                   {object(item.parts[0]), item.parts[1].raw, item.parts[2].raw, item.parts[3].raw},
                   TypeKind::List),
                TypeKind::List);
            return item.object;
        case Form::Tuple:
        case Form::Slice: {
            if (item.fact != nullptr) {
                item = value_item(const_object(item.fact->id, item.type), item.type);
                return item.object;
            }
            std::vector<ValueId> parts;
            for (Item& part : item.parts) parts.push_back(object(part));
            const bool tuple = item.form == Form::Tuple;
            const ValueId made = rt(tuple ? RtId::build_tuple : RtId::build_slice, std::move(parts),
                                    tuple ? TypeKind::Tuple : TypeKind::Slice);
            item = value_item(made, tuple ? TypeKind::Tuple : TypeKind::Slice);
            return made;
        }
        default:
            HONE_CHECK(false, "a form that has no object");
    }
    if (item.object.valid()) {
        if (!item.maybe_unbound) return item.object;
        const ValueId bound = emit(Op::NotNull, {item.object});
        return bound;
    }
    if (item.fact != nullptr) {
        item.object = const_object(item.fact->id, item.type);
        return item.object;
    }
    const Rep rep = fn_.value(item.raw).rep;
    const ValueId raw = item.raw;
    if (const auto boxed = boxes_.find({block_, raw}); boxed != boxes_.end())
        return item.object = boxed->second;
    const ValueId made = emit(rep == Rep::I64   ? Op::BoxI64
                              : rep == Rep::F64 ? Op::BoxF64
                                                : Op::BoxBool,
                              {raw});
    item.object = boxes_[{block_, raw}] = made;
    // Every slot with this number has this object from now on, or a second box would differ in
    // identity.
    each_item(context_, [&](Item& other) {
        if (other.is_value() && other.raw == raw && !other.object.valid() && other.fact == nullptr)
            other.object = made;
    });
    return made;
}

// Like other numbers: one object for one number within a block.
ValueId Translator::boxed_complex(Item& item) {
    if (item.object.valid()) return item.object;
    const std::pair parts(item.parts[0].raw, item.parts[1].raw);
    const ValueId made = rt(RtId::box_complex, {parts.first, parts.second}, TypeKind::Complex);
    item.object = made;
    each_item(context_, [&](Item& other) {
        if (other.form == Form::Complex &&
            parts == std::pair(other.parts[0].raw, other.parts[1].raw) && !other.object.valid())
            other.object = made;
    });
    return made;
}

// All slots that hold this bound method hold the one object from now on.
ValueId Translator::made_method(Item& item) {
    const ObjectFact* const method = item.fact;
    Item self = item.parts[0];
    const ValueId owner = object(self);
    const ValueId made = rt(RtId::bind, {const_object(method->id, method->type), owner});
    item = value_item(made, TypeKind::Unknown);
    each_item(context_, [&](Item& other) {
        if (other.form == Form::Bound && other.fact == method && other.parts[0].object == owner)
            other = value_item(made, TypeKind::Unknown);
    });
    return made;
}

// What is virtual and would exist twice, be kept, or be walked over is made now.
void Translator::make_shared(Item& item) {
    if (item.form == Form::ListSlice || item.form == Form::Tuple || item.form == Form::Slice)
        static_cast<void>(object(item));
}

// Before the heap changes, copies of lists that are not made yet are made.
void Translator::make_list_slices() {
    for (FrameContext& frame : context_.frames) {
        for (Item& item : frame.stack) {
            if (item.form != Form::ListSlice) continue;
            const Item virtual_one = item;
            const Item made = value_item(object(item), TypeKind::List);
            each_item(before_, [&](Item& other) {
                if (other.form == Form::ListSlice && other.parts[3].raw == virtual_one.parts[3].raw)
                    other = made;
            });
            state_.reset();
        }
    }
}

ValueId Translator::object_or_null(Item& item) {
    if (item.is_null()) return emit(Op::ConstNull);
    if (item.bound.valid()) return boxed_if_bound(item);
    if (item.is_value() && item.maybe_unbound) return item.object;
    return object(item);
}

ValueId Translator::boxed_if_bound(const Item& item) {
    const BlockId yes = fn_.add_block(), no = fn_.add_block(), join = fn_.add_block();
    const ValueId result = fn_.add_value(Rep::Null, item.type, ir::Own::New);
    fn_.block(join).params = {result};
    branch(item.bound, yes, no);
    for (const BlockId block : {yes, no}) {
        block_ = block;
        ended_ = false;
        Item number = raw_item(item.raw);
        const ValueId made = block == yes ? object(number) : emit(Op::ConstNull);
        fn_.block(block_).edges = {{join, {made}}};
        terminate(Op::Jump);
    }
    block_ = join;
    ended_ = false;
    return result;
}

void Translator::learn(const Item& about, const std::function<void(Item&)>& change) {
    const ValueId object = about.object;
    if (!object.valid()) return;
    each_item(context_, [&](Item& other) {
        if (other.is_value() && other.object == object) change(other);
    });
}

void Translator::refine(Item& item, TypeKind type) {
    item.type = type;
    learn(item, [&](Item& other) { other.type = type; });
    learn(item, [&](Item& other) { other.excluded = 0; });
}

bool Translator::broken(Assumption assumption) const {
    const auto key = [&](const FrameContext& frame, Assumption what) {
        return std::pair(frame.unit->instrs[frame.pc].offset, what);
    };
    return request_.broken.contains(key(
        before_.frames.front(), before_.frames.size() == 1 ? assumption : Assumption::Identity));
}

bool Translator::guard_type(Item& item, TypeKind type, Assumption assumption) {
    if (item.type == type) return true;
    if (item.type != TypeKind::Unknown || !item.is_value() || !item.object.valid() ||
        item.maybe_unbound)
        return false;
    if ((item.excluded >> static_cast<unsigned>(type) & 1u) != 0 || broken(assumption))
        return false;
    guard(emit(Op::TypeIs, {item.object}, 0, static_cast<std::uint32_t>(type)), assumption);
    refine(item, type);
    return true;
}

// Tells an object's type apart at run time: this instruction is started again in two blocks,
// where the type is known, and where it is known not to be.
bool Translator::split_on(Item& item, TypeKind type) {
    if (item.type != TypeKind::Unknown || !item.is_value() || !item.object.valid() ||
        item.maybe_unbound)
        return false;
    if ((item.excluded >> static_cast<unsigned>(type) & 1u) != 0) return false;
    const ValueId object = item.object;
    const ValueId is = emit(Op::TypeIs, {object}, 0, static_cast<std::uint32_t>(type));
    Work yes{fn_.add_block(), before_}, no{fn_.add_block(), before_};
    each_item(yes.context, [&](Item& other) {
        if (other.is_value() && other.object == object) other.type = type;
    });
    each_item(no.context, [&](Item& other) {
        if (other.is_value() && other.object == object)
            other.excluded |= 1u << static_cast<unsigned>(type);
    });
    branch(is, yes.block, no.block);
    go_on(std::move(no));
    go_on(std::move(yes));
    return true;
}

Item Translator::pop() {
    HONE_CHECK(!top().stack.empty(), "pop from an empty abstract stack");
    Item item = std::move(top().stack.back());
    top().stack.pop_back();
    return item;
}

void Translator::push(Item item) {
    top().stack.push_back(std::move(item));
}

Item& Translator::peek(std::size_t from_top) {
    auto& stack = top().stack;
    HONE_CHECK(from_top < stack.size(), "peek below the abstract stack");
    return stack[stack.size() - 1 - from_top];
}

}  // namespace hone::compiler::frontend
