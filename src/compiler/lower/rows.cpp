// SPDX-License-Identifier: Apache-2.0
// Exit rows from states (rows.h). A constant object needs no word: its row says Constant and
// the reader takes it from the object table.
#include "compiler/lower/rows.h"

#include <algorithm>

#include "base/check.h"
#include "compiler/lower/lower.h"
#include "ir/text.h"

namespace hone::compiler {
namespace {

std::uint32_t word_of(ir::ValueId value, std::vector<ir::ValueId>& words) {
    const auto found = std::find(words.begin(), words.end(), value);
    if (found != words.end()) return static_cast<std::uint32_t>(found - words.begin());
    words.push_back(value);
    return static_cast<std::uint32_t>(words.size() - 1);
}

// Of those that slot() makes.
bool takes_word(ir::SlotForm form) {
    switch (form) {
        case ir::SlotForm::Object:
        case ir::SlotForm::Int:
        case ir::SlotForm::Float:
        case ir::SlotForm::Boolean:
        case ir::SlotForm::TaggedIndex:
            return true;
        default:
            return false;
    }
}

void append(std::string& key, std::uint32_t number) {
    key.append(reinterpret_cast<const char*>(&number), 4);
}

std::string content(const ir::ExitRow& row) {
    std::string key = row.reason;
    key.push_back('\0');
    for (const std::uint32_t n : {static_cast<std::uint32_t>(row.kind), row.guard, row.words})
        append(key, n);
    for (const ir::FrameRow& frame : row.frames) {
        for (const std::uint32_t n : {frame.function.raw, frame.resume, frame.locals, frame.stack})
            append(key, n);
        append(key, static_cast<std::uint32_t>(frame.slots.size()));
        for (const ir::SlotRow& slot : frame.slots) {
            append(key, static_cast<std::uint32_t>(slot.form));
            append(key, slot.a);
        }
    }
    for (const std::uint32_t word : row.release) append(key, word);
    return key;
}

}  // namespace

std::size_t slot_span(const std::vector<ir::StateSlot>& slots, std::size_t first,
                      std::size_t count) {
    std::size_t at = first;
    for (std::size_t open = count; open > 0; --open, ++at) {
        HONE_CHECK(at < slots.size(), "a state has fewer slots than it says");
        open += ir::text::parts_of(slots[at]);
    }
    return at - first;
}

std::uint32_t DistinctRows::add(ir::ExitRow row) {
    const auto [it, fresh] =
        numbers_.try_emplace(content(row), static_cast<std::uint32_t>(rows_.size()));
    if (fresh) rows_.push_back(std::move(row));
    return it->second;
}

RowTable::RowTable(const ir::Function& function)
    : function_(function), constants_(function.values.size()) {
    for (const ir::Block& block : function.blocks)
        for (const ir::Inst& inst : block.insts)
            if (inst.op == ir::Op::ConstObj || inst.op == ir::Op::ConstNull)
                constants_[inst.result.index()] = &inst;
}

ir::SlotRow RowTable::slot(const ir::StateSlot& slot, std::vector<ir::ValueId>& words) const {
    if (!takes_word(slot.form)) return {slot.form, slot.count};
    const ir::Inst* const constant = constants_[slot.value.index()];
    if (slot.form != ir::SlotForm::Object || constant == nullptr)
        return {slot.form, word_of(slot.value, words)};
    if (constant->op == ir::Op::ConstNull) return {ir::SlotForm::Unbound, 0};
    return {ir::SlotForm::Constant, constant->aux};
}

RowAndWords RowTable::exit(const ir::Inst& inst, ir::ExitKind kind) {
    HONE_CHECK(inst.state, "an op that may leave has no state");
    const ir::State& state = function_.states[inst.state.index()];
    ir::ExitRow row;
    row.kind = kind;
    if (kind == ir::ExitKind::Resume) {
        const ir::Assumption assumption = assumption_of(inst);
        row.guard = static_cast<std::uint32_t>(assumption);
        row.reason = assumption_text(assumption);
    }
    std::vector<ir::ValueId> words;
    for (const ir::FrameState& frame : state.frames) {
        ir::FrameRow& out = row.frames.emplace_back();
        out.function = frame.function;
        out.resume = frame.resume;
        out.locals = frame.locals;
        out.variables = frame.variables;
        out.stack = frame.stack;
        for (const ir::StateSlot& s : frame.slots) out.slots.push_back(slot(s, words));
    }
    for (const ir::ValueId owned : inst.release) row.release.push_back(word_of(owned, words));
    row.words = static_cast<std::uint32_t>(words.size());
    return {drafts_.add(std::move(row)), std::move(words)};
}

std::uint32_t RowTable::place(const RowAndWords& draft, const WordNumbers& numbers) {
    ir::ExitRow row = drafts_.at(draft.row);
    const auto renumber = [&](std::uint32_t& word) { word = numbers.of.at(draft.words[word].raw); };
    for (ir::FrameRow& frame : row.frames)
        for (ir::SlotRow& slot : frame.slots)
            if (takes_word(slot.form)) renumber(slot.a);
    for (std::uint32_t& word : row.release) renumber(word);
    row.words = static_cast<std::uint32_t>(numbers.count);
    return rows_.add(std::move(row));
}

RowAndWords RowTable::sync(const ir::Inst& inst) {
    const ir::State& state = function_.states[inst.state.index()];
    ir::ExitRow row;
    row.kind = ir::ExitKind::Sync;
    std::vector<ir::ValueId> words;
    for (const ir::FrameState& frame : state.frames) {
        ir::FrameRow& out = row.frames.emplace_back();
        out.function = frame.function;
        out.resume = frame.resume;
        out.locals = frame.locals;
        out.variables = frame.variables;
        const std::size_t span = slot_span(frame.slots, 0, frame.locals);
        for (std::size_t s = 0; s < span; ++s) out.slots.push_back(slot(frame.slots[s], words));
    }
    row.words = static_cast<std::uint32_t>(words.size());
    return {rows_.add(std::move(row)), std::move(words)};
}

}  // namespace hone::compiler
