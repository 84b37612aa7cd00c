// SPDX-License-Identifier: Apache-2.0
// Subscripts, slices, displays, unpacking. Exact lists and tuples are read and written in
// place; tuples and slices that only pass through the stack are never made.
#include <functional>
#include <optional>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

constexpr auto kRange = static_cast<std::uint32_t>(Assumption::Range);

}  // namespace

void Translator::subscript(Seen seen) {
    Item index = pop(), container = pop();
    if (seen == Seen::ListInt || seen == Seen::TupleInt) {
        guard_type(container, seen == Seen::ListInt ? TypeKind::List : TypeKind::Tuple,
                   Assumption::OperandType);
        guard_type(index, TypeKind::Int, Assumption::OperandType);
    }
    if (sequence_item(container, index)) return;
    if (index.form == Form::Slice && list_slice(container, index)) return;
    if (letter_of(container, index)) return;
    if (!may_run_python()) return leave();
    const ValueId c = object(container), i = object(index);
    const bool letter = container.type == TypeKind::Str &&
                        (index.type == TypeKind::Int || index.type == TypeKind::Slice);
    const TypeKind type = letter ? TypeKind::Str : TypeKind::Unknown;
    push_object(rt(RtId::get_item, {c, i}, type), type);
}

// str[i] with an int: no Python runs, an IndexError included.
bool Translator::letter_of(Item& text, Item& index) {
    if (text.type != TypeKind::Str || text.maybe_unbound || kind_of(index) != Kind::Int ||
        index.big || broken(Assumption::Overflow))
        return false;
    const ValueId s = object(text), i = as_i64(index);
    push_object(rt(RtId::str_get_index, {s, i}, TypeKind::Str), TypeKind::Str);
    return true;
}

// list[i], tuple[i] with an int in range; false if it is something else.
bool Translator::sequence_item(Item& sequence, Item& index) {
    if (kind_of(index) != Kind::Int || index.big || broken(Assumption::Range)) return false;
    const auto constant = constant_int(index);
    if (sequence.form == Form::Tuple ||
        (sequence.type == TypeKind::Tuple && sequence.fact != nullptr &&
         sequence.fact->items.size() > 0)) {
        const bool made = sequence.form != Form::Tuple;
        const auto n =
            static_cast<std::int64_t>(made ? sequence.fact->items.size() : sequence.parts.size());
        if (constant && *constant >= -n && *constant < n) {
            const auto at = static_cast<std::size_t>(*constant < 0 ? *constant + n : *constant);
            push(made ? fact_item(sequence.fact->items[at]) : sequence.parts[at]);
            return true;
        }
        if (!made) static_cast<void>(object(sequence));
    }
    if (sequence.type != TypeKind::List && sequence.type != TypeKind::Tuple) return false;
    if (sequence.form == Form::Value && sequence.maybe_unbound) return false;
    const bool list = sequence.type == TypeKind::List;
    const ValueId s = object(sequence), i = as_i64(index);
    const ValueId n = emit(list ? Op::ListLen : Op::TupleLen, {s});
    const ValueId at = emit(Op::CheckIndex, {i, n}, 0, kRange);
    push_object(emit(list ? Op::ListItem : Op::TupleItem, {s, at}));
    return true;
}

// A slice with known bounds and a step of 1 or -1, clipped to the list as it is now.
std::optional<Translator::SliceParts> Translator::clip_slice(ValueId list, const Item& slice) {
    std::int64_t step = 1;
    if (slice.parts.size() == 3 && slice.parts[2].type != TypeKind::None) {
        const auto known = constant_int(slice.parts[2]);
        if (!known || (*known != 1 && *known != -1)) return std::nullopt;
        step = *known;
    }
    Item bounds[2] = {slice.parts[0], slice.parts[1]};
    for (const Item& bound : bounds)
        if (bound.type != TypeKind::None &&
            (kind_of(bound) != Kind::Int || bound.big || broken(Assumption::Overflow)))
            return std::nullopt;
    const ValueId length = emit(Op::ListLen, {list});
    const auto clipped = [&](Item& bound, std::int64_t end) {
        if (bound.type != TypeKind::None) return emit(Op::ClipIndex, {as_i64(bound), length}, step);
        return end < 0 ? emit(Op::SubI64Fits, {length, i64(-end - 1)}) : i64(end - 1);
    };
    // Where a bound is left out: the list's ends, -1 - end counted from the length.
    const ValueId start = step > 0 ? clipped(bounds[0], 1) : clipped(bounds[0], -2);
    const ValueId stop = step > 0 ? clipped(bounds[1], -1) : clipped(bounds[1], 0);
    const ValueId distance =
        step > 0 ? emit(Op::SubI64Fits, {stop, start}) : emit(Op::SubI64Fits, {start, stop});
    return SliceParts{start, i64(step), emit(Op::MaxI64, {distance, i64(0)}), step};
}

// list[slice] as a copy that is not made yet; false if it is something else.
bool Translator::list_slice(Item& container, Item slice) {
    if (container.type != TypeKind::List || container.maybe_unbound) return false;
    for (std::size_t i = 0; i < 2; ++i)
        if (split_on(slice.parts[i], TypeKind::Int)) return true;
    const ValueId list = object(container);
    const auto parts = clip_slice(list, slice);
    if (!parts) return false;
    Item copy;
    copy.form = Form::ListSlice;
    copy.type = TypeKind::List;
    copy.parts = {value_item(list, TypeKind::List), raw_item(parts->start), raw_item(parts->step),
                  raw_item(parts->count)};
    push(std::move(copy));
    return true;
}

void Translator::binary_slice() {
    Item stop = pop(), start = pop(), container = pop();
    Item slice;
    slice.form = Form::Slice;
    slice.parts = {start, stop};
    if (list_slice(container, slice)) return;
    if (!may_run_python()) return leave();
    const ValueId c = object(container), a = object(start), b = object(stop);
    const TypeKind type = container.type == TypeKind::Str || container.type == TypeKind::Tuple
                              ? container.type
                              : TypeKind::Unknown;
    push_object(rt(RtId::get_slice, {c, a, b}, type), type);
}

void Translator::store_slice() {
    Item stop = pop(), start = pop(), container = pop(), value = pop();
    Item slice;
    slice.form = Form::Slice;
    slice.parts = {start, stop};
    const auto generic = [&] {
        if (!may_run_python()) return leave();
        const ValueId c = object(container), a = object(start), b = object(stop), v = object(value);
        rt(RtId::set_slice, {c, a, b, v});
    };
    if (!assign_slice(container, slice, value, generic)) generic();
}

// list[slice] = other[slice], neither copy made: in place where that drops nothing that could run
// Python, else by `generic`. False (and nothing done) if it is something else.
bool Translator::assign_slice(Item& container, const Item& slice, Item& value,
                              const std::function<void()>& generic) {
    if (value.form != Form::ListSlice || container.type != TypeKind::List ||
        !container.is_value() || container.maybe_unbound)
        return false;
    const ValueId list = object(container);
    const auto to = clip_slice(list, slice);
    if (!to || to->step_value != 1) return false;
    const ValueId done =
        rt(RtId::list_store_slice, {list, to->start, to->count, value.parts[0].object,
                                    value.parts[1].raw, value.parts[2].raw, value.parts[3].raw});
    const ValueId in_place =
        emit(Op::CmpI64, {done, i64(0)}, 0, static_cast<std::uint32_t>(CmpOp::Ne));
    const BlockId yes = fn_.add_block(), no = fn_.add_block();
    branch(in_place, yes, no, 1);
    const Context here = context_;
    block_ = no;
    ended_ = false;
    generic();
    if (!ended_) jump_to(next_pc_);
    block_ = yes;
    ended_ = false;
    context_ = here;
    jump_to(next_pc_);
    return true;
}

void Translator::store_subscript(Seen seen) {
    Item index = pop(), container = pop(), value = pop();
    if (seen == Seen::ListInt) {
        guard_type(container, TypeKind::List, Assumption::OperandType);
        guard_type(index, TypeKind::Int, Assumption::OperandType);
    }
    const bool in_place = container.type == TypeKind::List && container.is_value() &&
                          kind_of(index) == Kind::Int && !index.big && !broken(Assumption::Range) &&
                          !broken(Assumption::ItemType);
    if (in_place) {
        const ValueId list = object(container), i = as_i64(index);
        const ValueId at = emit(Op::CheckIndex, {i, emit(Op::ListLen, {list})}, 0, kRange);
        const ValueId v = object(value);
        emit(Op::SetListItem, {list, at, v}, 0, static_cast<std::uint32_t>(Assumption::ItemType));
        return;
    }
    const auto generic = [&] {
        if (!may_run_python()) return leave();
        const ValueId c = object(container), i = object(index), v = object(value);
        rt(container.type == TypeKind::Dict ? RtId::dict_set : RtId::set_item, {c, i, v});
    };
    if (index.form != Form::Slice || !assign_slice(container, index, value, generic)) generic();
}

void Translator::delete_subscript() {
    Item index = pop(), container = pop();
    if (!may_run_python()) return leave();
    const ValueId c = object(container), i = object(index);
    rt(RtId::delete_item, {c, i});
}

void Translator::build(RtId id, std::size_t n, TypeKind type) {
    std::vector<Item> items(n);
    for (std::size_t i = n; i-- > 0;) items[i] = pop();
    if (ir::has(runtime::rt_row(id).effects, ir::Effects::RunsPython) && !may_run_python())
        return leave();
    std::vector<ValueId> values;
    for (Item& item : items) values.push_back(object(item));
    push_object(rt(id, std::move(values), type), type);
}

void Translator::build_tuple(std::size_t n) {
    Item tuple;
    tuple.form = Form::Tuple;
    tuple.parts.resize(n);
    for (std::size_t i = n; i-- > 0;) tuple.parts[i] = pop();
    for (Item& part : tuple.parts) {
        if (part.form == Form::ListSlice || part.form == Form::Bound || part.form == Form::Slice)
            static_cast<void>(object(part));
        if (!part.is_value() && part.form != Form::Tuple && part.form != Form::Complex)
            return leave();
    }
    push(std::move(tuple));
}

// Items are pushed last first, so that the first ends on top.
void Translator::unpack(std::size_t n, Seen seen) {
    Item sequence = pop();
    if (sequence.form == Form::Tuple && sequence.parts.size() == n) {
        for (std::size_t i = n; i-- > 0;) push(sequence.parts[i]);
        return;
    }
    if (!sequence.is_value()) static_cast<void>(object(sequence));
    if (seen == Seen::Tuple || seen == Seen::TwoTuple)
        guard_type(sequence, TypeKind::Tuple, Assumption::OperandType);
    if (seen == Seen::List) guard_type(sequence, TypeKind::List, Assumption::OperandType);
    const bool list = sequence.type == TypeKind::List;
    if ((list || sequence.type == TypeKind::Tuple) && !broken(Assumption::Length)) {
        const ValueId s = object(sequence);
        const ValueId length = emit(list ? Op::ListLen : Op::TupleLen, {s});
        guard(emit(Op::CmpI64, {length, i64(static_cast<std::int64_t>(n))}, 0,
                   static_cast<std::uint32_t>(CmpOp::Eq)),
              Assumption::Length);
        for (std::size_t i = n; i-- > 0;)
            push_object(
                emit(list ? Op::ListItem : Op::TupleItem, {s, i64(static_cast<std::int64_t>(i))}));
        return;
    }
    if (!may_run_python()) return leave();
    const ValueId tuple =
        rt(RtId::unpack, {object(sequence), i64(static_cast<std::int64_t>(n))}, TypeKind::Tuple);
    for (std::size_t i = n; i-- > 0;)
        push_object(emit(Op::TupleItem, {tuple, i64(static_cast<std::int64_t>(i))}));
}

void Translator::unpack_star(std::int32_t arg) {
    Item sequence = pop();
    if (!may_run_python()) return leave();
    const std::int64_t before = arg & 0xff, after = arg >> 8;
    const ValueId tuple =
        rt(RtId::unpack_star, {object(sequence), i64(before), i64(after)}, TypeKind::Tuple);
    for (std::int64_t i = before + after; i >= 0; --i)
        push_object(emit(Op::TupleItem, {tuple, i64(i)}),
                    i == before ? TypeKind::List : TypeKind::Unknown);
}

void Translator::list_append(std::size_t depth) {
    Item value = pop();
    Item& list = peek(depth - 1);
    const ValueId l = object(list), v = object(value);
    rt(RtId::list_append, {l, v});
}

void Translator::extend(RtId id, std::size_t depth) {
    Item value = pop();
    if (!may_run_python()) return leave();
    const ValueId c = object(peek(depth - 1)), v = object(value);
    rt(id, {c, v});
}

}  // namespace hone::compiler::frontend
