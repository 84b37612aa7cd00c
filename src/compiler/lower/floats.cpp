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
