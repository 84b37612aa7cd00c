// SPDX-License-Identifier: Apache-2.0
// Entry at a loop header, in the middle of a frame that the interpreter runs. Nothing is guarded:
// the engine enters a version only where the frame is as its LoopEntry says.
#include <algorithm>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {

namespace {

std::uint32_t instr_at(const ir::Unit& unit, std::uint32_t offset) {
    std::uint32_t i = 0;
    while (i + 1 < unit.instrs.size() && unit.instrs[i].offset < offset) ++i;
    return i;
}

bool names_local(ir::Bc op) {
    return op == ir::Bc::LoadFast || op == ir::Bc::LoadFastCheck || op == ir::Bc::StoreFast;
}

// Locals named in the loops around an instruction.
std::vector<bool> used_in_loops(const ir::Unit& unit, std::uint32_t pc) {
    std::uint32_t first = pc, last = pc;
    for (std::uint32_t i = pc; i < unit.instrs.size(); ++i) {
        const ir::Instr& in = unit.instrs[i];
        if (!jumps_back(in, i) || static_cast<std::uint32_t>(in.arg) > pc) continue;
        first = std::min(first, static_cast<std::uint32_t>(in.arg));
        last = i;
    }
    std::vector<bool> used(unit.nlocalsplus, false);
    for (std::uint32_t i = first; i <= last; ++i)
        if (names_local(unit.instrs[i].op))
            used[static_cast<std::size_t>(unit.instrs[i].arg)] = true;
    return used;
}

}  // namespace

Item Translator::entry_local(const ir::EntrySlot& seen, std::uint32_t index) {
    const ir::Unit& here = unit();
    const bool kept =
        !flow(here).stored[index] && (index < here.arguments() || here.local_is_cell[index]);
    if (seen.form == ir::SlotForm::Unbound && !kept) return {};
    const ValueId slot = emit(Op::LoadSlot, {}, index);
    const bool bound = kept || seen.form == ir::SlotForm::Object;
    Item item = value_item(bound ? emit(Op::NotNull, {slot}) : slot, TypeKind::Unknown);
    item.maybe_unbound = !bound;
    item.pinned = kept;
    if (seen.form == ir::SlotForm::Object) {
        item.type = seen.type;
        item.big = seen.big;
    }
    return item;
}

Item Translator::entry_item(const ir::EntrySlot*& at, std::int64_t& word) {
    using ir::SlotForm;
    const ir::EntrySlot seen = *at++;
    const auto compound = [&](Form form, std::uint32_t parts) {
        Item item;
        item.form = form;
        for (std::uint32_t i = 0; i < parts; ++i) item.parts.push_back(entry_item(at, word));
        return item;
    };
    switch (seen.form) {
        case SlotForm::RangeIter:
            return compound(Form::RangeIter, 3);
        case SlotForm::ListIter:
            return compound(Form::ListIter, 2);
        case SlotForm::TupleIter:
            return compound(Form::TupleIter, 2);
        case SlotForm::Reversed:
            return compound(Form::Reversed, 2);
        case SlotForm::Enumerate:
            return compound(Form::Enumerate, 2);
        case SlotForm::Zip:
            return compound(Form::Zip, seen.count);
        case SlotForm::Int:
            return raw_item(emit(Op::LoadWord, {}, word++));
        case SlotForm::Object: {
            Item item = value_item(emit(Op::TakeWord, {}, word++), seen.type);
            fn_.value(item.object).type = seen.type;
            item.big = seen.big;
            return item;
        }
        default:
            return {};
    }
}

// Numbers that the loop names travel unboxed from the start, as its later turns have them, even
// those that it will set before it reads them: else its first turn is compiled by itself (nbody's
// inner loop was four times as large). Others keep their objects.
void Translator::unbox_locals(const ir::LoopEntry& entry) {
    const std::vector<bool> used = used_in_loops(unit(), top().pc);
    for (std::size_t i = 0; i < entry.locals.size(); ++i) {
        Item& item = top().locals[i];
        if (!used[i] || !item.is_value() || item.maybe_unbound) continue;
        if (entry.locals[i].shared) continue;
        if (item.type == TypeKind::Float) static_cast<void>(as_f64(item));
        if (item.type == TypeKind::Int && !item.big && !broken(Assumption::Overflow))
            static_cast<void>(as_i64(item));
    }
}

void Translator::begin_loop_entry(const ir::LoopEntry& entry) {
    FrameContext& frame = top();
    frame.pc = instr_at(*frame.unit, entry.header);
    begin_instr();
    for (std::uint32_t i = 0; i < entry.locals.size(); ++i)
        frame.locals.push_back(entry_local(entry.locals[i], i));
    const ir::EntrySlot* at = entry.stack.data();
    const ir::EntrySlot* const end = at + entry.stack.size();
    std::int64_t word = 0;
    while (at < end) push(entry_item(at, word));
    begin_variables(entry, word);
    begin_instr();
    unbox_locals(entry);
}

}  // namespace hone::compiler::frontend
