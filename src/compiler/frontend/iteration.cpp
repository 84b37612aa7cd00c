// SPDX-License-Identifier: Apache-2.0
// Loops over ranges, lists, tuples, enumerate, zip and reversed without iterator objects: the
// iterator is a compound item of the abstract stack and is made at exits only.
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {

// The next instruction, if it is reached from here alone.
const ir::Instr* Translator::next_alone() const {
    const std::uint32_t next = context_.top().pc + 1;
    return next < unit().instrs.size() && !flow_joins(next) ? &unit().instrs[next] : nullptr;
}

bool Translator::feeds_iteration() const {
    const ir::Instr* const next = next_alone();
    return next != nullptr && next->op == ir::Bc::GetIter;
}

bool Translator::feeds_list() const {
    const ir::Instr* const next = next_alone();
    const auto& stack = context_.top().stack;
    const std::size_t at = layout().null_before_callable ? 1 : 2;
    return next != nullptr && next->op == ir::Bc::Call && next->arg == 1 && stack.size() >= 2 &&
           stack[stack.size() - at].known(Known::List);
}

bool Translator::flow_joins(std::uint32_t pc) const {
    const auto found = flows_.find(&unit());
    return found == flows_.end() || found->second.join[pc];
}

Seen Translator::next_iteration_seen() const {
    const std::uint32_t next = context_.top().pc + 1;
    if (next >= unit().instrs.size() || unit().instrs[next].op != ir::Bc::ForIter)
        return Seen::Nothing;
    return unit().instrs[next].seen;
}

Item Translator::range_iterator(const Item& range) {
    Item start = range.parts[0], stop = range.parts[1], step = range.parts[2];
    const ValueId left = emit(Op::RangeLen, {start.raw, stop.raw, step.raw}, 0,
                              static_cast<std::uint32_t>(Assumption::Overflow));
    Item iterator;
    iterator.form = Form::RangeIter;
    iterator.parts = {raw_item(start.raw), raw_item(left), step};
    return iterator;
}

// The iterator over an iterable that needs no object, if its type is known or worth a guess.
std::optional<Item> Translator::iterate(Item& iterable, Seen seen) {
    if (iterable.form == Form::Range) return range_iterator(iterable);
    if (iterable.form == Form::ListSlice || iterable.form == Form::Slice ||
        iterable.form == Form::Complex || iterable.form == Form::Bound)
        iterable = value_item(object(iterable), iterable.type);
    if (iterable.form != Form::Value && iterable.form != Form::Tuple)
        return iterable;  // already an iterator
    if (seen == Seen::List) guard_type(iterable, TypeKind::List, Assumption::OperandType);
    if (seen == Seen::Tuple) guard_type(iterable, TypeKind::Tuple, Assumption::OperandType);
    const TypeKind type = iterable.form == Form::Tuple ? TypeKind::Tuple : iterable.type;
    if (type != TypeKind::List && type != TypeKind::Tuple) return std::nullopt;
    const ValueId sequence = object(iterable);
    Item iterator;
    iterator.form = type == TypeKind::List ? Form::ListIter : Form::TupleIter;
    iterator.parts = {value_item(sequence, type), raw_item(i64(0))};
    return iterator;
}

// Restarts with a list, a tuple, or something else, where nothing is known.
bool Translator::split_on_sequence(Item& item) {
    return split_on(item, TypeKind::List) || split_on(item, TypeKind::Tuple);
}

// The same for what enumerate() and zip() run over. Each restart is one more copy of the loop's
// body, so it is a list until something else has come: spectral_norm's functions are half as long.
bool Translator::guess_sequence(Item& item) {
    if (!guard_type(item, TypeKind::List, Assumption::OperandType)) return split_on_sequence(item);
    return false;
}

void Translator::get_iter() {
    Item& iterable = peek();
    const bool two_slots = layout().for_iter_slots == 2;
    auto iterator = iterate(iterable, next_iteration_seen());
    if (!iterator) {
        // CPython before 3.12 says nothing of what a loop runs over, so lists are told apart here.
        if (next_iteration_seen() == Seen::Nothing && split_on_sequence(peek())) return;
        Item generic = pop();
        if (!may_run_python()) return leave();
        iterator = value_item(rt(RtId::get_iter, {object(generic)}), TypeKind::Unknown);
        push(std::move(*iterator));
    } else {
        static_cast<void>(pop());
        push(std::move(*iterator));
    }
    if (two_slots) push(Item{});
}

ValueId Translator::has_next(Item& iterator) {
    const auto less = [&](ValueId a, ValueId b) {
        return emit(Op::CmpI64, {a, b}, 0, static_cast<std::uint32_t>(CmpOp::Lt));
    };
    switch (iterator.form) {
        case Form::RangeIter:
            return less(i64(0), iterator.parts[1].raw);
        case Form::ListIter:
            return less(iterator.parts[1].raw, emit(Op::ListLen, {object(iterator.parts[0])}));
        case Form::TupleIter:
            return less(iterator.parts[1].raw, emit(Op::TupleLen, {object(iterator.parts[0])}));
        case Form::Enumerate:
            return has_next(iterator.parts[1]);
        case Form::Reversed: {
            // As listreviter_next: an index behind a list that shrank ends the iteration.
            const ValueId index = iterator.parts[1].raw;
            const ValueId inside = less(index, emit(Op::ListLen, {object(iterator.parts[0])}));
            return emit(Op::AndBool, {inside, less(i64(-1), index)});
        }
        case Form::Zip: {
            ValueId all = has_next(iterator.parts[0]);
            for (std::size_t i = 1; i < iterator.parts.size(); ++i)
                all = emit(Op::AndBool, {all, has_next(iterator.parts[i])});
            return all;
        }
        default:
            return boolean(false);
    }
}

// The next item; the iterator moves on. Requires: has_next was true.
Item Translator::take_next(Item& iterator) {
    const auto advance = [&](Item& index, std::int64_t by) {
        index = raw_item(emit(by < 0 ? Op::SubI64Fits : Op::AddI64Fits, {index.raw, i64(1)}));
    };
    switch (iterator.form) {
        case Form::RangeIter: {
            Item item = iterator.parts[0];
            iterator.parts[0] = raw_item(emit(Op::AddI64Wraps, {item.raw, iterator.parts[2].raw}));
            iterator.parts[1] = raw_item(emit(Op::SubI64Fits, {iterator.parts[1].raw, i64(1)}));
            item.fact = nullptr;
            return item;
        }
        case Form::ListIter:
        case Form::TupleIter:
        case Form::Reversed: {
            const Op op = iterator.form == Form::TupleIter ? Op::TupleItem : Op::ListItem;
            Item item = value_item(emit(op, {object(iterator.parts[0]), iterator.parts[1].raw}),
                                   TypeKind::Unknown);
            advance(iterator.parts[1], iterator.form == Form::Reversed ? -1 : 1);
            return item;
        }
        case Form::Enumerate: {
            Item pair;
            pair.form = Form::Tuple;
            pair.parts = {iterator.parts[0], take_next(iterator.parts[1])};
            pair.parts[0].fact = nullptr;
            advance(iterator.parts[0], 1);
            return pair;
        }
        default: {
            Item row;
            row.form = Form::Tuple;
            for (Item& part : iterator.parts) row.parts.push_back(take_next(part));
            return row;
        }
    }
}

void Translator::for_iter(const ir::Instr& in) {
    const bool two_slots = layout().for_iter_slots == 2;
    if (peek(two_slots ? 1 : 0).form == Form::Value) return for_iter_object(in);
    const ValueId more = has_next(peek(two_slots ? 1 : 0));
    const BlockId yes = fn_.add_block(), no = fn_.add_block();
    branch(more, yes, no);
    const Context here = context_;
    block_ = no;
    ended_ = false;
    write_back_for(peek(two_slots ? 1 : 0));
    for (std::int32_t i = 0; i < in.extra; ++i) static_cast<void>(pop());
    jump_to(static_cast<std::uint32_t>(in.arg));
    block_ = yes;
    ended_ = false;
    context_ = here;
    begin_instr();
    Item item = take_next(peek(two_slots ? 1 : 0));
    push(std::move(item));
    jump_to(next_pc_);
}

void Translator::for_iter_object(const ir::Instr& in) {
    if (!may_run_python()) return leave();
    Item& iterator = peek(layout().for_iter_slots == 2 ? 1 : 0);
    const ValueId item = rt(RtId::iter_next, {object(iterator)});
    const BlockId yes = fn_.add_block(), no = fn_.add_block();
    branch(emit(Op::IsNull, {item}), no, yes);
    const Context here = context_;
    block_ = no;
    ended_ = false;
    rt(RtId::iter_failed, {});
    for (std::int32_t i = 0; i < in.extra; ++i) static_cast<void>(pop());
    jump_to(static_cast<std::uint32_t>(in.arg));
    block_ = yes;
    ended_ = false;
    context_ = here;
    push_object(emit(Op::NotNull, {item}));
    jump_to(next_pc_);
}

}  // namespace hone::compiler::frontend
