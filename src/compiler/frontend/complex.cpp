// SPDX-License-Identifier: Apache-2.0
// Complex numbers as two floats. What CPython computes differs from 3.14 on: there a complex and a
// real operand are combined without making the real one complex. A product whose parts are both NaN
// is left to the interpreter: from 3.14 on it is mended (C99, Annex G), before the NaNs' signs are
// those of the order in which CPython's own compiler put the operands, which differs by build.
#include <utility>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

constexpr std::uint8_t kMixedSince = 14;  // 3.14
constexpr double kSafeSquares = 1e300;    // hypot is finite below

}  // namespace

bool Translator::is_complex(const Item& item) const {
    return item.form == Form::Complex ||
           (item.is_value() && item.type == TypeKind::Complex && !item.maybe_unbound);
}

bool Translator::is_real(const Item& item) const {
    const Kind kind = kind_of(item);
    return (kind == Kind::Float || kind == Kind::Int || kind == Kind::Bool) && !item.big;
}

Translator::ComplexParts Translator::complex_parts(Item& item) {
    if (item.form == Form::Complex) return {item.parts[0].raw, item.parts[1].raw};
    if (!is_complex(item)) return {as_f64(item), f64(0.0)};
    const ValueId made = object(item);
    return {emit(Op::ComplexReal, {made}), emit(Op::ComplexImag, {made})};
}

Item Translator::complex_item(ComplexParts parts) {
    Item item;
    item.form = Form::Complex;
    item.type = TypeKind::Complex;
    item.parts = {raw_item(parts.real), raw_item(parts.imaginary)};
    return item;
}

bool Translator::binary_complex(BinOp op, Item& a, Item& b) {
    if (!(is_complex(a) || is_real(a)) || !(is_complex(b) || is_real(b))) return false;
    if (broken(Assumption::Domain)) return false;
    const bool mixed = layout().minor >= kMixedSince && !(is_complex(a) && is_complex(b));
    switch (op) {
        case BinOp::Add:
        case BinOp::Sub:
            push(complex_item(mixed ? complex_sum_mixed(op, a, b) : complex_sum(op, a, b)));
            return true;
        case BinOp::Mul:
            push(complex_item(mixed ? complex_product_mixed(a, b) : complex_product(a, b)));
            return true;
        case BinOp::TrueDiv:
            if (mixed) return false;
            push(complex_item(complex_quotient(a, b)));
            return true;
        default:
            return false;
    }
}

Translator::ComplexParts Translator::complex_sum(BinOp op, Item& a, Item& b) {
    const Op each = op == BinOp::Add ? Op::AddF64 : Op::SubF64;
    const ComplexParts x = complex_parts(a), y = complex_parts(b);
    return {emit(each, {x.real, y.real}), emit(each, {x.imaginary, y.imaginary})};
}

Translator::ComplexParts Translator::complex_sum_mixed(BinOp op, Item& a, Item& b) {
    const Op each = op == BinOp::Add ? Op::AddF64 : Op::SubF64;
    if (is_complex(a)) {
        const ComplexParts x = complex_parts(a);
        return {emit(each, {x.real, as_f64(b)}), x.imaginary};
    }
    const ValueId x = as_f64(a);
    const ComplexParts y = complex_parts(b);
    return {emit(each, {x, y.real}),
            op == BinOp::Add ? y.imaginary : emit(Op::NegF64, {y.imaginary})};
}

Translator::ComplexParts Translator::complex_product(Item& a, Item& b) {
    const ComplexParts x = complex_parts(a), y = complex_parts(b);
    const auto times = [&](ValueId p, ValueId q) { return emit(Op::MulF64, {p, q}); };
    const ComplexParts made{
        emit(Op::SubF64, {times(x.real, y.real), times(x.imaginary, y.imaginary)}),
        emit(Op::AddF64, {times(x.real, y.imaginary), times(x.imaginary, y.real)})};
    const auto nan = [&](ValueId p) {
        return emit(Op::CmpF64, {p, p}, 0, static_cast<std::uint32_t>(CmpOp::Ne));
    };
    const ValueId both = emit(Op::AndBool, {nan(made.real), nan(made.imaginary)});
    guard(emit(Op::NotBool, {both}), Assumption::Domain);
    return made;
}

Translator::ComplexParts Translator::complex_product_mixed(Item& a, Item& b) {
    Item& number = is_complex(a) ? a : b;
    const ComplexParts x = complex_parts(number);
    const ValueId by = as_f64(is_complex(a) ? b : a);
    return {emit(Op::MulF64, {x.real, by}), emit(Op::MulF64, {x.imaginary, by})};
}

// Division by zero leaves, as for floats.
Translator::ComplexParts Translator::complex_quotient(Item& a, Item& b) {
    const ComplexParts x = complex_parts(a), y = complex_parts(b);
    const auto zero = [&](ValueId p) {
        return emit(Op::CmpF64, {p, f64(0.0)}, 0, static_cast<std::uint32_t>(CmpOp::Eq));
    };
    const ValueId both = emit(Op::AndBool, {zero(y.real), zero(y.imaginary)});
    guard(emit(Op::NotBool, {both}), Assumption::Domain);
    const std::vector<ValueId> operands = {x.real, x.imaginary, y.real, y.imaginary};
    return {rt(RtId::complex_quot_real, operands), rt(RtId::complex_quot_imag, operands)};
}

bool Translator::compare_complex(CmpOp op, Item& a, Item& b) {
    const auto exact = [&](const Item& item) {
        return is_complex(item) || kind_of(item) == Kind::Float;
    };
    if ((op != CmpOp::Eq && op != CmpOp::Ne) || !exact(a) || !exact(b)) return false;
    const ComplexParts x = complex_parts(a), y = complex_parts(b);
    const auto equal = [&](ValueId p, ValueId q) {
        return emit(Op::CmpF64, {p, q}, 0, static_cast<std::uint32_t>(CmpOp::Eq));
    };
    const ValueId same =
        emit(Op::AndBool, {equal(x.real, y.real), equal(x.imaginary, y.imaginary)});
    push_raw(op == CmpOp::Eq ? same : emit(Op::NotBool, {same}));
    return true;
}

ValueId Translator::complex_truth(Item& item) {
    const ComplexParts x = complex_parts(item);
    const auto zero = [&](ValueId p) {
        return emit(Op::CmpF64, {p, f64(0.0)}, 0, static_cast<std::uint32_t>(CmpOp::Eq));
    };
    return emit(Op::NotBool, {emit(Op::AndBool, {zero(x.real), zero(x.imaginary)})});
}

void Translator::negate_complex(Item& item) {
    const ComplexParts x = complex_parts(item);
    push(complex_item({emit(Op::NegF64, {x.real}), emit(Op::NegF64, {x.imaginary})}));
}

// abs(z): where the squares are far from the largest float, hypot can't overflow and is pure, so
// that a comparison with a constant may do without it (passes/fold).
bool Translator::complex_magnitude(Item& item) {
    if (broken(Assumption::Domain)) return false;
    const ComplexParts x = complex_parts(item);
    const ValueId squares = emit(Op::AddF64, {emit(Op::MulF64, {x.real, x.real}),
                                              emit(Op::MulF64, {x.imaginary, x.imaginary})});
    guard(emit(Op::CmpF64, {squares, f64(kSafeSquares)}, 0, static_cast<std::uint32_t>(CmpOp::Lt)),
          Assumption::Domain);
    push_raw(emit(Op::HypotF64, {x.real, x.imaginary}));
    return true;
}

bool Translator::call_complex(std::vector<Item>& args) {
    if (args.empty() || args.size() > 2) return false;
    for (const Item& arg : args)
        if (!is_real(arg)) return false;
    const ValueId real = as_f64(args[0]);
    push(complex_item({real, args.size() == 2 ? as_f64(args[1]) : f64(0.0)}));
    return true;
}

// z.real, z.imag; false for any other attribute.
bool Translator::complex_attribute(Item& owner, const std::string& name) {
    if (!is_complex(owner) || (name != "real" && name != "imag")) return false;
    const ComplexParts x = complex_parts(owner);
    push_raw(name == "real" ? x.real : x.imaginary);
    return true;
}

}  // namespace hone::compiler::frontend
