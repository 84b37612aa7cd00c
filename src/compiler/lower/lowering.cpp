// SPDX-License-Identifier: Apache-2.0
// The frame of a lowering: function, blocks, phis, memory classes. Ops are in the files
// beside this one; exits in exits.cpp, symbols in symbols.cpp.
#include "compiler/lower/lowering.h"

#include <llvm/IR/MDBuilder.h>

#include "base/check.h"
#include "compiler/effects.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/rewrite.h"

namespace hone::compiler {

namespace {

bool may_show_frame(const ir::Function& function) {
    for (const ir::Block& block : function.blocks)
        for (const ir::Inst& inst : block.insts)
            if (ir::runs_anything(effects_of(inst)) ||
                (inst.op == ir::Op::DecRef && (inst.imm & ir::kDiesQuietly) == 0))
                return true;
    return false;
}

// (What it asks for when it leaves, it asks for at the exit.)
bool may_allocate(const ir::Inst& inst) {
    using E = ir::Effects;
    return inst.op != ir::Op::IncRef && inst.op != ir::Op::DecRef &&
           ir::has(effects_of(inst),
                   E::Allocs | E::RunsPython | E::Raises | E::Poll | E::WritesHeap);
}

}  // namespace

std::vector<ir::ExitRow> lower(const ir::Function& function, const ir::Layout& layout,
                               const Options& options, llvm::Module& module) {
    return Lowering(function, layout, options, module).run();
}

Lowering::Lowering(const ir::Function& fn, const ir::Layout& lay, const Options& opt,
                   llvm::Module& mod)
    : function(fn),
      layout(lay),
      options(opt),
      context(mod.getContext()),
      module(mod),
      b(context),
      i1(b.getInt1Ty()),
      i8(b.getInt8Ty()),
      i32(b.getInt32Ty()),
      i64(b.getInt64Ty()),
      f64(b.getDoubleTy()),
      ptr(b.getPtrTy()),
      rows_(fn),
      values_(fn.values.size()),
      blocks_(fn.blocks.size()),
      shown_(fn),
      made_(passes::definitions(fn)) {}

std::vector<ir::ExitRow> Lowering::run() {
    make_metadata();
    shows_frame_ = may_show_frame(function);
    make_function();
    const std::vector<ir::BlockId> blocks = order();
    for (const ir::BlockId id : blocks) blocks_[id.index()] = new_block();
    b.CreateBr(blocks_[0]);
    for (const ir::BlockId id : blocks) lower_block(id);
    connect_phis();
    finish_exits();
    finish_buffers();
    return rows_.take();
}

void Lowering::make_metadata() {
    llvm::MDBuilder builder(context);
    llvm::MDNode* const root = builder.createTBAARoot("hone");
    static constexpr const char* names[] = {
#define HONE_X(name, text) text,
        HONE_MEMORY_CLASSES(HONE_X)
#undef HONE_X
    };
    for (std::size_t i = 0; i < std::size(names); ++i) {
        llvm::MDNode* const type = builder.createTBAAScalarTypeNode(names[i], root);
        tbaa_[i] = builder.createTBAAStructTagNode(type, type, 0);
    }
    likely_ = builder.createBranchWeights(4000, 1);
    unlikely_ = builder.createBranchWeights(1, 4000);
}

// Reverse post-order from the entry: definitions come before uses; unreachable blocks are left out.
std::vector<ir::BlockId> Lowering::order() const {
    std::vector<ir::BlockId> post;
    std::vector<bool> seen(function.blocks.size());
    std::vector<std::pair<ir::BlockId, std::size_t>> stack{{ir::BlockId(0u), 0}};
    seen[0] = true;
    while (!stack.empty()) {
        auto& [id, next] = stack.back();
        const auto& edges = function.block(id).edges;
        if (next == edges.size()) {
            post.push_back(id);
            stack.pop_back();
            continue;
        }
        const ir::BlockId to = edges[next++].to;
        if (!seen[to.index()]) {
            seen[to.index()] = true;
            stack.push_back({to, 0});
        }
    }
    return {post.rbegin(), post.rend()};
}

namespace {

llvm::Type* type_of_rep(Lowering& l, ir::Rep rep) {
    switch (rep) {
        case ir::Rep::I64:
            return l.i64;
        case ir::Rep::F64:
            return l.f64;
        case ir::Rep::Bool:
            return l.i1;
        default:
            return l.ptr;
    }
}

using LowerFunction = void (*)(Lowering&, const ir::Inst&);
constexpr LowerFunction kLower[] = {
#define HONE_OP(name, text, operands, rep, own, effects, doc) &lower<ir::Op::name>,
#include "ir/ops.def"
#undef HONE_OP
};

}  // namespace

void Lowering::lower_block(ir::BlockId id) {
    const ir::Block& block = function.block(id);
    b.SetInsertPoint(blocks_[id.index()]);
    shown_now_ = shown_.at_start(id);
    finished_ = false;
    told_ = {};
    for (const ir::ValueId param : block.params)
        define(param, b.CreatePHI(type_of_rep(*this, function.value(param).rep), 2));
    for (const ir::Inst& inst : block.insts) {
        if (inst.place != told_ && may_allocate(inst)) tell_place(inst.place);
        if (inst.op == ir::Op::Jump || inst.op == ir::Op::Branch)
            lower_terminator(block, inst);
        else
            kLower[static_cast<std::size_t>(inst.op)](*this, inst);
        shown_.pass(inst, shown_now_);
    }
}

llvm::BasicBlock* Lowering::edge(const ir::Edge& edge) {
    incoming_.push_back({&edge, b.GetInsertBlock()});
    return blocks_[edge.to.index()];
}

void Lowering::lower_terminator(const ir::Block& block, const ir::Inst& inst) {
    if (inst.op == ir::Op::Jump) {
        b.CreateBr(edge(block.edges[0]));
        return;
    }
    const ir::Edge &yes = block.edges[0], &no = block.edges[1];
    Odds odds = Odds::Even;
    if (inst.imm == 1 || function.block(yes.to).cold) odds = Odds::Unlikely;
    if (inst.imm == 2 || function.block(no.to).cold)
        odds = odds == Odds::Unlikely ? Odds::Even : Odds::Likely;
    if (yes.to != no.to) {
        llvm::BasicBlock* const to = edge(yes);
        branch(arg(inst, 0), to, edge(no), odds);
        return;
    }
    // Two edges into one block need two predecessors, or its phis could not tell them apart.
    llvm::BasicBlock* const detour = new_block();
    branch(arg(inst, 0), edge(yes), detour, odds);
    b.SetInsertPoint(detour);
    b.CreateBr(edge(no));
}

template <>
void lower<ir::Op::Jump>(Lowering&, const ir::Inst&) {
    HONE_CHECK(false, "jumps are lowered with their edges");
}
template <>
void lower<ir::Op::Branch>(Lowering&, const ir::Inst&) {
    HONE_CHECK(false, "branches are lowered with their edges");
}
template <>
void lower<ir::Op::Return>(Lowering& l, const ir::Inst& inst) {
    l.b.CreateRet(l.arg(inst, 0));
}

void Lowering::connect_phis() {
    for (const Incoming& in : incoming_) {
        const ir::Block& to = function.block(in.edge->to);
        for (std::size_t i = 0; i < to.params.size(); ++i)
            llvm::cast<llvm::PHINode>(value(to.params[i]))
                ->addIncoming(value(in.edge->args[i]), in.from);
    }
}

llvm::Value* Lowering::value(ir::ValueId id) {
    llvm::Value* const v = values_[id.index()];
    HONE_CHECK(v, "a value is used before it is made");
    return v;
}

void Lowering::define(ir::ValueId id, llvm::Value* v) {
    if (id) values_[id.index()] = v;
}

llvm::Value* Lowering::address(llvm::Value* base, std::int64_t offset) {
    return offset == 0
               ? base
               : b.CreateInBoundsGEP(i8, base, b.getInt64(static_cast<std::uint64_t>(offset)));
}

llvm::Value* Lowering::element(llvm::Value* base, llvm::Value* index) {
    return b.CreateInBoundsGEP(ptr, base, index);
}

llvm::Value* Lowering::load(llvm::Type* type, llvm::Value* base, std::int64_t offset,
                            Memory memory) {
    return tag(b.CreateLoad(type, address(base, offset)), memory);
}

void Lowering::store(llvm::Value* v, llvm::Value* base, std::int64_t offset, Memory memory) {
    tag(b.CreateStore(v, address(base, offset)), memory);
}

void Lowering::branch(llvm::Value* cond, llvm::BasicBlock* yes, llvm::BasicBlock* no,
                      Odds yes_odds) {
    llvm::MDNode* const weights = yes_odds == Odds::Even     ? nullptr
                                  : yes_odds == Odds::Likely ? likely_
                                                             : unlikely_;
    b.CreateCondBr(cond, yes, no, weights);
}

}  // namespace hone::compiler
