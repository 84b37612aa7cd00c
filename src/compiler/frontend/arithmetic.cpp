// SPDX-License-Identifier: Apache-2.0
// Arithmetic, comparison, truth. Numbers that are known, or that the interpreter has seen, are
// computed unboxed; everything else is an object operation.
#include <bit>
#include <cmath>
#include <optional>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

constexpr std::int64_t kExactFloatInt = std::int64_t{1} << 53;

bool plain_type(TypeKind type) {
    return type == TypeKind::Int || type == TypeKind::Float || type == TypeKind::Bool ||
           type == TypeKind::Str || type == TypeKind::Bytes || type == TypeKind::Complex;
}

// The type that a specialised truth test names.
TypeKind seen_type(Seen seen) {
    switch (seen) {
        case Seen::Bool:
            return TypeKind::Bool;
        case Seen::Int:
            return TypeKind::Int;
        case Seen::List:
            return TypeKind::List;
        case Seen::Str:
            return TypeKind::Str;
        case Seen::None_:
            return TypeKind::None;
        default:
            return TypeKind::Unknown;
    }
}

}  // namespace

Translator::Kind Translator::kind_of(const Item& item) const {
    if (!item.is_value() || item.maybe_unbound)
        return item.maybe_unbound ? Kind::Unknown : Kind::Other;
    switch (item.type) {
        case TypeKind::Int:  // one that did not fit here before stays an object
            return !item.raw.valid() && broken(Assumption::Overflow) ? Kind::Other : Kind::Int;
        case TypeKind::Float:
            return Kind::Float;
        case TypeKind::Bool:
            return Kind::Bool;
        case TypeKind::Unknown:
            return Kind::Unknown;
        default:
            return Kind::Other;
    }
}

ValueId Translator::as_i64(Item& item) {
    if (!item.raw.valid()) {
        const Op op = item.type == TypeKind::Bool ? Op::UnboxBool : Op::UnboxI64;
        const ValueId raw =
            emit(op, {object(item)}, 0, static_cast<std::uint32_t>(Assumption::Overflow));
        item.raw = raw;
        learn(item, [&](Item& other) { other.raw = raw; });
    }
    return item.type == TypeKind::Bool ? emit(Op::BoolToI64, {item.raw}) : item.raw;
}

ValueId Translator::as_f64(Item& item) {
    if (item.type != TypeKind::Float) return emit(Op::I64ToF64, {as_i64(item)});
    if (!item.raw.valid()) {
        const ValueId raw = emit(Op::UnboxF64, {object(item)});
        item.raw = raw;
        learn(item, [&](Item& other) { other.raw = raw; });
    }
    return item.raw;
}

std::optional<std::int64_t> Translator::constant_int(const Item& item) const {
    if (item.fact != nullptr && item.type == TypeKind::Int && item.fact->int_fits)
        return item.fact->int_value;
    return std::nullopt;
}

// Both operands' kinds, guarded where the interpreter's own specialisation names a type.
bool Translator::settle_numbers(Item& a, Item& b, Seen seen) {
    const auto guess = seen == Seen::Int     ? TypeKind::Int
                       : seen == Seen::Float ? TypeKind::Float
                                             : TypeKind::Unknown;
    if (guess != TypeKind::Unknown)
        for (Item* item : {&a, &b})
            if (kind_of(*item) == Kind::Unknown) guard_type(*item, guess, Assumption::OperandType);
    const auto number = [&](const Item& item) {
        const Kind kind = kind_of(item);
        return kind == Kind::Int || kind == Kind::Float || kind == Kind::Bool;
    };
    return number(a) && number(b);
}

// One operand is a number and nothing was seen of the other (CPython does not specialise float
// with int): tell the other apart at run time, and leave if it is neither, until that happens
// often. Of two operands whose seen type did not hold, the first is told apart.
bool Translator::restart_on_numbers(Item& a, Item& b) {
    const auto number = [&](const Item& item) {
        const Kind kind = kind_of(item);
        return kind == Kind::Int || kind == Kind::Float || is_complex(item);
    };
    const auto split = [&](Item& item) {
        return split_on(item, TypeKind::Float) || split_on(item, TypeKind::Int);
    };
    const bool unknown_a = kind_of(a) == Kind::Unknown, unknown_b = kind_of(b) == Kind::Unknown;
    const bool varied = broken(Assumption::OperandType);
    if (unknown_a && unknown_b) return varied && split(a);
    if (!(unknown_a && number(b)) && !(unknown_b && number(a))) return false;
    Item& other = unknown_a ? a : b;
    if (split(other)) return true;
    if (is_complex(unknown_a ? b : a) && split_on(other, TypeKind::Complex)) return true;
    if (!varied) leave(Assumption::OperandType);
    return !varied;
}

void Translator::binary(const ir::Instr& in) {
    const auto op = static_cast<BinOp>(in.arg & 0xff);
    Item b = pop(), a = pop();
    if (settle_numbers(a, b, in.seen)) {
        const bool floats = a.type == TypeKind::Float || b.type == TypeKind::Float;
        if (floats ? binary_float(op, a, b) : binary_int(op, a, b)) return;
    } else if ((is_complex(a) || is_complex(b)) && binary_complex(op, a, b)) {
        return;
    } else if (restart_on_numbers(a, b)) {
        return;
    }
    binary_object(in.arg, a, b);
}

bool Translator::binary_int(BinOp op, Item& a, Item& b) {
    if (a.big || b.big || broken(Assumption::Overflow) || broken(Assumption::Domain)) return false;
    if (op == BinOp::MatMul) return false;
    if (op == BinOp::Pow) return int_pow(a, b);
    if (a.type == TypeKind::Bool && b.type == TypeKind::Bool &&
        (op == BinOp::And || op == BinOp::Or || op == BinOp::Xor))
        return false;  // a bool again: the object operation says so
    static constexpr Op kOps[] = {Op::AddI64,    Op::AndI64, Op::FloorDivI64, Op::ShlI64,
                                  Op::ConstNull, Op::MulI64, Op::ModI64,      Op::OrI64,
                                  Op::ConstNull, Op::ShrI64, Op::SubI64,      Op::TrueDivI64,
                                  Op::XorI64};
    const ValueId x = as_i64(a), y = as_i64(b);
    push_raw(emit(kOps[static_cast<std::size_t>(op)], {x, y}, 0,
                  static_cast<std::uint32_t>(Assumption::Overflow)));
    return true;
}

bool Translator::int_pow(Item& a, Item& b) {
    const auto exponent = constant_int(b);
    if (exponent == 2) {
        const ValueId x = as_i64(a);
        push_raw(emit(Op::MulI64, {x, x}, 0, static_cast<std::uint32_t>(Assumption::Overflow)));
        return true;
    }
    if (exponent && *exponent < 0) return false;  // a float, or ZeroDivisionError
    const ValueId x = as_i64(a), y = as_i64(b);
    if (!exponent)
        guard(emit(Op::CmpI64, {y, i64(0)}, 0, static_cast<std::uint32_t>(CmpOp::Ge)),
              Assumption::Overflow);
    const ValueId power = rt(RtId::i64_pow, {x, y});
    const ValueId fits =
        emit(Op::CmpI64, {power, i64(INT64_MIN)}, 0, static_cast<std::uint32_t>(CmpOp::Ne));
    guard(fits, Assumption::Overflow);
    push_raw(power);
    return true;
}

bool Translator::binary_float(BinOp op, Item& a, Item& b) {
    if (a.big || b.big || broken(Assumption::Domain)) return false;
    const auto aux = static_cast<std::uint32_t>(Assumption::Domain);
    const auto nonzero = [&](ValueId y) {
        guard(emit(Op::CmpF64, {y, f64(0.0)}, 0, static_cast<std::uint32_t>(CmpOp::Ne)),
              Assumption::Domain);
    };
    switch (op) {
        case BinOp::Add:
        case BinOp::Sub:
        case BinOp::Mul:
        case BinOp::TrueDiv: {
            const ValueId x = as_f64(a), y = as_f64(b);
            push_raw(op == BinOp::TrueDiv ? emit(Op::DivF64, {x, y}, 0, aux)
                                          : emit(op == BinOp::Add   ? Op::AddF64
                                                 : op == BinOp::Sub ? Op::SubF64
                                                                    : Op::MulF64,
                                                 {x, y}));
            return true;
        }
        case BinOp::Mod:
        case BinOp::FloorDiv: {
            const ValueId x = as_f64(a), y = as_f64(b);
            nonzero(y);
            push_raw(rt(op == BinOp::Mod ? RtId::float_mod : RtId::float_floor_div, {x, y}));
            return true;
        }
        case BinOp::Pow: {
            const ValueId x = as_f64(a), y = as_f64(b);
            const ValueId power = rt(RtId::float_pow, {x, y});
            guard(emit(Op::IsFinite, {power}), Assumption::Domain);
            push_raw(power);
            return true;
        }
        default:
            return false;  // TypeError, said by the object operation
    }
}

TypeKind Translator::result_type(BinOp op, TypeKind a, TypeKind b) const {
    const bool ints =
        (a == TypeKind::Int || a == TypeKind::Bool) && (b == TypeKind::Int || b == TypeKind::Bool);
    const bool arithmetic = op != BinOp::MatMul && op != BinOp::TrueDiv && op != BinOp::Pow;
    const bool both_bool = a == TypeKind::Bool && b == TypeKind::Bool;
    if (ints && arithmetic && !both_bool) return TypeKind::Int;
    if (ints && op == BinOp::TrueDiv) return TypeKind::Float;
    const auto number = [](TypeKind t) {
        return t == TypeKind::Int || t == TypeKind::Float || t == TypeKind::Bool;
    };
    if (number(a) && number(b) && (a == TypeKind::Float || b == TypeKind::Float) && arithmetic)
        return TypeKind::Float;
    const auto with_complex = [&](TypeKind x, TypeKind y) {
        return x == TypeKind::Complex && (y == TypeKind::Complex || number(y));
    };
    if ((with_complex(a, b) || with_complex(b, a)) &&
        (op == BinOp::Add || op == BinOp::Sub || op == BinOp::Mul || op == BinOp::TrueDiv ||
         op == BinOp::Pow))
        return TypeKind::Complex;
    if (a == b && op == BinOp::Add &&
        (a == TypeKind::Str || a == TypeKind::List || a == TypeKind::Tuple || a == TypeKind::Bytes))
        return a;
    if (a == TypeKind::Str && op == BinOp::Mod) return TypeKind::Str;
    return TypeKind::Unknown;
}

void Translator::binary_object(std::int32_t arg, Item& a, Item& b) {
    const auto op = static_cast<BinOp>(arg & 0xff);
    const auto type_of = [](const Item& item) {
        return item.form == Form::Tuple ? TypeKind::Tuple : item.type;
    };
    const TypeKind ta = type_of(a), tb = type_of(b);
    const TypeKind type = result_type(op, ta, tb);
    const bool plain =
        plain_type(ta) && plain_type(tb) && !(op == BinOp::Mod && ta == TypeKind::Str);
    if (!plain && !may_run_python()) return leave();
    const ValueId x = object(a), y = object(b);
    Item result =
        value_item(rt(plain ? RtId::binary_plain : RtId::binary, {x, y, i64(arg)}, type), type);
    result.big = type == TypeKind::Int;
    push(std::move(result));
}

void Translator::compare(const ir::Instr& in) {
    const auto op = static_cast<CmpOp>(in.arg);
    Item b = pop(), a = pop();
    if (settle_numbers(a, b, in.seen)) {
        if (compare_numbers(op, a, b)) return;
    } else if ((is_complex(a) || is_complex(b)) && compare_complex(op, a, b)) {
        return;
    } else if (restart_on_numbers(a, b)) {
        return;
    }
    if (in.seen == Seen::Str) {
        guard_type(a, TypeKind::Str, Assumption::OperandType);
        guard_type(b, TypeKind::Str, Assumption::OperandType);
    }
    const bool plain = plain_type(a.type) && plain_type(b.type);
    if (!plain && !may_run_python()) return leave();
    const ValueId x = object(a), y = object(b);
    if (a.type == TypeKind::Str && b.type == TypeKind::Str && (op == CmpOp::Eq || op == CmpOp::Ne))
        return push_raw(emit(Op::CmpI64,
                             {rt(RtId::str_equal, {x, y}), i64(op == CmpOp::Eq ? 1 : 0)}, 0,
                             static_cast<std::uint32_t>(CmpOp::Eq)));
    const TypeKind type = plain ? TypeKind::Bool : TypeKind::Unknown;
    const ValueId result =
        rt(plain ? RtId::compare_plain : RtId::compare, {x, y, i64(in.arg)}, type);
    if (plain) return push_raw(emit(Op::UnboxBool, {result}));
    if (in.op != ir::Bc::CompareOpBool) return push_object(result);
    push_raw(emit(Op::CmpI64, {rt(RtId::truth, {result}), i64(0)}, 0,
                  static_cast<std::uint32_t>(CmpOp::Ne)));
}

bool Translator::compare_numbers(CmpOp op, Item& a, Item& b) {
    if (a.big || b.big) return false;
    const bool fa = a.type == TypeKind::Float, fb = b.type == TypeKind::Float;
    const auto aux = static_cast<std::uint32_t>(op);
    if (!fa && !fb) {
        if (broken(Assumption::Overflow)) return false;
        const ValueId x = as_i64(a), y = as_i64(b);
        push_raw(emit(Op::CmpI64, {x, y}, 0, aux));
        return true;
    }
    const auto exact = [&](const Item& item) {
        const auto value = constant_int(item);
        return item.type == TypeKind::Float || item.type == TypeKind::Bool ||
               (value && std::abs(*value) <= kExactFloatInt);
    };
    if (exact(a) && exact(b)) {
        const ValueId x = as_f64(a), y = as_f64(b);
        push_raw(emit(Op::CmpF64, {x, y}, 0, aux));
        return true;
    }
    // float_cmp_i64 orders them exactly; 2 means NaN, which only != is true of.
    const ValueId order = fa ? rt(RtId::float_cmp_i64, {as_f64(a), as_i64(b)})
                             : rt(RtId::float_cmp_i64, {as_f64(b), as_i64(a)});
    static constexpr CmpOp kSwapped[] = {CmpOp::Gt, CmpOp::Ge, CmpOp::Eq,
                                         CmpOp::Ne, CmpOp::Lt, CmpOp::Le};
    const CmpOp effective = fa ? op : kSwapped[static_cast<std::size_t>(op)];
    ValueId result = emit(Op::CmpI64, {order, i64(0)}, 0, static_cast<std::uint32_t>(effective));
    if (effective == CmpOp::Gt || effective == CmpOp::Ge) {
        const ValueId ordered =
            emit(Op::CmpI64, {order, i64(2)}, 0, static_cast<std::uint32_t>(CmpOp::Ne));
        result = emit(Op::AndBool, {result, ordered});
    }
    push_raw(result);
    return true;
}

void Translator::unary(const ir::Instr& in) {
    Item a = pop();
    const Kind kind = kind_of(a);
    if (in.op == ir::Bc::UnaryNot) {
        if (auto value = truth(a, in.seen)) push_raw(emit(Op::NotBool, {*value}));
        return;
    }
    const bool narrow = !a.big && !broken(Assumption::Overflow);
    const auto aux = static_cast<std::uint32_t>(Assumption::Overflow);
    if (in.op == ir::Bc::UnaryNegative && is_complex(a)) return negate_complex(a);
    if (in.op == ir::Bc::UnaryNegative && kind == Kind::Float)
        return push_raw(emit(Op::NegF64, {as_f64(a)}));
    if (in.op == ir::Bc::UnaryNegative && kind == Kind::Int && narrow)
        return push_raw(emit(Op::NegI64, {as_i64(a)}, 0, aux));
    if (in.op == ir::Bc::UnaryInvert && kind == Kind::Int && narrow)
        return push_raw(emit(Op::NotI64, {as_i64(a)}));
    if (in.op == ir::Bc::UnaryPositive && (kind == Kind::Float || kind == Kind::Int) && narrow)
        return push(std::move(a));
    if (kind == Kind::Unknown && in.op == ir::Bc::UnaryNegative &&
        (split_on(a, TypeKind::Float) || split_on(a, TypeKind::Int)))
        return;
    if (!may_run_python()) return leave();
    const RtId id = in.op == ir::Bc::UnaryNegative ? RtId::unary_negative
                    : in.op == ir::Bc::UnaryInvert ? RtId::unary_invert
                                                   : RtId::unary_positive;
    const TypeKind type = kind == Kind::Int     ? TypeKind::Int
                          : kind == Kind::Float ? TypeKind::Float
                                                : TypeKind::Unknown;
    Item result = value_item(rt(id, {object(a)}, type), type);
    result.big = type == TypeKind::Int;
    push(std::move(result));
}

std::optional<ValueId> Translator::truth(Item& item, Seen seen) {
    if (item.form == Form::Tuple) return boolean(!item.parts.empty());
    if (item.type == TypeKind::Unknown && seen_type(seen) != TypeKind::Unknown)
        guard_type(item, seen_type(seen), Assumption::OperandType);
    const auto differs = static_cast<std::uint32_t>(CmpOp::Ne);
    if (is_complex(item)) return complex_truth(item);
    switch (item.type) {
        case TypeKind::Bool:
            if (!item.raw.valid()) return emit(Op::UnboxBool, {object(item)});
            return item.raw;
        case TypeKind::Int:
            if (item.big || broken(Assumption::Overflow)) break;
            return emit(Op::CmpI64, {as_i64(item), i64(0)}, 0, differs);
        case TypeKind::Float:
            return emit(Op::CmpF64, {as_f64(item), f64(0.0)}, 0, differs);
        case TypeKind::None:
            return boolean(false);
        case TypeKind::List:
            return emit(Op::CmpI64, {emit(Op::ListLen, {object(item)}), i64(0)}, 0, differs);
        case TypeKind::Tuple:
            return emit(Op::CmpI64, {emit(Op::TupleLen, {object(item)}), i64(0)}, 0, differs);
        default:
            break;
    }
    const bool plain =
        plain_type(item.type) || item.type == TypeKind::Dict || item.type == TypeKind::Set;
    if (!plain && !may_run_python()) {
        leave();
        return std::nullopt;
    }
    return emit(Op::CmpI64, {rt(plain ? RtId::truth_plain : RtId::truth, {object(item)}), i64(0)},
                0, differs);
}

void Translator::is_op(bool negated) {
    Item b = pop(), a = pop();
    const auto type_of = [](const Item& item) {
        return item.form == Form::Tuple ? TypeKind::Tuple : item.type;
    };
    const TypeKind ta = type_of(a), tb = type_of(b);
    ValueId same;
    if (ta != TypeKind::Unknown && tb != TypeKind::Unknown && ta != tb)
        same = boolean(false);
    else if (ta == TypeKind::None && tb == TypeKind::None)
        same = boolean(true);
    else
        same = emit(Op::Is, {object(a), object(b)});
    push_raw(negated ? emit(Op::NotBool, {same}) : same);
}

void Translator::contains_op(bool negated) {
    Item container = pop(), item = pop();
    if (!may_run_python()) return leave();
    const ValueId c = object(container), i = object(item);
    const ValueId found = rt(RtId::contains, {c, i});
    push_raw(emit(Op::CmpI64, {found, i64(0)}, 0,
                  static_cast<std::uint32_t>(negated ? CmpOp::Eq : CmpOp::Ne)));
}

}  // namespace hone::compiler::frontend
