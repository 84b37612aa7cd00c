// SPDX-License-Identifier: Apache-2.0
// Calls of builtins that the compiler knows, on operands whose types it knows: ops, no calls.
#include <optional>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

constexpr std::size_t kMostCompared = 8;  // arguments of min() and max() that are compared in place

constexpr auto kDomain = static_cast<std::uint32_t>(Assumption::Domain);
constexpr auto kOverflow = static_cast<std::uint32_t>(Assumption::Overflow);

}  // namespace

// range, enumerate, zip, reversed whose result is iterated at once.
bool Translator::call_iterator_maker(const Item& callable, std::vector<Item>& args) {
    const Known known = callable.fact->known;
    if (!feeds_iteration() && !(known == Known::Range && feeds_list())) return false;
    Item made;
    if (known == Known::Range) {
        if (args.empty() || args.size() > 3 || broken(Assumption::Overflow)) return false;
        for (Item& arg : args)
            if (kind_of(arg) != Kind::Int &&
                !guard_type(arg, TypeKind::Int, Assumption::OperandType))
                return false;
        std::vector<Item> bounds;
        for (Item& arg : args) bounds.push_back(raw_item(as_i64(arg)));
        made.form = Form::Range;
        if (bounds.size() == 1) bounds.insert(bounds.begin(), raw_item(i64(0)));
        if (bounds.size() == 2) bounds.push_back(raw_item(i64(1)));
        // Checked here: range() raises on step 0, and here the exit is before the call.
        guard(emit(Op::CmpI64, {bounds[2].raw, i64(0)}, 0, static_cast<std::uint32_t>(CmpOp::Ne)),
              Assumption::Domain);
        made.parts = std::move(bounds);
        push(std::move(made));
        return true;
    }
    if (known == Known::Enumerate || known == Known::Zip)
        for (Item& arg : args)
            if (guess_sequence(arg)) return true;
    if (known == Known::Enumerate && args.size() == 1) {
        auto inner = args[0].is_value() || args[0].form == Form::Tuple
                         ? iterate(args[0], Seen::Nothing)
                         : std::nullopt;
        if (!inner) return false;
        made.form = Form::Enumerate;
        made.parts = {raw_item(i64(0)), std::move(*inner)};
        push(std::move(made));
        return true;
    }
    if (known == Known::Zip && !args.empty()) {
        made.form = Form::Zip;
        for (Item& arg : args) {
            auto inner = arg.is_value() || arg.form == Form::Tuple ? iterate(arg, Seen::Nothing)
                                                                   : std::nullopt;
            if (!inner) return false;
            made.parts.push_back(std::move(*inner));
        }
        push(std::move(made));
        return true;
    }
    if (known == Known::Reversed && args.size() == 1 && args[0].type == TypeKind::List) {
        const ValueId list = object(args[0]);
        made.form = Form::Reversed;
        made.parts = {value_item(list, TypeKind::List),
                      raw_item(emit(Op::SubI64Fits, {emit(Op::ListLen, {list}), i64(1)}))};
        push(std::move(made));
        return true;
    }
    return false;
}

bool Translator::call_builtin(Known known, Item& self, std::vector<Item>& args) {
    if (known == Known::ListAppend && args.size() == 1 && self.type == TypeKind::List) {
        const ValueId list = object(self), v = object(args[0]);
        rt(RtId::list_append, {list, v});
        push_object(emit(Op::ConstNone), TypeKind::None);
        return true;
    }
    if (self.type == TypeKind::List && !args.empty() && kind_of(args[0]) == Kind::Int &&
        !args[0].big && call_list_method(known, self, args))
        return true;
    if (!self.is_null()) return false;
    switch (known) {
        case Known::Len:
            return args.size() == 1 && call_length(args[0]);
        case Known::Min:
        case Known::Max:
            return call_minmax(known == Known::Max, args);
        case Known::Abs:
        case Known::Int:
        case Known::Float:
        case Known::Bool:
        case Known::Round:
        case Known::Divmod:
            return call_conversion(known, args);
        case Known::Complex:
            return call_complex(args);
        case Known::List:
            return call_list_maker(args);
        default:
            return call_math(known, args);
    }
}

// Methods of an exact list whose first argument is an int.
bool Translator::call_list_method(Known known, Item& self, std::vector<Item>& args) {
    if (broken(Assumption::Overflow)) return false;
    if (known == Known::ListPop && args.size() == 1) {
        const ValueId list = object(self);
        return push_object(rt(RtId::list_pop, {list, as_i64(args[0])})), true;
    }
    if (known != Known::ListInsert || args.size() != 2) return false;
    const ValueId list = object(self), at = as_i64(args[0]), v = object(args[1]);
    rt(RtId::list_insert, {list, at, v});
    return push_object(emit(Op::ConstNone), TypeKind::None), true;
}

bool Translator::call_length(Item& arg) {
    if (arg.form == Form::Tuple)
        return push_raw(i64(static_cast<std::int64_t>(arg.parts.size()))), true;
    if (!arg.is_value() || arg.maybe_unbound) return false;
    switch (arg.type) {
        case TypeKind::List:
            return push_raw(emit(Op::ListLen, {object(arg)})), true;
        case TypeKind::Tuple:
            return push_raw(emit(Op::TupleLen, {object(arg)})), true;
        case TypeKind::Str:
        case TypeKind::Bytes:
        case TypeKind::Dict:
        case TypeKind::Set:
            return push_raw(rt(RtId::length_plain, {object(arg)})), true;
        default:
            if (!may_run_python()) return false;
            return push_raw(rt(RtId::length, {object(arg)})), true;
    }
}

// max(a, b) keeps a unless b > a; so NaN and equal operands give the first one.
// The first of the smallest, as min() finds it: a later one only where it is less.
bool Translator::call_minmax(bool max, std::vector<Item>& args) {
    if (args.size() < 2 || args.size() > kMostCompared) return false;
    for (std::size_t i = 1; i < args.size(); ++i)
        if (!settle_numbers(args[0], args[i], Seen::Nothing)) return false;
    const bool floats = args[0].type == TypeKind::Float;
    for (const Item& item : args)
        if (item.type != args[0].type || item.big || item.type == TypeKind::Bool) return false;
    if (!floats && broken(Assumption::Overflow)) return false;
    const auto aux = static_cast<std::uint32_t>(max ? CmpOp::Gt : CmpOp::Lt);
    const auto number = [&](Item& item) { return floats ? as_f64(item) : as_i64(item); };
    ValueId best = number(args[0]);
    for (std::size_t i = 1; i < args.size(); ++i) {
        const ValueId next = number(args[i]);
        const ValueId better = emit(floats ? Op::CmpF64 : Op::CmpI64, {next, best}, 0, aux);
        best = emit(floats ? Op::SelectF64 : Op::SelectI64, {better, next, best});
    }
    push_raw(best);
    return true;
}

bool Translator::call_conversion(Known known, std::vector<Item>& args) {
    if (args.empty()) return false;
    if (known == Known::Abs && args.size() == 1 && is_complex(args[0]))
        return complex_magnitude(args[0]);
    const Kind kind = kind_of(args[0]);
    const bool narrow =
        !args[0].big && !broken(Assumption::Overflow) && !broken(Assumption::Domain);
    if ((kind != Kind::Int && kind != Kind::Float && kind != Kind::Bool) || !narrow) return false;
    if (known == Known::Divmod) {
        if (args.size() != 2 || kind != Kind::Int || kind_of(args[1]) != Kind::Int || args[1].big)
            return false;
        const ValueId x = as_i64(args[0]), y = as_i64(args[1]);
        Item pair;
        pair.form = Form::Tuple;
        pair.parts = {raw_item(emit(Op::FloorDivI64, {x, y}, 0, kOverflow)),
                      raw_item(emit(Op::ModI64, {x, y}, 0, kOverflow))};
        push(std::move(pair));
        return true;
    }
    if (args.size() != 1) return false;
    const bool is_float = kind == Kind::Float;
    switch (known) {
        case Known::Float:  // of a float: itself, as int() of an int
            return is_float ? push(args[0]) : push_raw(as_f64(args[0])), true;
        case Known::Int:
            if (kind == Kind::Int) return push(args[0]), true;
            return push_raw(is_float ? emit(Op::F64ToI64, {as_f64(args[0])}, 0, kOverflow)
                                     : as_i64(args[0])),
                   true;
        case Known::Abs: {
            if (is_float) return push_raw(emit(Op::AbsF64, {as_f64(args[0])})), true;
            const ValueId x = as_i64(args[0]);
            const ValueId negative = emit(Op::NegI64, {x}, 0, kOverflow);
            return push_raw(emit(Op::MaxI64, {x, negative})), true;
        }
        case Known::Round:
            if (!is_float) return false;
            return push_raw(emit(Op::F64ToI64, {rt(RtId::round_half_even, {as_f64(args[0])})}, 0,
                                 kOverflow)),
                   true;
        default: {
            const auto value = truth(args[0], Seen::Nothing);
            if (value) push_raw(*value);
            return true;
        }
    }
}

// list(range(...)) is made by CPython; list(l) of an exact list is a copy.
bool Translator::call_list_maker(std::vector<Item>& args) {
    if (args.size() != 1) return false;
    if (args[0].form == Form::Range) {
        const auto& bounds = args[0].parts;
        push_object(rt(RtId::list_from_range, {bounds[0].raw, bounds[1].raw, bounds[2].raw},
                       TypeKind::List),
                    TypeKind::List);
        return true;
    }
    if (args[0].type != TypeKind::List) return false;
    const ValueId list = object(args[0]);
    push_object(
        rt(RtId::list_pick, {list, i64(0), i64(1), emit(Op::ListLen, {list})}, TypeKind::List),
        TypeKind::List);
    return true;
}

namespace {

std::optional<RtId> math_function(Known known) {
    switch (known) {
        case Known::MathSin:
            return RtId::math_sin;
        case Known::MathCos:
            return RtId::math_cos;
        case Known::MathTan:
            return RtId::math_tan;
        case Known::MathAtan:
            return RtId::math_atan;
        case Known::MathExp:
            return RtId::math_exp;
        case Known::MathAtan2:
            return RtId::math_atan2;
        case Known::MathPow:
            return RtId::math_pow;
        case Known::MathLog:
            return RtId::math_log;
        default:
            return std::nullopt;
    }
}

}  // namespace

// A result that is not finite may be an error in Python: the interpreter decides.
bool Translator::call_math(Known known, std::vector<Item>& args) {
    if (args.empty() || args.size() > 2 || broken(Assumption::Domain)) return false;
    for (const Item& arg : args) {
        const Kind kind = kind_of(arg);
        if ((kind != Kind::Float && kind != Kind::Int) || arg.big) return false;
    }
    if (known == Known::MathFabs && args.size() == 1)
        return push_raw(emit(Op::AbsF64, {as_f64(args[0])})), true;
    if (known == Known::MathSqrt && args.size() == 1)
        return push_raw(emit(Op::SqrtF64, {as_f64(args[0])}, 0, kDomain)), true;
    const auto id = math_function(known);
    if (!id || runtime::rt_row(*id).nargs != args.size() ||
        ir::has(runtime::rt_row(*id).effects, ir::Effects::Raises))
        return false;
    std::vector<ValueId> values;
    for (Item& arg : args) values.push_back(as_f64(arg));
    if (known == Known::MathLog)
        guard(emit(Op::CmpF64, {values[0], f64(0.0)}, 0, static_cast<std::uint32_t>(CmpOp::Gt)),
              Assumption::Domain);
    const ValueId result = rt(*id, std::move(values));
    guard(emit(Op::IsFinite, {result}), Assumption::Domain);
    push_raw(result);
    return true;
}

}  // namespace hone::compiler::frontend
