// SPDX-License-Identifier: Apache-2.0
// Items: how they come to be, the objects made of them, what is learnt of them.
#include <cmath>
#include <functional>

#include "base/check.h"
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

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

}  // namespace

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
