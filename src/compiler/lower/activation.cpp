// SPDX-License-Identifier: Apache-2.0
// The shape of the generated functions, their activation record (ir/activation.h), and the frame
// as Python code sees it.
//
// Every code has hone_body(frame, thread), which the trampoline enters. Where the code can be
// called directly, that only fetches the arguments for hone_direct(thread, frame, parent,
// arguments…), which compiled callers call without a frame. The frame is then in the record:
// null until a service makes it.
#include "ir/activation.h"
#include "base/check.h"
#include "compiler/effects.h"
#include "compiler/lower/lowering.h"

namespace hone::compiler {
namespace {

using ir::Activation;

// Does any frame slot of the function change otherwise than by the rows of the exit table?
bool drops_slots(const ir::Function& function) {
    for (const ir::Block& block : function.blocks)
        for (const ir::Inst& inst : block.insts)
            if (inst.op == ir::Op::DropSlot) return true;
    return false;
}

// A slot that is unbound or holds a number, with its two parts behind it.
bool is_maybe_number(const ir::StateSlot* slot) {
    if (slot->form != ir::SlotForm::Maybe) return false;
    const ir::SlotForm held = slot[2].form;
    return held == ir::SlotForm::Int || held == ir::SlotForm::Float ||
           held == ir::SlotForm::Boolean;
}

}  // namespace

llvm::Function* Lowering::make_body(const char* name, llvm::ArrayRef<llvm::Type*> args) {
    llvm::Function* const made =
        llvm::Function::Create(llvm::FunctionType::get(ptr, args, false),
                               llvm::GlobalValue::ExternalLinkage, name, module);
    made->setDoesNotThrow();
    made->setDSOLocal(true);
    for (llvm::Argument& argument : made->args()) argument.addAttr(llvm::Attribute::NoUndef);
    return made;
}

llvm::FunctionType* Lowering::direct_type(std::size_t arguments) {
    std::vector<llvm::Type*> types(3 + arguments, ptr);
    return llvm::FunctionType::get(ptr, types, false);
}

void Lowering::make_function() {
    llvm::Function* const entry = make_body("hone_body", {ptr, ptr});
    for (llvm::Argument& argument : entry->args()) argument.addAttr(llvm::Attribute::NonNull);
    if (function.direct_arguments < 0 || drops_slots(function)) {
        body = entry;
        entered_ = frame_in_ = entry->getArg(0);
        thread = entry->getArg(1);
    } else {
        const auto count = static_cast<std::size_t>(function.direct_arguments);
        body = make_body("hone_direct", direct_type(count)->params());
        body->addFnAttr(llvm::Attribute::NoInline);
        thread = body->getArg(0);
        frame_in_ = body->getArg(1);
        parent_in_ = body->getArg(2);
        for (unsigned i = 0; i < count; ++i) arguments_in_.push_back(body->getArg(3 + i));
        make_entry(*entry);
    }
    b.SetInsertPoint(llvm::BasicBlock::Create(context, "", body));
    if (options.watched.places) activation();
}

// The parent of what the trampoline enters.
llvm::Value* Lowering::root() {
    return options.watched.places ? load(ptr, word("hone_entered"), 0, Memory::Activation)
                                  : word("hone_root");
}

// hone_body where there is a hone_direct: the frame's arguments are passed.
void Lowering::make_entry(llvm::Function& entry) {
    b.SetInsertPoint(llvm::BasicBlock::Create(context, "", &entry));
    std::vector<llvm::Value*> args = {entry.getArg(1), entry.getArg(0), root()};
    for (std::size_t i = 0; i < arguments_in_.size(); ++i)
        args.push_back(slot_object(entry.getArg(0), static_cast<std::int64_t>(i)));
    b.CreateRet(b.CreateCall(body, args));
}

// What a slot of an interpreter frame holds, without its tag bits.
llvm::Value* Lowering::slot_object(llvm::Value* of_frame, std::int64_t slot) {
    const std::int64_t offset = layout.frame_locals + 8 * slot;
    if (!layout.stack_refs) return load(ptr, of_frame, offset, Memory::Slot);
    llvm::Value* const bits = load(i64, of_frame, offset, Memory::Slot);
    return b.CreateIntToPtr(b.CreateAnd(bits, ~std::uint64_t{1}), ptr);
}

llvm::Value* Lowering::slot(std::int64_t index) {
    if (static_cast<std::size_t>(index) < arguments_in_.size())
        return arguments_in_[static_cast<std::size_t>(index)];
    HONE_CHECK(entered_, "only arguments are read of a frame that may not exist");
    return slot_object(entered_, index);
}

// The record, written at the function's entry.
llvm::Value* Lowering::activation() {
    if (activation_) return activation_;
    const llvm::IRBuilderBase::InsertPointGuard guard(b);
    b.SetInsertPoint(&body->getEntryBlock(), body->getEntryBlock().begin());
    const std::size_t words = sizeof(Activation) / 8 + arguments_in_.size();
    activation_ = b.CreateAlloca(i64, b.getInt64(words));
    llvm::Value* const parent = parent_in_ ? parent_in_ : root();
    store(frame_in_, activation_, offsetof(Activation, frame), Memory::Activation);
    store(parent, activation_, offsetof(Activation, parent), Memory::Activation);
    store(word("hone_code"), activation_, offsetof(Activation, version), Memory::Activation);
    stack_limit_ = load(i64, parent, offsetof(Activation, stack_limit), Memory::Activation);
    store(stack_limit_, activation_, offsetof(Activation, stack_limit), Memory::Activation);
    for (std::size_t i = 0; i < arguments_in_.size(); ++i)
        store(arguments_in_[i], activation_, static_cast<std::int64_t>(sizeof(Activation) + 8 * i),
              Memory::Activation);
    if (options.watched.places) {
        store(llvm::ConstantPointerNull::get(b.getPtrTy()), activation_,
              offsetof(Activation, inner), Memory::Activation);
        store(b.getInt64(0), activation_, offsetof(Activation, place), Memory::Activation);
        store(activation_, parent, offsetof(Activation, inner), Memory::Activation);
    }
    return activation_;
}

void Lowering::forget_callee() {
    if (options.watched.places)
        store(llvm::ConstantPointerNull::get(b.getPtrTy()), activation(),
              offsetof(Activation, inner), Memory::Activation);
}

void Lowering::tell_place(ir::PlaceId place) {
    if (!place) return;
    told_ = place;
    store(b.getInt64(place.raw), activation(), offsetof(Activation, place), Memory::Activation);
}

// The frame now; null if none has been made.
llvm::Value* Lowering::frame_or_null() {
    return entered_ ? entered_
                    : load(ptr, activation(), offsetof(Activation, frame), Memory::Activation);
}

llvm::Value* Lowering::frame() {
    if (entered_) return entered_;
    llvm::BasicBlock *const make = new_block(), *const next = new_block();
    llvm::Value* const now = frame_or_null();
    llvm::BasicBlock* const from = b.GetInsertBlock();
    branch(b.CreateIsNull(now), make, next, Odds::Unlikely);
    b.SetInsertPoint(make);
    llvm::Value* const made = call(service("hone_frame", ptr, {ptr}), {activation()});
    b.CreateBr(next);
    b.SetInsertPoint(next);
    llvm::PHINode* const frame = b.CreatePHI(ptr, 2);
    frame->addIncoming(now, from);
    frame->addIncoming(made, make);
    return frame;
}

// --- the frame as Python code sees it

// What differs from what the frame shows; none where a slot's value has no simple form, or where
// so many differ that one call does it in less code.
std::optional<std::vector<Lowering::Change>> Lowering::changes(const ir::Inst& inst) const {
    constexpr std::size_t kFew = 6;
    const ir::State& state = function.states[inst.state.index()];
    if (state.frames.size() != 1) return std::nullopt;
    const ir::FrameState& frame = state.frames.front();
    if (!frame.variables.empty()) return std::nullopt;  // they are in a dict
    std::vector<Change> out;
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < frame.locals; ++i) {
        const ir::StateSlot& slot = frame.slots[at];
        at += slot_span(frame.slots, at, 1);
        if (slot.form == ir::SlotForm::Keep) continue;
        const auto& shown = shown_now_[i];
        if (shown && shown->form == slot.form && shown->value == slot.value &&
            shown->count == slot.count)
            continue;
        const bool maybe_null =
            slot.form == ir::SlotForm::Object && function.value(slot.value).rep == ir::Rep::Null;
        const bool simple = is_plain(slot.form) || is_maybe_number(&slot);
        if (!simple || maybe_null || out.size() == kFew) return std::nullopt;
        out.push_back({i, &slot});
    }
    return out;
}

void Lowering::sync(const ir::Inst& inst) {
    if (!inst.state) return;
    const auto changed = changes(inst);
    if (!changed) return show_all(inst);
    if (entered_) return show_changes(inst, entered_, *changed);
    llvm::BasicBlock *const make = new_block(), *const update = new_block(),
                            *const next = new_block();
    llvm::Value* const now = frame_or_null();
    branch(b.CreateIsNull(now), make, update, Odds::Even);
    b.SetInsertPoint(make);
    show_all(inst);
    b.CreateBr(next);
    b.SetInsertPoint(update);
    show_changes(inst, now, *changed);
    b.CreateBr(next);
    b.SetInsertPoint(next);
}

void Lowering::show_all(const ir::Inst& inst) {
    const RowAndWords made = rows_.sync(inst);
    call(service("hone_sync", b.getVoidTy(), {ptr, ptr, i64, ptr}),
         {activation(), word("hone_code"), b.getInt64(made.row), store_words(made.words)});
}

// What the slots held is given up last: its finalizers see the frame as it is now.
void Lowering::show_changes(const ir::Inst& inst, llvm::Value* frame,
                            const std::vector<Change>& changes) {
    std::vector<llvm::Value*> old;
    for (const Change& change : changes) {
        const std::int64_t offset = layout.frame_locals + 8 * std::int64_t{change.local};
        old.push_back(load(i64, frame, offset, Memory::Slot));
        store(shown_bits(change.slot, inst, old.back()), frame, offset, Memory::Slot);
    }
    const ir::FrameState& entered = function.states[inst.state.index()].frames.front();
    store(position(entered.resume), frame, layout.frame_instr, Memory::Slot);
    for (llvm::Value* const bits : old) close_slot(bits);
}

// What the frame's slot is to hold; `slot` and, for a Maybe, its parts behind it.
llvm::Value* Lowering::shown_bits(const ir::StateSlot* slot, const ir::Inst& inst,
                                  llvm::Value* old) {
    if (slot->form != ir::SlotForm::Maybe) return slot_bits(new_reference(*slot, inst, old));
    llvm::BasicBlock *const bound = new_block(), *const next = new_block();
    llvm::BasicBlock* const from = b.GetInsertBlock();
    branch(value(slot[1].value), bound, next, Odds::Likely);
    b.SetInsertPoint(bound);
    llvm::Value* const made = slot_bits(new_reference(slot[2], inst, old));
    llvm::BasicBlock* const back = b.GetInsertBlock();
    b.CreateBr(next);
    b.SetInsertPoint(next);
    llvm::PHINode* const bits = b.CreatePHI(i64, 2);
    bits->addIncoming(slot_bits(nullptr), from);
    bits->addIncoming(made, back);
    return bits;
}

// The object of a plain slot, with a reference for the frame. A number that is boxed already for
// this very op, or that the slot shows (`old`), is not boxed again. Null where the slot is unbound.
llvm::Value* Lowering::new_reference(const ir::StateSlot& slot, const ir::Inst& inst,
                                     llvm::Value* old) {
    llvm::Value* known = nullptr;
    if (slot.form == ir::SlotForm::Unbound) return nullptr;
    if (slot.form == ir::SlotForm::Constant) known = object(ir::ObjectId(slot.count));
    if (slot.form == ir::SlotForm::Object) known = value(slot.value);
    if (slot.form == ir::SlotForm::Boolean)
        known = b.CreateSelect(value(slot.value), object("hone_true"), object("hone_false"));
    for (const ir::ValueId arg : inst.args) {
        const ir::Inst* const box = known ? nullptr : made_[arg.index()];
        if (box && (box->op == ir::Op::BoxI64 || box->op == ir::Op::BoxF64) &&
            box->args[0] == slot.value)
            known = value(arg);
    }
    if (known) {
        incref(known);
        return known;
    }
    llvm::Value* const number = value(slot.value);
    const char* const name = slot.form == ir::SlotForm::Int ? "hone_show_int" : "hone_show_float";
    return call(service(name, ptr, {i64, number->getType()}), {old, number});
}

// With stack references, bit 0 says that the slot owns no reference: immortal objects, NULL.
llvm::Value* Lowering::slot_bits(llvm::Value* object) {
    if (!object) return b.getInt64(layout.stack_refs ? 1 : 0);
    llvm::Value* const bits = b.CreatePtrToInt(object, i64);
    if (!layout.stack_refs) return bits;
    llvm::Value* const count = load(i32, object, 0, Memory::Refcount);
    return b.CreateOr(bits, b.CreateZExt(b.CreateICmpUGE(count, b.getInt32(3u << 30)), i64));
}

void Lowering::close_slot(llvm::Value* bits) {
    llvm::BasicBlock *const owned = new_block(), *const next = new_block();
    llvm::Value* const owns = layout.stack_refs
                                  ? b.CreateICmpEQ(b.CreateAnd(bits, 1), b.getInt64(0))
                                  : b.CreateIsNotNull(bits);
    branch(owns, owned, next, Odds::Even);
    b.SetInsertPoint(owned);
    decref(b.CreateIntToPtr(bits, ptr), Death::Quiet, nullptr);
    b.CreateBr(next);
    b.SetInsertPoint(next);
}

// Address of an instruction of the installed code.
llvm::Value* Lowering::position(std::uint32_t unit) {
    return address(word("hone_units"), 2 * static_cast<std::int64_t>(unit));
}

// --- direct calls

void Lowering::record_call(const ir::Inst& inst, llvm::Value* callee) {
    const RowAndWords made = rows_.sync(inst);
    llvm::Value* const record = activation();
    store(store_words(made.words), record, offsetof(Activation, words), Memory::Activation);
    store(b.getInt64(made.row), record, offsetof(Activation, row), Memory::Activation);
    if (callee) store(callee, record, offsetof(Activation, callee), Memory::Activation);
}

// There is stack left for calls that make no frame.
llvm::Value* Lowering::stack_left() {
    llvm::Value* const here = b.CreatePtrToInt(activation(), i64);
    return b.CreateICmpUGT(here, stack_limit_);
}

template <>
void lower<ir::Op::FramePtr>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.frame());
}

template <>
void lower<ir::Op::LoadSlot>(Lowering& l, const ir::Inst& inst) {
    l.set(inst, l.slot(inst.imm));
}

// Locals die when the frame is gone: their finalizers see the caller.
void Lowering::bury(llvm::Value* object) {
    if (finished_) {
        call(service("hone_bury", b.getVoidTy(), {ptr, ptr}), {activation(), object});
        return;
    }
    static_cast<void>(frame());
    call(runtime(runtime::RtId::dealloc), {object});
}

// Somebody may keep the frame, or look at it until its locals are gone: cold, and the engine's.
template <>
void lower<ir::Op::Finish>(Lowering& l, const ir::Inst& inst) {
    l.finish(inst);
}

void Lowering::finish(const ir::Inst& inst) {
    llvm::Value* const result = arg(inst, 0);
    finished_ = true;
    if (!shows_frame_) return set(inst, result);
    llvm::BasicBlock *const framed = new_block(), *const next = new_block();
    llvm::BasicBlock* const from = b.GetInsertBlock();
    llvm::Value* const now = frame_or_null();
    llvm::Value* const plain =
        entered_ ? b.CreateIsNull(load(ptr, now, layout.frame_object, Memory::Slot))
                 : b.CreateIsNull(now);
    branch(plain, next, framed, Odds::Likely);
    b.SetInsertPoint(framed);
    const RowAndWords made = rows_.sync(inst);
    llvm::CallInst* const finished = call(
        service("hone_finish", ptr, {ptr, ptr, i64, ptr, ptr}),
        {activation(), word("hone_code"), b.getInt64(made.row), store_words(made.words), result});
    b.CreateBr(next);
    b.SetInsertPoint(next);
    llvm::PHINode* const out = b.CreatePHI(ptr, 2);
    out->addIncoming(result, from);
    out->addIncoming(finished, framed);
    set(inst, out);
}

}  // namespace hone::compiler
