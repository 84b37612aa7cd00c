// SPDX-License-Identifier: Apache-2.0
// Calls of runtime functions, the poll, the guard on global names. (Of Python callables:
// object_calls.cpp.)
// Before what may run Python the frame is brought up to date; afterwards the error
// convention of runtime/functions.def is tested.
#include <optional>
#include <utility>

#include "base/check.h"
#include "compiler/lower/calls.h"
#include "compiler/lower/fast_ways.h"
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

llvm::Value* call_general(Lowering& l, const ir::Inst& inst, RtId id,
                          llvm::ArrayRef<llvm::Value*> args) {
    const runtime::RtRow& row = runtime::rt_row(id);
    if (ir::has(row.effects, ir::Effects::RunsPython)) l.sync(inst);
    llvm::Value* const result = l.call(l.runtime(id), args);
    check_result(l, inst, row, result);
    return result;
}

llvm::Value* call_fast_first(Lowering& l, const ir::Inst& inst, RtId id, RtId fast,
                             llvm::ArrayRef<llvm::Value*> args) {
    llvm::Value* const quick = l.call(l.runtime(fast), args);
    llvm::Value* const declined = quick->getType()->isPointerTy()
                                      ? l.b.CreateIsNull(quick)
                                      : l.b.CreateICmpSLT(quick, l.b.getInt64(0));
    llvm::BasicBlock *const general = l.new_block(), *const next = l.new_block();
    llvm::BasicBlock* const from = l.b.GetInsertBlock();
    l.branch(declined, general, next, Odds::Unlikely);
    l.b.SetInsertPoint(general);
    llvm::Value* const slow = call_general(l, inst, id, args);
    llvm::BasicBlock* const back = l.b.GetInsertBlock();
    l.b.CreateBr(next);
    l.b.SetInsertPoint(next);
    llvm::PHINode* const result = l.b.CreatePHI(quick->getType(), 2);
    result->addIncoming(quick, from);
    result->addIncoming(slow, back);
    return result;
}

void call_row(Lowering& l, const ir::Inst& inst, RtId id, llvm::ArrayRef<llvm::Value*> args) {
    const auto fast = fast_way(id);
    llvm::Value* const result =
        fast ? call_fast_first(l, inst, id, *fast, args) : call_general(l, inst, id, args);
    if (inst.result2) l.define(inst.result2, l.load(l.ptr, l.out_cell(), 0, Memory::Words));
    set_result(l, inst, result);
}

}  // namespace

llvm::Value* Lowering::out_cell() {
    return buffer(out_);
}

llvm::Value* Lowering::argument_array(llvm::ArrayRef<llvm::Value*> args) {
    llvm::AllocaInst* const base = buffer(arguments_);
    arguments_size_ = std::max(arguments_size_, args.size());
    for (std::size_t i = 0; i < args.size(); ++i)
        store(args[i], base, static_cast<std::int64_t>(8 * i), Memory::Words);
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
    std::vector<llvm::Value*> args;
    for (const ir::ValueId operand : inst.args) args.push_back(l.value(operand));
    llvm::Value* const array = l.argument_array(args);
    call_row(l, inst, static_cast<RtId>(inst.aux), {array, l.b.getInt64(inst.args.size())});
}

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

template <>
void lower<ir::Op::LeaveIfBusy>(Lowering& l, const ir::Inst& inst) {
    l.leave_if(l.b.CreateIsNotNull(breaker_bits(l)), inst);
}

template <>
void lower<ir::Op::WriteBack>(Lowering& l, const ir::Inst& inst) {
    l.sync(inst);
}

template <>
void lower<ir::Op::Poll>(Lowering& l, const ir::Inst& inst) {
    HONE_CHECK(inst.state, "a poll has no state");
    llvm::Value* const asked = l.b.CreateIsNotNull(breaker_bits(l));
    llvm::BasicBlock* const next = l.new_block();
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
    if (l.function.states[inst.state.index()].frames.size() > 1)
        l.leave_if(l.b.CreateIsNotNull(served), inst);
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
void lower<ir::Op::GuardTools>(Lowering& l, const ir::Inst& inst) {
    llvm::Value* const tools = l.load(l.i32, l.word("hone_tools"), 0, Memory::Breaker);
    l.leave_if(l.b.CreateIsNotNull(tools), inst);
}

template <>
void lower<ir::Op::Announce>(Lowering& l, const ir::Inst& inst) {
    l.call(l.service("hone_line", l.b.getVoidTy(), {l.ptr, l.ptr, l.i64}),
           {l.activation(), l.thread, l.b.getInt64(static_cast<std::uint64_t>(inst.imm))});
}

template <>
void lower<ir::Op::Probe>(Lowering& l, const ir::Inst& inst) {
    l.call(l.service("hone_probe", l.b.getVoidTy(), {l.ptr}), {l.object(ir::ObjectId(inst.aux))});
}

template <>
void lower<ir::Op::Guard>(Lowering& l, const ir::Inst& inst) {
    l.leave_unless(l.arg(inst, 0), inst);
}

}  // namespace hone::compiler
