// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/shown.h"

#include <deque>

#include "compiler/effects.h"
#include "compiler/lower/fast_ways.h"
#include "compiler/lower/rows.h"
#include "ir/calls.h"
#include "ir/cfg.h"

namespace hone::compiler {
namespace {

bool same(const ir::StateSlot& a, const ir::StateSlot& b) {
    return a.form == b.form && a.value == b.value && a.count == b.count;
}

std::uint32_t count_locals(const ir::Function& function) {
    return function.states.empty() ? 0 : function.states.front().frames.front().locals;
}

void forget(Shown::Locals& locals, ir::ValueId made) {
    for (auto& slot : locals)
        if (made && slot && slot->value == made) slot.reset();
}

// The others write the frame on one of their ways only.
bool surely_shows(const ir::Inst& inst) {
    switch (inst.op) {
        case ir::Op::Call:
            return !ir::is_flagged(inst, ir::CallFlags::Function) &&
                   !ir::is_flagged(inst, ir::CallFlags::Class);
        case ir::Op::CallDirect:
        case ir::Op::DropSlot:
        case ir::Op::ReplaceAttrValue:
        case ir::Op::ReplaceAttrSlot:
            return false;
        case ir::Op::CallRt:
            return !fast_way(static_cast<runtime::RtId>(inst.aux));
        default:
            return true;
    }
}

}  // namespace

bool is_plain(ir::SlotForm form) {
    switch (form) {
        case ir::SlotForm::Unbound:
        case ir::SlotForm::Object:
        case ir::SlotForm::Int:
        case ir::SlotForm::Float:
        case ir::SlotForm::Boolean:
        case ir::SlotForm::Constant:
            return true;
        default:
            return false;
    }
}

Shown::Shown(const ir::Function& function)
    : function_(function), starts_(function.blocks.size()), reached_(function.blocks.size()) {
    const Locals nothing(count_locals(function));
    starts_[0] = nothing;
    reached_[0] = true;
    std::deque<ir::BlockId> work{ir::BlockId(0u)};
    while (!work.empty()) {
        const ir::BlockId id = work.front();
        work.pop_front();
        const ir::Block& block = function.block(id);
        Locals locals = starts_[id.index()];
        enter(block, locals);
        for (const ir::Inst& inst : block.insts) pass(inst, locals);
        for (const ir::Edge& edge : block.edges)
            if (meet(locals, edge.to)) work.push_back(edge.to);
    }
    for (std::size_t b = 0; b < starts_.size(); ++b) enter(function.blocks[b], starts_[b]);
}

void Shown::enter(const ir::Block& block, Locals& locals) const {
    for (const ir::ValueId param : block.params) forget(locals, param);
}

// Knowledge only shrinks, so this ends.
bool Shown::meet(const Locals& from, ir::BlockId to) {
    Locals& start = starts_[to.index()];
    if (!reached_[to.index()]) {
        reached_[to.index()] = true;
        start = from;
        return true;
    }
    bool changed = false;
    for (std::size_t i = 0; i < start.size(); ++i) {
        if (!start[i] || (from[i] && same(*start[i], *from[i]))) continue;
        start[i].reset();
        changed = true;
    }
    return changed;
}

void Shown::write(const ir::Inst& inst, Locals& locals, bool surely) const {
    if (!inst.state) return;
    const ir::FrameState& frame = function_.states[inst.state.index()].frames.front();
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < frame.locals && i < locals.size(); ++i) {
        const ir::StateSlot& slot = frame.slots[at];
        at += slot_span(frame.slots, at, 1);
        if (slot.form == ir::SlotForm::Keep) continue;
        const bool known = is_plain(slot.form) && (surely || (locals[i] && same(*locals[i], slot)));
        locals[i] = known ? std::optional(slot) : std::nullopt;
    }
}

void Shown::pass(const ir::Inst& inst, Locals& locals) const {
    if (inst.op == ir::Op::DropSlot) locals[static_cast<std::size_t>(inst.imm)].reset();
    const ir::Effects effects = effects_of(inst);
    // (A poll that is served leaves the locals as they were.)
    if (ir::has(effects, ir::Effects::RunsPython)) write(inst, locals, surely_shows(inst));
    forget(locals, inst.result);
    forget(locals, inst.result2);
}

}  // namespace hone::compiler
