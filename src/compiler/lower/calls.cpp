// SPDX-License-Identifier: Apache-2.0
// Calls of runtime functions and of Python callables, the poll, the guard on global names.
// Before what may run Python the frame is brought up to date; afterwards the error
// convention of runtime/functions.def is tested.
#include "base/check.h"
#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

using runtime::RtArg;
using runtime::RtId;
using runtime::RtRet;

llvm::Value* as_argument(Lowering& l, llvm::Value* v, RtArg kind) {
    return kind == RtArg::I64 && v->getType() == l.i1 ? l.b.CreateZExt(v, l.i64) : v;
}

void check_result(Lowering& l, const ir::Inst& inst, const runtime::RtRow& row,
                  llvm::Value* result) {
    if (!ir::has(row.effects, ir::Effects::Raises)) return;
    if (row.ret == RtRet::Obj) l.raise_if(l.b.CreateIsNull(result), inst);
    if (row.ret == RtRet::I64)
        l.raise_if(l.b.CreateICmpEQ(result, l.b.getInt64(~std::uint64_t{0})), inst);
}

// Functions return int64 where the IR may want a truth value.
void set_result(Lowering& l, const ir::Inst& inst, llvm::Value* result) {
    if (!inst.result) return;
    const bool truth =
        l.function.value(inst.result).rep == ir::Rep::Bool && result->getType() != l.i1;
    l.set(inst, truth ? l.b.CreateICmpNE(result, l.b.getInt64(0)) : result);
}

void call_row(Lowering& l, const ir::Inst& inst, RtId id, llvm::ArrayRef<llvm::Value*> args) {
    const runtime::RtRow& row = runtime::rt_row(id);
    if (ir::has(row.effects, ir::Effects::RunsPython)) l.sync(inst);
    llvm::Value* const result = l.call(l.runtime(id), args);
    check_result(l, inst, row, result);
    if (inst.result2) l.define(inst.result2, l.load(l.ptr, l.out_cell(), 0, Memory::Words));
    set_result(l, inst, result);
}

}  // namespace

llvm::Value* Lowering::out_cell() {
    return buffer(out_);
}

llvm::Value* Lowering::argument_array(llvm::ArrayRef<ir::ValueId> args) {
    llvm::AllocaInst* const base = buffer(arguments_);
    arguments_size_ = std::max(arguments_size_, args.size());
    for (std::size_t i = 0; i < args.size(); ++i)
        store(value(args[i]), base, static_cast<std::int64_t>(8 * i), Memory::Words);
    return base;
}

template <>
void lower<ir::Op::CallRt>(Lowering& l, const ir::Inst& inst) {
    const auto id = static_cast<RtId>(inst.aux);
    const runtime::RtRow& row = runtime::rt_row(id);
    std::vector<llvm::Value*> args;
    std::size_t next = 0;
    for (std::size_t i = 0; i < row.nargs; ++i) {
        if (row.args[i] == RtArg::ObjOut)
            args.push_back(l.out_cell());
        else
            args.push_back(as_argument(l, l.arg(inst, next++), row.args[i]));
    }
    HONE_CHECK(next == inst.args.size(), "a runtime call has more operands than the function");
    call_row(l, inst, id, args);
}

template <>
void lower<ir::Op::CallRtArray>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const array = l.argument_array(inst.args);
    call_row(l, inst, static_cast<RtId>(inst.aux), {array, l.b.getInt64(inst.args.size())});
}

namespace {

// Signals, GIL requests or a collection wait to be served. The word is written by other threads
// and by signal handlers: volatile, or it would be read once.
llvm::Value* breaker_bits(Lowering& l) {
    const ir::Layout& layout = l.layout;
    llvm::Value* const place = layout.breaker_address ? l.word("hone_breaker")
                                                      : l.address(l.thread, layout.breaker_offset);
    llvm::Type* const width = layout.breaker_mask >> 32 ? l.i64 : l.i32;
    llvm::LoadInst* const bits = l.tag(l.b.CreateLoad(width, place, true), Memory::Breaker);
    return l.b.CreateAnd(bits, llvm::ConstantInt::get(width, layout.breaker_mask));
}

// The call of the first `count` operands as any caller would make it; may be null.
llvm::Value* call_object(Lowering& l, const ir::Inst& inst, std::size_t count) {
    l.sync(inst);
    llvm::Value* const array = l.argument_array(llvm::ArrayRef(inst.args).take_front(count));
    const auto names = static_cast<std::uint32_t>(inst.imm);
    return l.call(l.runtime(RtId::call),
                  {array, l.b.getInt64(count),
                   names == 0 ? llvm::ConstantPointerNull::get(l.b.getPtrTy())
                              : l.object(ir::ObjectId(names - 1))});
}

// A direct call is as good as any other: the function has the code that was compiled, no tool
// watches, nothing waits to be served, and neither kind of stack is used up.
llvm::Value* direct_allowed(Lowering& l, const ir::Inst& inst, llvm::Value* target,
                            llvm::Value* left) {
    llvm::Value* const function = l.arg(inst, 0);
    llvm::Value* const code = l.object(ir::ObjectId(static_cast<std::uint32_t>(inst.imm >> 32)));
    llvm::Value* const its_code = l.load(l.ptr, function, l.layout.function_code, Memory::Function);
    llvm::Value* const tools = l.load(l.i32, l.word("hone_tools"), 0, Memory::Breaker);
    llvm::Value* const breaker = l.b.CreateZExtOrTrunc(breaker_bits(l), l.i32);
    llvm::Value* const quiet = l.b.CreateIsNull(l.b.CreateOr(tools, breaker));
    llvm::Value* allowed = l.b.CreateAnd(quiet, l.b.CreateIsNotNull(target));
    allowed = l.b.CreateAnd(allowed, l.b.CreateICmpEQ(its_code, code));
    allowed = l.b.CreateAnd(allowed, l.b.CreateICmpSGT(left, l.b.getInt32(0)));
    llvm::Value* const defaults = l.arg(inst, inst.aux);
    if (!llvm::isa<llvm::ConstantPointerNull>(defaults)) {
        llvm::Value* const now =
            l.load(l.ptr, function, l.layout.function_defaults, Memory::Function);
        allowed = l.b.CreateAnd(allowed, l.b.CreateICmpEQ(now, defaults));
    }
    return l.b.CreateAnd(allowed, l.stack_left());
}

llvm::Value* call_target(Lowering& l, const ir::Inst& inst, llvm::Value* target) {
    l.record_call(inst, l.arg(inst, 0));
    std::vector<llvm::Value*> args = {l.thread, llvm::ConstantPointerNull::get(l.b.getPtrTy()),
                                      l.activation()};
    for (std::size_t i = inst.aux + 1; i < inst.args.size(); ++i) args.push_back(l.arg(inst, i));
    llvm::CallInst* const result =
        l.b.CreateCall(l.direct_type(inst.args.size() - inst.aux - 1), target, args);
    result->setDoesNotThrow();
    return result;
}

void add_to(Lowering& l, llvm::Type* type, llvm::Value* place, std::int64_t offset, int by,
            Memory memory) {
    llvm::Value* const now = l.load(type, place, offset, memory);
    l.store(l.b.CreateAdd(now, llvm::ConstantInt::getSigned(type, by)), place, offset, memory);
}

}  // namespace

template <>
void lower<ir::Op::Call>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const result = call_object(l, inst, inst.args.size());
    l.raise_if(l.b.CreateIsNull(result), inst);
    l.set(inst, result);
}

// The target is a cell of the callee's record: where its compiled code is now (null if nowhere),
// and how often it was called by it.
template <>
void lower<ir::Op::CallDirect>(Lowering& l, const ir::Inst& inst) {
    const auto code = static_cast<std::uint32_t>(inst.imm >> 32);
    llvm::Constant* const cell = l.word("hone_target_" + std::to_string(code));
    llvm::Value* const target = l.load(l.ptr, cell, 0, Memory::Target);
    const std::uint32_t counter = l.layout.tstate_recursion;
    llvm::Value* const left = l.load(l.i32, l.thread, counter, Memory::Breaker);
    llvm::BasicBlock *const direct = l.new_block(), *const other = l.new_block(),
                            *const next = l.new_block();
    l.activation();
    l.branch(direct_allowed(l, inst, target, left), direct, other, Odds::Likely);

    l.b.SetInsertPoint(direct);
    l.store(l.b.CreateSub(left, l.b.getInt32(1)), l.thread, counter, Memory::Breaker);
    add_to(l, l.i64, cell, 8, 1, Memory::Target);
    llvm::Value* const fast = call_target(l, inst, target);
    add_to(l, l.i32, l.thread, counter, 1, Memory::Breaker);
    llvm::BasicBlock* const fast_end = l.b.GetInsertBlock();
    l.b.CreateBr(next);

    l.b.SetInsertPoint(other);
    llvm::Value* const slow = call_object(l, inst, inst.aux);
    llvm::BasicBlock* const slow_end = l.b.GetInsertBlock();
    l.b.CreateBr(next);

    l.b.SetInsertPoint(next);
    llvm::PHINode* const result = l.b.CreatePHI(l.ptr, 2);
    result->addIncoming(fast, fast_end);
    result->addIncoming(slow, slow_end);
    l.raise_if(l.b.CreateIsNull(result), inst);
    l.set(inst, result);
}

template <>
void lower<ir::Op::Poll>(Lowering& l, const ir::Inst& inst) {
    HONE_CHECK(inst.state, "a poll has no state");
    llvm::Value* const asked = l.b.CreateIsNotNull(breaker_bits(l));
    llvm::BasicBlock* const next = l.new_block();
    // Within an inlined function there is no frame to show: the interpreter makes one and polls.
    if (l.function.states[inst.state.index()].frames.size() > 1) {
        l.branch(asked, l.exit_block(inst, ir::ExitKind::Resume), next, Odds::Unlikely);
        l.b.SetInsertPoint(next);
        return;
    }
    llvm::BasicBlock* const serve = l.new_block();
    l.branch(asked, serve, next, Odds::Unlikely);

    l.b.SetInsertPoint(serve);
    const RowAndWords made = l.sync_row(inst);
    llvm::CallInst* const served =
        l.call(l.service("hone_poll", l.i64, {l.ptr, l.ptr, l.ptr, l.i64, l.ptr}),
               {l.activation(), l.thread, l.word("hone_code"), l.b.getInt64(made.row),
                l.store_words(made.words)});
    served->addFnAttr(llvm::Attribute::Cold);
    l.raise_if(l.b.CreateICmpSLT(served, l.b.getInt64(0)), inst);
    l.b.CreateBr(next);
    l.b.SetInsertPoint(next);
}

namespace {

// 3.11 has no watchers: the versions of the two dicts are compared with those the engine keeps,
// and when one has moved the engine looks whether an assumed name changed.
llvm::Value* dict_moved(Lowering& l, const char* dict, const char* version) {
    llvm::Value* const now = l.load(l.i64, l.object(dict), l.layout.dict_version, Memory::Version);
    llvm::Value* const known = l.load(l.i64, l.word(version), 0, Memory::Version);
    return l.b.CreateICmpNE(now, known);
}

// 3.12+: a watcher cleared the byte. It changes only while Python code runs, that is in calls: a
// plain load.
llvm::Value* name_touched(Lowering& l) {
    llvm::Value* const valid = l.load(l.i8, l.word("hone_valid"), 0, Memory::Valid);
    return l.b.CreateICmpEQ(valid, l.b.getInt8(0));
}

}  // namespace

// Something happened to a dict or a name: the engine looks whether all names stand for what they
// did (a name that was patched and restored does).
template <>
void lower<ir::Op::GuardGlobals>(Lowering& l, const ir::Inst& inst) {
    l.leave_if_forced(inst);
    llvm::Value* const moved =
        l.layout.dict_versions
            ? l.b.CreateOr(dict_moved(l, "hone_globals_dict", "hone_globals_version"),
                           dict_moved(l, "hone_builtins_dict", "hone_builtins_version"))
            : name_touched(l);
    llvm::BasicBlock *const look = l.new_block(), *const next = l.new_block();
    l.branch(moved, look, next, Odds::Unlikely);
    l.b.SetInsertPoint(look);
    llvm::CallInst* const holds =
        l.call(l.service("hone_check_globals", l.i64, {l.ptr}), {l.word("hone_code")});
    holds->addFnAttr(llvm::Attribute::Cold);
    l.leave_if(l.b.CreateICmpNE(holds, l.b.getInt64(1)), inst);
    l.b.CreateBr(next);
    l.b.SetInsertPoint(next);
}

template <>
void lower<ir::Op::Guard>(Lowering& l, const ir::Inst& inst) {
    l.leave_unless(l.arg(inst, 0), inst);
}

}  // namespace hone::compiler
