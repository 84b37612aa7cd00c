// SPDX-License-Identifier: Apache-2.0
// Leaving compiled code. An exit is: the words its row needs stored into the one buffer of the
// function, then the common block that calls hone_leave with the row's number. Exits of the same
// row and values are one; the others share their stores as exit_tree.h has it.
#include "base/check.h"
#include "compiler/lower/lower.h"
#include "compiler/lower/lowering.h"

namespace hone::compiler {

std::string_view assumption_text(ir::Assumption assumption) {
    static constexpr std::string_view texts[] = {
#define HONE_X(name, text) text,
        HONE_ASSUMPTIONS(HONE_X)
#undef HONE_X
    };
    return texts[static_cast<std::size_t>(assumption)];
}

ir::Assumption assumption_of(const ir::Inst& inst) {
    switch (inst.op) {
        case ir::Op::Guard:
        case ir::Op::Leave:
            return static_cast<ir::Assumption>(inst.aux);
        case ir::Op::GuardGlobals:
            return ir::Assumption::Identity;
        case ir::Op::CheckIndex:
            return ir::Assumption::Range;
        case ir::Op::GuardClass:
        case ir::Op::GuardKeys:
            return ir::Assumption::Attribute;
        case ir::Op::GuardValues:
        case ir::Op::AttrValue:
        case ir::Op::AttrSlot:
            return ir::Assumption::Bound;
        case ir::Op::SetListItem:
        case ir::Op::SetListFloat:
        case ir::Op::SetAttrValue:
        case ir::Op::SetAttrValueFloat:
        case ir::Op::SetAttrSlot:
        case ir::Op::SetAttrSlotFloat:
            return ir::Assumption::ItemType;
        case ir::Op::FloorDivI64:
        case ir::Op::ModI64:
        case ir::Op::TrueDivI64:
        case ir::Op::ShrI64:
        case ir::Op::DivF64:
        case ir::Op::SqrtF64:
            return ir::Assumption::Domain;
        case ir::Op::AddI64:
        case ir::Op::SubI64:
        case ir::Op::MulI64:
        case ir::Op::NegI64:
        case ir::Op::ShlI64:
        case ir::Op::UnboxI64:
        case ir::Op::F64ToI64:
        case ir::Op::RangeLen:
            return ir::Assumption::Overflow;
        default:
            return ir::Assumption::None;
    }
}

// What `cond` becomes when exits are tried out: an exit's state is the one before the op, so
// that leaving is right whatever the operands are.
llvm::Value* Lowering::forced(llvm::Value* cond) {
    switch (options.exits) {
        case ForcedExits::None:
            return cond;
        case ForcedExits::Always:
            return b.getTrue();
        case ForcedExits::Random:
            break;
    }
    llvm::Value* const chaos =
        call(service("hone_chaos", i64, {ptr, i64}), {word("hone_code"), b.getInt64(options.seed)});
    return b.CreateOr(cond, b.CreateICmpNE(chaos, b.getInt64(0)));
}

void Lowering::leave_if(llvm::Value* cond, const ir::Inst& inst) {
    llvm::Value* const leaves = forced(cond);
    if (const auto* known = llvm::dyn_cast<llvm::ConstantInt>(leaves); known && known->isZero())
        return;
    llvm::BasicBlock* const next = new_block();
    branch(leaves, exit_block(inst, ir::ExitKind::Resume), next, Odds::Unlikely);
    b.SetInsertPoint(next);
}

void Lowering::leave(const ir::Inst& inst) {
    b.CreateBr(exit_block(inst, ir::ExitKind::Resume));
}

template <>
void lower<ir::Op::Leave>(Lowering& l, const ir::Inst& inst) {
    l.leave(inst);
}

void Lowering::raise_if(llvm::Value* cond, const ir::Inst& inst) {
    llvm::BasicBlock* const next = new_block();
    branch(cond, exit_block(inst, ir::ExitKind::Raise), next, Odds::Unlikely);
    b.SetInsertPoint(next);
}

llvm::BasicBlock* Lowering::exit_block(const ir::Inst& inst, ir::ExitKind kind) {
    RowAndWords draft = rows_.exit(inst, kind);
    const auto [known, fresh] = exit_numbers_.try_emplace({draft.row, draft.words}, exits_.size());
    if (fresh) exits_.push_back({std::move(draft), new_block(), inst.place});
    return exits_[known->second].block;
}

// Fills the blocks of all exits.
void Lowering::finish_exits() {
    HandedOver handed;
    for (const Exit& exit : exits_) handed.push_back(exit.draft.words);
    const ExitTree tree = make_exit_tree(handed);
    const WordNumbers numbers = number_words(handed);
    words_size_ = std::max(words_size_, numbers.count);
    std::vector<llvm::BasicBlock*> blocks(tree.nodes.size());
    for (std::size_t e = 0; e < exits_.size(); ++e) {
        llvm::BasicBlock*& block = blocks[tree.leaf[e]];
        block = exits_[e].block;
        b.SetInsertPoint(block);
        b.CreateStore(b.getInt64(rows_.place(exits_[e].draft, numbers)), buffer(row_));
        tell_place(exits_[e].place);
    }
    for (std::size_t n = 0; n < blocks.size(); ++n) {
        if (!blocks[n]) blocks[n] = new_block();
        b.SetInsertPoint(blocks[n]);
        for (const ir::ValueId id : tree.nodes[n].stores) store_word(id, numbers.of.at(id.raw));
        if (n == 0) call_leave();
    }
    for (std::size_t n = 1; n < blocks.size(); ++n) {
        b.SetInsertPoint(blocks[n]);
        b.CreateBr(blocks[tree.nodes[n].parent]);
    }
}

void Lowering::call_leave() {
    llvm::CallInst* const result =
        call(service("hone_leave", ptr, {ptr, ptr, i64, ptr}),
             {activation(), word("hone_code"), b.CreateLoad(i64, buffer(row_)), buffer(words_)});
    result->addFnAttr(llvm::Attribute::Cold);
    b.CreateRet(result);
}

llvm::AllocaInst* Lowering::buffer(llvm::AllocaInst*& slot) {
    if (slot) return slot;
    const llvm::IRBuilderBase::InsertPointGuard guard(b);
    b.SetInsertPoint(&body->getEntryBlock(), body->getEntryBlock().begin());
    return slot = b.CreateAlloca(i64, b.getInt64(1));
}

void Lowering::finish_buffers() {
    if (words_) words_->setOperand(0, b.getInt64(words_size_));
    if (arguments_) arguments_->setOperand(0, b.getInt64(arguments_size_));
}

void Lowering::store_word(ir::ValueId id, std::size_t at) {
    llvm::Value* v = value(id);
    if (v->getType() == i1) v = b.CreateZExt(v, i64);
    store(v, buffer(words_), static_cast<std::int64_t>(8 * at), Memory::Words);
}

llvm::Value* Lowering::store_words(const std::vector<ir::ValueId>& words) {
    words_size_ = std::max(words_size_, words.size());
    for (std::size_t i = 0; i < words.size(); ++i) store_word(words[i], i);
    return buffer(words_);
}

}  // namespace hone::compiler
