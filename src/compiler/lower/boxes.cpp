// SPDX-License-Identifier: Apache-2.0
// Type tests and the ways between objects and unboxed values.
#include "base/check.h"
#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

constexpr std::uint64_t kDigitBits = 30;

llvm::Value* int_head(Lowering& l, llvm::Value* object) {
    return l.load(l.i64, object, l.layout.int_tag, Memory::IntHead);
}

llvm::Value* digit(Lowering& l, llvm::Value* object, std::int64_t i) {
    return l.b.CreateZExt(l.load(l.i32, object, l.layout.int_digits + 4 * i, Memory::IntDigit),
                          l.i64);
}

// -1, 0 or 1 for an int of at most one digit.
llvm::Value* compact_sign(Lowering& l, llvm::Value* head) {
    if (l.layout.int_rule == ir::IntRule::SignedSize) return head;
    return l.b.CreateSub(l.b.getInt64(1), l.b.CreateAnd(head, 3));
}

// At most one digit. Tag: bit 2 says "cached" on 3.14+ and is ignored, the number of digits is
// above.
llvm::Value* is_compact(Lowering& l, llvm::Value* head) {
    if (l.layout.int_rule == ir::IntRule::SignedSize)
        return l.b.CreateICmpULT(l.b.CreateAdd(head, l.b.getInt64(1)), l.b.getInt64(3));
    return l.b.CreateICmpULT(head, l.b.getInt64(16));
}

struct Wide {
    llvm::Value *digits, *negative;
};

Wide wide_head(Lowering& l, llvm::Value* head) {
    if (l.layout.int_rule == ir::IntRule::SignedSize) {
        llvm::Value* const negative = l.b.CreateICmpSLT(head, l.b.getInt64(0));
        return {l.b.CreateSelect(negative, l.b.CreateNeg(head), head), negative};
    }
    return {l.b.CreateLShr(head, 3), l.b.CreateICmpEQ(l.b.CreateAnd(head, 3), l.b.getInt64(2))};
}

// {value, fits} of an int of two or three digits, out of line: once per object code.
llvm::Function* wide_int(Lowering& l) {
    if (llvm::Function* const known = l.module.getFunction("hone_wide_int")) return known;
    llvm::Type* const result = llvm::StructType::get(l.i64, l.i1);
    auto* const f =
        llvm::Function::Create(llvm::FunctionType::get(result, {l.ptr}, false),
                               llvm::GlobalValue::InternalLinkage, "hone_wide_int", l.module);
    f->setDoesNotThrow();
    f->setOnlyReadsMemory();
    f->addFnAttr(llvm::Attribute::NoInline);
    f->addFnAttr(llvm::Attribute::WillReturn);
    f->addFnAttr(llvm::Attribute::Cold);
    const llvm::IRBuilderBase::InsertPointGuard guard(l.b);
    auto* const entry = llvm::BasicBlock::Create(l.context, "", f);
    auto* const three = llvm::BasicBlock::Create(l.context, "", f);
    auto* const join = llvm::BasicBlock::Create(l.context, "", f);
    llvm::Value* const object = f->getArg(0);

    l.b.SetInsertPoint(entry);
    const Wide head = wide_head(l, int_head(l, object));
    llvm::Value* const low =
        l.b.CreateOr(digit(l, object, 0), l.b.CreateShl(digit(l, object, 1), kDigitBits));
    l.b.CreateCondBr(l.b.CreateICmpEQ(head.digits, l.b.getInt64(2)), join, three);

    l.b.SetInsertPoint(three);
    llvm::Value* const top = digit(l, object, 2);
    llvm::Value* const all = l.b.CreateOr(low, l.b.CreateShl(top, 2 * kDigitBits));
    llvm::Value* const below = l.b.CreateICmpULT(top, l.b.getInt64(8));
    llvm::Value* const lowest =
        l.b.CreateAnd(l.b.CreateICmpEQ(all, l.b.getInt64(std::uint64_t{1} << 63)), head.negative);
    llvm::Value* const exact = l.b.CreateAnd(l.b.CreateICmpEQ(top, l.b.getInt64(8)), lowest);
    llvm::Value* const fits3 =
        l.b.CreateAnd(l.b.CreateICmpEQ(head.digits, l.b.getInt64(3)), l.b.CreateOr(below, exact));
    l.b.CreateBr(join);

    l.b.SetInsertPoint(join);
    llvm::PHINode* const magnitude = l.b.CreatePHI(l.i64, 2);
    llvm::PHINode* const fits = l.b.CreatePHI(l.i1, 2);
    magnitude->addIncoming(low, entry);
    magnitude->addIncoming(all, three);
    fits->addIncoming(l.b.getTrue(), entry);
    fits->addIncoming(fits3, three);
    llvm::Value* const v = l.b.CreateSelect(head.negative, l.b.CreateNeg(magnitude), magnitude);
    llvm::Value* pair = l.b.CreateInsertValue(llvm::PoisonValue::get(result), v, 0);
    l.b.CreateRet(l.b.CreateInsertValue(pair, fits, 1));
    return f;
}

}  // namespace

template <>
void lower<ir::Op::TypeIs>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const type = l.class_of(l.arg(inst, 0));
    l.set(inst, l.b.CreateICmpEQ(type, l.type_object(static_cast<ir::TypeKind>(inst.aux))));
}

template <>
void lower<ir::Op::SameType>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateICmpEQ(l.class_of(l.arg(inst, 0)), l.arg(inst, 1)));
}

template <>
void lower<ir::Op::CodeIs>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const code =
        l.load(l.ptr, l.arg(inst, 0), l.layout.function_code, Memory::FunctionCode);
    l.set(inst, l.b.CreateICmpEQ(code, l.arg(inst, 1)));
}

template <>
void lower<ir::Op::IsNull>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateIsNull(l.arg(inst, 0)));
}

template <>
void lower<ir::Op::NotNull>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.arg(inst, 0));
}

template <>
void lower<ir::Op::Is>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateICmpEQ(l.arg(inst, 0), l.arg(inst, 1)));
}

// One digit inline, two and three in a function of this object code, more leaves.
template <>
void lower<ir::Op::UnboxI64>(Lowering& l, const ir::Inst& inst) {
    l.leave_if_forced(inst);
    llvm::Value* const object = l.arg(inst, 0);
    llvm::Value* const head = int_head(l, object);
    llvm::BasicBlock *const compact = l.new_block(), *const wide = l.new_block(),
                            *const join = l.new_block();
    l.branch(is_compact(l, head), compact, wide, Odds::Likely);

    l.b.SetInsertPoint(compact);
    llvm::Value* const small = l.b.CreateMul(digit(l, object, 0), compact_sign(l, head));
    l.b.CreateBr(join);

    l.b.SetInsertPoint(wide);
    llvm::Value* const pair = l.call(wide_int(l), {object});
    llvm::Value* const large = l.b.CreateExtractValue(pair, 0);
    l.leave_unless(l.b.CreateExtractValue(pair, 1), inst);
    llvm::BasicBlock* const fits = l.b.GetInsertBlock();
    l.b.CreateBr(join);

    l.b.SetInsertPoint(join);
    llvm::PHINode* const v = l.b.CreatePHI(l.i64, 2);
    v->addIncoming(small, compact);
    v->addIncoming(large, fits);
    l.set(inst, v);
}

template <>
void lower<ir::Op::UnboxF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.f64, l.arg(inst, 0), l.layout.float_value, Memory::Float));
}

template <>
void lower<ir::Op::ComplexReal>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.f64, l.arg(inst, 0), l.layout.complex_value, Memory::Float));
}

template <>
void lower<ir::Op::ComplexImag>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.load(l.f64, l.arg(inst, 0), l.layout.complex_value + 8, Memory::Float));
}

template <>
void lower<ir::Op::UnboxBool>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.b.CreateICmpEQ(l.arg(inst, 0), l.object("hone_true")));
}

// The interpreter's cached small ints lie in one array; others are made. Where counts are plain
// a cached int is counted like any object.
template <>
void lower<ir::Op::BoxI64>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const v = l.arg(inst, 0);
    const llvm::FunctionCallee box = l.runtime(runtime::RtId::box_i64);
    if (l.options.quality == Quality::Quick) {
        l.set(inst, l.call(box, {v}));
        return;
    }
    const auto first = static_cast<std::uint64_t>(l.layout.small_int_min);
    const auto count =
        static_cast<std::uint64_t>(l.layout.small_int_max - l.layout.small_int_min + 1);
    llvm::BasicBlock *const cached = l.new_block(), *const made = l.new_block(),
                            *const join = l.new_block();
    l.branch(l.b.CreateICmpULT(l.b.CreateSub(v, l.b.getInt64(first)), l.b.getInt64(count)), cached,
             made, Odds::Even);

    l.b.SetInsertPoint(cached);
    llvm::Value* const offset = l.b.CreateMul(v, l.b.getInt64(l.layout.small_int_stride));
    llvm::Value* const small = l.b.CreateGEP(l.i8, l.object("hone_small_int_zero"), offset);
    if (l.layout.refcount == ir::RefcountRule::Plain) l.incref(small);
    l.b.CreateBr(join);

    l.b.SetInsertPoint(made);
    llvm::CallInst* const large = l.call(box, {v});
    large->setMemoryEffects(
        llvm::MemoryEffects::inaccessibleMemOnly());  // no object of ours is counted
    l.b.CreateBr(join);

    l.b.SetInsertPoint(join);
    llvm::PHINode* const result = l.b.CreatePHI(l.ptr, 2);
    result->addIncoming(small, cached);
    result->addIncoming(large, made);
    l.set(inst, result);
}

template <>
void lower<ir::Op::BoxF64>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.call(l.runtime(runtime::RtId::box_f64), {l.arg(inst, 0)}));
}

template <>
void lower<ir::Op::BoxBool>(Lowering& l, const ir::Inst& inst) {
    llvm::Value *const yes = l.object("hone_true"), *const no = l.object("hone_false");
    l.set(inst, l.b.CreateSelect(l.arg(inst, 0), yes, no));
}

}  // namespace hone::compiler
