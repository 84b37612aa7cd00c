// SPDX-License-Identifier: Apache-2.0
// Subscripts, slices, displays, unpacking. Exact lists and tuples are read and written in
// place; tuples and slices that only pass through the stack are never made.
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
    if (index.form == Form::Slice && container.type == TypeKind::List) {
        ValueId lo, hi;
        if (slice_bounds(index, lo, hi))
            return push_object(rt(RtId::list_slice, {object(container), lo, hi}, TypeKind::List),
                               TypeKind::List);
    }
    if (!may_run_python()) return leave();
    const ValueId c = object(container), i = object(index);
    const bool letter = container.type == TypeKind::Str &&
                        (index.type == TypeKind::Int || index.type == TypeKind::Slice);
    const TypeKind type = letter ? TypeKind::Str : TypeKind::Unknown;
    push_object(rt(RtId::get_item, {c, i}, type), type);
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

// Bounds of a step-less slice as ints that list_slice clips; None is the end it stands for.
bool Translator::slice_bounds(const Item& slice, ValueId& lo, ValueId& hi) {
    if (slice.parts.size() == 3 && slice.parts[2].type != TypeKind::None) return false;
    for (std::size_t i = 0; i < 2; ++i) {
        Item bound = slice.parts[i];
        if (bound.type == TypeKind::None)
            (i == 0 ? lo : hi) = i64(i == 0 ? 0 : INT64_MAX);
        else if (kind_of(bound) == Kind::Int && !bound.big && !broken(Assumption::Overflow))
            (i == 0 ? lo : hi) = as_i64(bound);
        else
            return false;
    }
    return true;
}

void Translator::binary_slice() {
    Item stop = pop(), start = pop(), container = pop();
    Item slice;
    slice.form = Form::Slice;
    slice.parts = {start, stop};
    ValueId lo, hi;
    if (container.type == TypeKind::List && slice_bounds(slice, lo, hi))
        return push_object(rt(RtId::list_slice, {object(container), lo, hi}, TypeKind::List),
                           TypeKind::List);
    if (!may_run_python()) return leave();
    const ValueId c = object(container), a = object(start), b = object(stop);
    const TypeKind type = container.type == TypeKind::Str || container.type == TypeKind::Tuple
                              ? container.type
                              : TypeKind::Unknown;
    push_object(rt(RtId::get_slice, {c, a, b}, type), type);
}

void Translator::store_slice() {
    Item stop = pop(), start = pop(), container = pop(), value = pop();
    if (!may_run_python()) return leave();
    const ValueId c = object(container), a = object(start), b = object(stop), v = object(value);
    rt(RtId::set_slice, {c, a, b, v});
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
    if (!may_run_python()) return leave();
    const ValueId c = object(container), i = object(index), v = object(value);
    rt(container.type == TypeKind::Dict ? RtId::dict_set : RtId::set_item, {c, i, v});
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
    for (const Item& part : tuple.parts)
        if (!part.is_value() && part.form != Form::Tuple) return leave();
    push(std::move(tuple));
}

// Items are pushed last first, so that the first ends on top.
void Translator::unpack(std::size_t n, Seen seen) {
    Item sequence = pop();
    if (sequence.form == Form::Tuple && sequence.parts.size() == n) {
        for (std::size_t i = n; i-- > 0;) push(sequence.parts[i]);
        return;
    }
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
