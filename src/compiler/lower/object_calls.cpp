// SPDX-License-Identifier: Apache-2.0
// Calls of Python callables: straight into compiled code where the callee has some, as any caller
// would make them elsewhere. A callee known at compile time is found in a cell of its record; for
// others the engine is asked at each call (services hone_find_direct, _bound, _init), which is
// still a small part of what a frame costs.
#include <utility>
#include <vector>

#include "compiler/lower/calls.h"
#include "ir/calls.h"

namespace hone::compiler {
namespace {

using ir::CallFlags;
using runtime::RtId;

bool is_null(llvm::Value* v) {
    return llvm::isa<llvm::ConstantPointerNull>(v);
}

llvm::Value* null(Lowering& l) {
    return llvm::ConstantPointerNull::get(l.b.getPtrTy());
}

struct Operands {
    std::vector<llvm::Value*> all;  // callable, self or NULL, arguments
    [[nodiscard]] llvm::Value* callable() const { return all[0]; }
    [[nodiscard]] llvm::Value* self() const { return all[1]; }
};

Operands operands(Lowering& l, const ir::Inst& inst, std::size_t count) {
    Operands out;
    for (std::size_t i = 0; i < count; ++i) out.all.push_back(l.arg(inst, i));
    if (!is_flagged(inst, CallFlags::Slots)) return out;
    llvm::Value* const plain = l.b.CreateIsNull(out.all[1]);
    llvm::Value* const callable = l.b.CreateSelect(plain, out.all[0], out.all[1]);
    out.all[1] = l.b.CreateSelect(plain, null(l), out.all[0]);
    out.all[0] = callable;
    return out;
}

// The ways of a call meet in one block; each brings its result, which may be null.
class Ways {
  public:
    explicit Ways(Lowering& l) : l_(l), next_(l.new_block()) {}

    void add(llvm::Value* result) {
        results_.emplace_back(result, l_.b.GetInsertBlock());
        l_.b.CreateBr(next_);
    }
    llvm::Value* meet() {
        l_.b.SetInsertPoint(next_);
        llvm::PHINode* const result = l_.b.CreatePHI(l_.ptr, 2);
        for (const auto& [value, from] : results_) result->addIncoming(value, from);
        return result;
    }

  private:
    Lowering& l_;
    llvm::BasicBlock* next_;
    std::vector<std::pair<llvm::Value*, llvm::BasicBlock*>> results_;
};

// As any caller would call.
llvm::Value* call_generally(Lowering& l, const ir::Inst& inst, const Operands& operands) {
    l.sync(inst);
    llvm::Value* const array = l.argument_array(operands.all);
    const auto names = static_cast<std::uint32_t>(inst.imm);
    return l.call(l.runtime(RtId::call),
                  {array, l.b.getInt64(operands.all.size()),
                   names == 0 ? null(l) : l.object(ir::ObjectId(names - 1))});
}

void add_to(Lowering& l, llvm::Type* type, llvm::Value* place, std::int64_t offset, int by,
            Memory memory) {
    llvm::Value* const now = l.load(type, place, offset, memory);
    l.store(l.b.CreateAdd(now, llvm::ConstantInt::getSigned(type, by)), place, offset, memory);
}

// To a profiler, where there may be one.
void announce(Lowering& l, const char* service) {
    if (!l.options.watched.calls) return;
    l.call(l.service(service, l.b.getVoidTy(), {l.ptr, l.ptr}), {l.activation(), l.thread});
}

// Requires: record_call() and one level of recursion taken, which is given back here.
llvm::Value* call_target(Lowering& l, llvm::Value* target, llvm::ArrayRef<llvm::Value*> arguments) {
    std::vector<llvm::Value*> args = {l.thread, null(l), l.activation()};
    args.insert(args.end(), arguments.begin(), arguments.end());
    announce(l, "hone_call_begins");
    llvm::CallInst* const result = l.b.CreateCall(l.direct_type(arguments.size()), target, args);
    result->setDoesNotThrow();
    l.forget_callee();
    announce(l, "hone_call_ends");
    add_to(l, l.i32, l.thread, l.layout.tstate_recursion, 1, Memory::Breaker);
    return result;
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
    if (!is_null(defaults)) {
        llvm::Value* const now =
            l.load(l.ptr, function, l.layout.function_defaults, Memory::Function);
        allowed = l.b.CreateAnd(allowed, l.b.CreateICmpEQ(now, defaults));
    }
    return l.b.CreateAnd(allowed, l.stack_left());
}

llvm::Value* has_type(Lowering& l, llvm::Value* object, llvm::Value* type) {
    return l.b.CreateICmpEQ(l.class_of(object), type);
}

// May the callable go the direct way? What is cheap to see is seen here; the engine sees the rest.
llvm::Value* may_be_direct(Lowering& l, const Operands& operands, bool with_self) {
    llvm::Value* const function =
        has_type(l, operands.callable(), l.type_object(ir::TypeKind::Function));
    return with_self ? l.b.CreateAnd(function, l.b.CreateIsNotNull(operands.self())) : function;
}

// Ends at the general way, which is still to be made.
void try_function(Lowering& l, const ir::Inst& inst, const Operands& operands, Ways& ways) {
    const bool with_self = !is_null(operands.self());
    const llvm::ArrayRef arguments = llvm::ArrayRef(operands.all).drop_front(with_self ? 1 : 2);
    llvm::BasicBlock *const look = l.new_block(), *const direct = l.new_block(),
                            *const general = l.new_block();
    l.activation();
    l.branch(may_be_direct(l, operands, with_self), look, general, Odds::Likely);
    l.b.SetInsertPoint(look);
    llvm::Value* const target =
        l.call(l.service("hone_find_direct", l.ptr, {l.ptr, l.ptr, l.ptr, l.i64}),
               {l.activation(), l.thread, operands.callable(), l.b.getInt64(arguments.size())});
    l.branch(l.b.CreateIsNotNull(target), direct, general, Odds::Likely);
    l.b.SetInsertPoint(direct);
    l.record_call(inst, operands.callable());
    ways.add(call_target(l, target, arguments));
    l.b.SetInsertPoint(general);
}

// A service that finds the target and an object more, which is the first argument.
struct Found {
    llvm::Value *target, *first;
};

Found find_with_first(Lowering& l, const char* service, const Operands& operands,
                      std::size_t arguments) {
    llvm::Value* const out = l.out_cell();
    llvm::Value* const target =
        l.call(l.service(service, l.ptr, {l.ptr, l.ptr, l.ptr, l.i64, l.ptr}),
               {l.activation(), l.thread, operands.callable(), l.b.getInt64(arguments + 1), out});
    return {target, out};
}

// Calls it where it was found, with the object found and `given`; else goes to `general`.
llvm::Value* call_with_first(Lowering& l, const ir::Inst& inst, Found& found,
                             llvm::ArrayRef<llvm::Value*> given, llvm::BasicBlock* general) {
    llvm::BasicBlock* const direct = l.new_block();
    l.branch(l.b.CreateIsNotNull(found.target), direct, general, Odds::Likely);
    l.b.SetInsertPoint(direct);
    found.first = l.load(l.ptr, found.first, 0, Memory::Words);
    l.record_call(inst, nullptr);
    std::vector<llvm::Value*> arguments = {found.first};
    arguments.insert(arguments.end(), given.begin(), given.end());
    return call_target(l, found.target, arguments);
}

// Ends at the general way, as the two around it.
void try_bound(Lowering& l, const ir::Inst& inst, const Operands& operands, Ways& ways) {
    if (!is_null(operands.self())) return;
    const llvm::ArrayRef given = llvm::ArrayRef(operands.all).drop_front(2);
    llvm::BasicBlock *const look = l.new_block(), *const general = l.new_block();
    l.branch(has_type(l, operands.callable(), l.object("hone_method_type")), look, general,
             Odds::Even);
    l.b.SetInsertPoint(look);
    Found found = find_with_first(l, "hone_find_bound", operands, given.size());
    ways.add(call_with_first(l, inst, found, given, general));
    l.b.SetInsertPoint(general);
}

// The instance that was made, if its __init__ returned None; else it is given up, as the frame of
// the caller shows the call, and the error is left.
void add_instance(Lowering& l, const ir::Inst& inst, llvm::Value* made, llvm::Value* returned,
                  Ways& ways) {
    llvm::BasicBlock *const done = l.new_block(), *const failed = l.new_block();
    llvm::Value* const none = l.object("hone_none");
    l.branch(l.b.CreateICmpEQ(returned, none), done, failed, Odds::Likely);
    l.b.SetInsertPoint(failed);
    l.sync(inst);
    ways.add(l.call(l.service("hone_init_failed", l.ptr, {l.ptr, l.ptr}), {made, returned}));
    l.b.SetInsertPoint(done);
    l.decref(returned, Death::Leaf, nullptr);
    ways.add(made);
}

void try_class(Lowering& l, const ir::Inst& inst, const Operands& operands, Ways& ways) {
    if (!is_null(operands.self())) return;
    const llvm::ArrayRef given = llvm::ArrayRef(operands.all).drop_front(2);
    llvm::BasicBlock* const general = l.new_block();
    Found found = find_with_first(l, "hone_find_init", operands, given.size());
    llvm::Value* const returned = call_with_first(l, inst, found, given, general);
    add_instance(l, inst, found.first, returned, ways);
    l.b.SetInsertPoint(general);
}

}  // namespace

template <>
void lower<ir::Op::Call>(Lowering& l, const ir::Inst& inst) {
    const Operands all = operands(l, inst, inst.args.size());
    Ways ways(l);
    if (is_flagged(inst, CallFlags::Function)) {
        try_function(l, inst, all, ways);
        try_bound(l, inst, all, ways);
    }
    if (is_flagged(inst, CallFlags::Class)) try_class(l, inst, all, ways);
    ways.add(call_generally(l, inst, all));
    llvm::Value* const result = ways.meet();
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
    llvm::BasicBlock *const direct = l.new_block(), *const other = l.new_block();
    Ways ways(l);
    l.activation();
    l.branch(direct_allowed(l, inst, target, left), direct, other, Odds::Likely);

    l.b.SetInsertPoint(direct);
    l.store(l.b.CreateSub(left, l.b.getInt32(1)), l.thread, counter, Memory::Breaker);
    add_to(l, l.i64, cell, 8, 1, Memory::Target);
    l.record_call(inst, l.arg(inst, 0));
    std::vector<llvm::Value*> arguments;
    for (std::size_t i = inst.aux + 1; i < inst.args.size(); ++i)
        arguments.push_back(l.arg(inst, i));
    ways.add(call_target(l, target, arguments));

    l.b.SetInsertPoint(other);
    ways.add(call_generally(l, inst, operands(l, inst, inst.aux)));

    llvm::Value* const result = ways.meet();
    l.raise_if(l.b.CreateIsNull(result), inst);
    l.set(inst, result);
}

}  // namespace hone::compiler
