// SPDX-License-Identifier: Apache-2.0
// Arithmetic on F64: the IEEE operation and nothing else, no fast-math flag, no contraction
// (the target machine is told so too, emit/machine.cpp).
#include <llvm/IR/Intrinsics.h>

#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

llvm::Constant* constant(Lowering& l, double v) {
    return llvm::ConstantFP::get(l.f64, v);
}

llvm::CmpInst::Predicate predicate(ir::CmpOp op) {
    switch (op) {
        case ir::CmpOp::Lt:
            return llvm::CmpInst::FCMP_OLT;
        case ir::CmpOp::Le:
            return llvm::CmpInst::FCMP_OLE;
        case ir::CmpOp::Eq:
            return llvm::CmpInst::FCMP_OEQ;
        case ir::CmpOp::Ne:
            return llvm::CmpInst::FCMP_UNE;
        case ir::CmpOp::Gt:
            return llvm::CmpInst::FCMP_OGT;
        case ir::CmpOp::Ge:
            return llvm::CmpInst::FCMP_OGE;
    }
    return llvm::CmpInst::BAD_FCMP_PREDICATE;
}

}  // namespace

template <>
void lower<ir::Op::AddF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateFAdd(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::SubF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateFSub(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::MulF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateFMul(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::DivF64>(Lowering& l, const ir::Inst& inst) {
    l.leave_if(l.b.CreateFCmpOEQ(l.arg(inst, 1), constant(l, 0.0)), inst);
    l.set(inst, l.b.CreateFDiv(l.arg(inst, 0), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::NegF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateFNeg(l.arg(inst, 0)));
}

template <>
void lower<ir::Op::AbsF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, l.arg(inst, 0)));
}

template <>
void lower<ir::Op::SqrtF64>(Lowering& l, const ir::Inst& inst) {
    l.leave_if(l.b.CreateFCmpOLT(l.arg(inst, 0), constant(l, 0.0)), inst);
    l.set(inst, l.b.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, l.arg(inst, 0)));
}

template <>
void lower<ir::Op::SelectF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateSelect(l.arg(inst, 0), l.arg(inst, 1), l.arg(inst, 2)));
}

template <>
void lower<ir::Op::CmpF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateFCmp(predicate(static_cast<ir::CmpOp>(inst.aux)), l.arg(inst, 0),
                               l.arg(inst, 1)));
}

template <>
void lower<ir::Op::HypotF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.call(l.runtime(runtime::RtId::hypot), {l.arg(inst, 0), l.arg(inst, 1)}));
}

namespace {

// Squares decide where they are further from c squared than all their rounding (four roundings of
// 2^-53 each, and hypot's own error below 2^-52): only what is left needs hypot itself.
constexpr double kHypotMargin = 0x1p-48;

llvm::Value* hypot_compared(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const exact =
        l.call(l.runtime(runtime::RtId::hypot), {l.arg(inst, 0), l.arg(inst, 1)});
    return l.b.CreateFCmp(predicate(static_cast<ir::CmpOp>(inst.aux)), exact, l.arg(inst, 2));
}

// What `hypot OP c` is where hypot is above c (or else below).
bool holds_beyond(ir::CmpOp op, bool above) {
    switch (op) {
        case ir::CmpOp::Lt:
        case ir::CmpOp::Le:
            return !above;
        case ir::CmpOp::Gt:
        case ir::CmpOp::Ge:
            return above;
        default:
            return op == ir::CmpOp::Ne;
    }
}

}  // namespace

template <>
void lower<ir::Op::CmpHypotF64>(Lowering& l, const ir::Inst& inst) {
    const auto op = static_cast<ir::CmpOp>(inst.aux);
    llvm::Value *const x = l.arg(inst, 0), *const y = l.arg(inst, 1), *const c = l.arg(inst, 2);
    llvm::Value* const squares = l.b.CreateFAdd(l.b.CreateFMul(x, x), l.b.CreateFMul(y, y));
    llvm::Value* const bound = l.b.CreateFMul(c, c);
    llvm::Value* const above =
        l.b.CreateFCmpOGT(squares, l.b.CreateFMul(bound, constant(l, 1 + kHypotMargin)));
    llvm::Value* const below =
        l.b.CreateFCmpOLT(squares, l.b.CreateFMul(bound, constant(l, 1 - kHypotMargin)));
    llvm::BasicBlock *const close = l.new_block(), *const join = l.new_block();
    llvm::Value* const quick = l.b.CreateSelect(above, l.b.getInt1(holds_beyond(op, true)),
                                                l.b.getInt1(holds_beyond(op, false)));
    llvm::BasicBlock* const here = l.b.GetInsertBlock();
    l.branch(l.b.CreateOr(above, below), join, close, Odds::Likely);
    l.b.SetInsertPoint(close);
    llvm::Value* const exact = hypot_compared(l, inst);
    l.b.CreateBr(join);
    l.b.SetInsertPoint(join);
    llvm::PHINode* const result = l.b.CreatePHI(l.i1, 2);
    result->addIncoming(quick, here);
    result->addIncoming(exact, close);
    l.set(inst, result);
}

template <>
void lower<ir::Op::IsFinite>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const magnitude = l.b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, l.arg(inst, 0));
    l.set(inst, l.b.CreateFCmpOLT(magnitude, llvm::ConstantFP::getInfinity(l.f64)));
}

template <>
void lower<ir::Op::I64ToF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateSIToFP(l.arg(inst, 0), l.f64));
}

template <>
void lower<ir::Op::F64ToI64>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const x = l.arg(inst, 0);
    llvm::Value* const from = l.b.CreateFCmpOGE(x, constant(l, -0x1p63));
    llvm::Value* const below = l.b.CreateFCmpOLT(x, constant(l, 0x1p63));
    l.leave_unless(l.b.CreateAnd(from, below), inst);
    l.set(inst, l.b.CreateFPToSI(x, l.i64));
}

}  // namespace hone::compiler
