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

RowTable::RowTable(const ir::Function& function)
    : function_(function), constants_(function.values.size()) {
    for (const ir::Block& block : function.blocks)
        for (const ir::Inst& inst : block.insts)
            if (inst.op == ir::Op::ConstObj || inst.op == ir::Op::ConstNull)
                constants_[inst.result.index()] = &inst;
}

ir::SlotRow RowTable::slot(const ir::StateSlot& slot, std::vector<ir::ValueId>& words) const {
    switch (slot.form) {
        case ir::SlotForm::Object:
            if (const ir::Inst* constant = constants_[slot.value.index()])
                return constant->op == ir::Op::ConstNull
                           ? ir::SlotRow{ir::SlotForm::Unbound, 0}
                           : ir::SlotRow{ir::SlotForm::Constant, constant->aux};
            [[fallthrough]];
        case ir::SlotForm::Int:
        case ir::SlotForm::Float:
        case ir::SlotForm::Boolean:
        case ir::SlotForm::TaggedIndex:
            return {slot.form, word_of(slot.value, words)};
        default:
            return {slot.form, slot.count};
    }
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
        out.stack = frame.stack;
        for (const ir::StateSlot& s : frame.slots) out.slots.push_back(slot(s, words));
    }
    for (const ir::ValueId owned : inst.release) row.release.push_back(word_of(owned, words));
    return add(std::move(row), std::move(words));
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
        const std::size_t span = slot_span(frame.slots, 0, frame.locals);
        for (std::size_t s = 0; s < span; ++s) out.slots.push_back(slot(frame.slots[s], words));
    }
    return add(std::move(row), std::move(words));
}

RowAndWords RowTable::add(ir::ExitRow row, std::vector<ir::ValueId> words) {
    row.words = static_cast<std::uint32_t>(words.size());
    const auto [it, fresh] =
        numbers_.try_emplace(content(row), static_cast<std::uint32_t>(rows_.size()));
    if (fresh) rows_.push_back(std::move(row));
    return {it->second, std::move(words)};
}

}  // namespace hone::compiler
