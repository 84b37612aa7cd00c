// SPDX-License-Identifier: Apache-2.0
// Arithmetic on I64. What does not fit leaves for the interpreter, so that no result is ever
// wrong; each op checks by the shortest sequence x86 has for it.
#include <llvm/IR/Intrinsics.h>

#include <limits>

#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

llvm::ConstantInt* constant(Lowering& l, std::int64_t v) {
    return l.b.getInt64(static_cast<std::uint64_t>(v));
}

llvm::Value* checked(Lowering& l, const ir::Inst& inst, llvm::Intrinsic::ID op, llvm::Value* x,
                     llvm::Value* y) {
    llvm::Value* const pair = l.b.CreateBinaryIntrinsic(op, x, y);
    l.leave_if(l.b.CreateExtractValue(pair, 1), inst);
    return l.b.CreateExtractValue(pair, 0);
}

llvm::Value* is_zero(Lowering& l, llvm::Value* v) {
    return l.b.CreateICmpEQ(v, constant(l, 0));
}
llvm::Value* is_negative(Lowering& l, llvm::Value* v) {
    return l.b.CreateICmpSLT(v, constant(l, 0));
}

// Divisor known at compile time and a power of two: the exponent, else -1.
int power_of_two(llvm::Value* divisor) {
    const auto* known = llvm::dyn_cast<llvm::ConstantInt>(divisor);
    if (!known || !known->getValue().isStrictlyPositive()) return -1;
    return known->getValue().exactLogBase2();
}

// The remainder's sign is the dividend's in hardware, the divisor's in Python: true where they
// differ.
llvm::Value* needs_correction(Lowering& l, llvm::Value* remainder, llvm::Value* divisor) {
    return l.b.CreateAnd(l.b.CreateNot(is_zero(l, remainder)),
                         is_negative(l, l.b.CreateXor(remainder, divisor)));
}

llvm::CmpInst::Predicate predicate(ir::CmpOp op) {
    switch (op) {
        case ir::CmpOp::Lt:
            return llvm::CmpInst::ICMP_SLT;
        case ir::CmpOp::Le:
            return llvm::CmpInst::ICMP_SLE;
        case ir::CmpOp::Eq:
            return llvm::CmpInst::ICMP_EQ;
        case ir::CmpOp::Ne:
            return llvm::CmpInst::ICMP_NE;
        case ir::CmpOp::Gt:
            return llvm::CmpInst::ICMP_SGT;
        case ir::CmpOp::Ge:
            return llvm::CmpInst::ICMP_SGE;
    }
    return llvm::CmpInst::BAD_ICMP_PREDICATE;
}

}  // namespace

template <>
void lower<ir::Op::AddI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst,
          checked(l, inst, llvm::Intrinsic::sadd_with_overflow, l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::SubI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst,
          checked(l, inst, llvm::Intrinsic::ssub_with_overflow, l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::MulI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst,
          checked(l, inst, llvm::Intrinsic::smul_with_overflow, l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::NegI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst,
          checked(l, inst, llvm::Intrinsic::ssub_with_overflow, constant(l, 0), l.arg(inst, 0)));
}

template <>
void lower<ir::Op::AddI64Wraps>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateAdd(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::AddI64Fits>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateNSWAdd(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::SubI64Fits>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateNSWSub(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::FloorDivI64>(Lowering& l, const ir::Inst& inst) {
    llvm::Value *const x = l.arg(inst, 0), *const y = l.arg(inst, 1);
    llvm::Value* const overflows =
        l.b.CreateAnd(l.b.CreateICmpEQ(x, constant(l, kMin)), l.b.CreateICmpEQ(y, constant(l, -1)));
    l.leave_if(l.b.CreateOr(is_zero(l, y), overflows), inst);
    if (const int shift = power_of_two(y); shift >= 0) {
        l.set(inst, l.b.CreateAShr(x, static_cast<std::uint64_t>(shift)));
        return;
    }
    llvm::Value* const quotient = l.b.CreateSDiv(x, y);
    llvm::Value* const remainder = l.b.CreateSub(x, l.b.CreateMul(quotient, y));
    l.set(inst, l.b.CreateSub(quotient, l.b.CreateZExt(needs_correction(l, remainder, y), l.i64)));
}

template <>
void lower<ir::Op::ModI64>(Lowering& l, const ir::Inst& inst) {
    llvm::Value *const x = l.arg(inst, 0), *const y = l.arg(inst, 1);
    l.leave_if(is_zero(l, y), inst);
    if (power_of_two(y) >= 0) {
        l.set(inst, l.b.CreateAnd(x, l.b.CreateSub(y, constant(l, 1))));
        return;
    }
    // -2^63 % -1 traps in hardware; x % 1 is 0 as well.
    llvm::Value* const divisor =
        l.b.CreateSelect(l.b.CreateICmpEQ(y, constant(l, -1)), constant(l, 1), y);
    llvm::Value* const remainder = l.b.CreateSRem(x, divisor);
    llvm::Value* const corrected = l.b.CreateAdd(remainder, y);
    l.set(inst, l.b.CreateSelect(needs_correction(l, remainder, y), corrected, remainder));
}

// Both operands are exact as double, so the quotient is rounded once, as int / int is.
template <>
void lower<ir::Op::TrueDivI64>(Lowering& l, const ir::Inst& inst) {
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    const auto too_wide = [&](llvm::Value* v) {
        return l.b.CreateICmpUGT(l.b.CreateAdd(v, constant(l, kExact)), constant(l, 2 * kExact));
    };
    llvm::Value *const x = l.arg(inst, 0), *const y = l.arg(inst, 1);
    l.leave_if(l.b.CreateOr(is_zero(l, y), l.b.CreateOr(too_wide(x), too_wide(y))), inst);
    l.set(inst, l.b.CreateFDiv(l.b.CreateSIToFP(x, l.f64), l.b.CreateSIToFP(y, l.f64)));
}

template <>
void lower<ir::Op::AndI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateAnd(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::OrI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateOr(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::XorI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateXor(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::NotI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateNot(l.arg(inst, 0)));
}

template <>
void lower<ir::Op::ShlI64>(Lowering& l, const ir::Inst& inst) {
    llvm::Value *const x = l.arg(inst, 0), *const count = l.arg(inst, 1);
    llvm::Value* const masked = l.b.CreateAnd(count, constant(l, 63));
    llvm::Value* const shifted = l.b.CreateShl(x, masked);
    llvm::Value* const lost = l.b.CreateICmpNE(l.b.CreateAShr(shifted, masked), x);
    l.leave_if(l.b.CreateOr(l.b.CreateICmpUGT(count, constant(l, 63)), lost), inst);
    l.set(inst, shifted);
}

template <>
void lower<ir::Op::ShrI64>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const count = l.arg(inst, 1);
    l.leave_if(is_negative(l, count), inst);
    llvm::Value* const most =
        l.b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, count, constant(l, 63));
    l.set(inst, l.b.CreateAShr(l.arg(inst, 0), most));
}

template <>
void lower<ir::Op::CmpI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateICmp(predicate(static_cast<ir::CmpOp>(inst.aux)), l.arg(inst, 0),
                               l.arg(inst, 1)));
}

template <>
void lower<ir::Op::MinI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::MaxI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::SelectI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateSelect(l.arg(inst, 0), l.arg(inst, 1), l.arg(inst, 2)));
}

// As CPython's get_len_of_range: unsigned, so that no difference overflows. A length of 2^63 or
// more is negative as I64 and leaves.
template <>
void lower<ir::Op::RangeLen>(Lowering& l, const ir::Inst& inst) {
    llvm::Value *const start = l.arg(inst, 0), *const stop = l.arg(inst, 1),
                       *const step = l.arg(inst, 2);
    llvm::Value* const up = l.b.CreateICmpSGT(step, constant(l, 0));
    llvm::Value* const low = l.b.CreateSelect(up, start, stop);
    llvm::Value* const high = l.b.CreateSelect(up, stop, start);
    llvm::Value* const stride = l.b.CreateSelect(up, step, l.b.CreateNeg(step));
    l.leave_if(is_zero(l, step), inst);
    llvm::Value* const last = l.b.CreateSub(l.b.CreateSub(high, low), constant(l, 1));
    llvm::Value* const full = l.b.CreateAdd(l.b.CreateUDiv(last, stride), constant(l, 1));
    llvm::Value* const length =
        l.b.CreateSelect(l.b.CreateICmpSLT(low, high), full, constant(l, 0));
    l.leave_if(is_negative(l, length), inst);
    l.set(inst, length);
}

// Negative indices count from the end; an index below -length stays negative, which is large
// unsigned.
template <>
void lower<ir::Op::CheckIndex>(Lowering& l, const ir::Inst& inst) {
    llvm::Value *const index = l.arg(inst, 0), *const length = l.arg(inst, 1);
    llvm::Value* const from_end = l.b.CreateAdd(index, length);
    llvm::Value* const at = l.b.CreateSelect(is_negative(l, index), from_end, index);
    l.leave_if(l.b.CreateICmpUGE(at, length), inst);
    l.set(inst, at);
}

// As PySlice_AdjustIndices has it, for steps of 1 and -1.
template <>
void lower<ir::Op::ClipIndex>(Lowering& l, const ir::Inst& inst) {
    llvm::Value *const bound = l.arg(inst, 0), *const length = l.arg(inst, 1);
    llvm::Value* const shift = inst.imm < 0 ? constant(l, -1) : constant(l, 0);
    llvm::Value* const from_end = l.b.CreateAdd(bound, length);
    llvm::Value* const at = l.b.CreateSelect(is_negative(l, bound), from_end, bound);
    llvm::Value* const least = l.b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, at, shift);
    l.set(inst,
          l.b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, least, l.b.CreateAdd(length, shift)));
}

template <>
void lower<ir::Op::BoolToI64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateZExt(l.arg(inst, 0), l.i64));
}

template <>
void lower<ir::Op::NotBool>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateNot(l.arg(inst, 0)));
}

template <>
void lower<ir::Op::AndBool>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateAnd(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::EqBool>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateICmpEQ(l.arg(inst, 0), l.arg(inst, 1)));
}

}  // namespace hone::compiler
