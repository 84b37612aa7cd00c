// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontend/flow.h"

#include <algorithm>

namespace hone::compiler::frontend {
namespace {

using ir::Bc;
using ir::Instr;
using ir::Unit;

bool has_target(Bc op) {
    switch (op) {
        case Bc::Jump:
        case Bc::ForIter:
        case Bc::PopJumpIfTrue:
        case Bc::PopJumpIfFalse:
        case Bc::PopJumpIfNone:
        case Bc::PopJumpIfNotNone:
        case Bc::JumpIfTrueOrPop:
        case Bc::JumpIfFalseOrPop:
            return true;
        default:
            return false;
    }
}

bool falls_through(Bc op) {
    return op != Bc::Jump && op != Bc::ReturnValue && op != Bc::RaiseVarargs;
}

// Successors of an instruction within normal flow.
void successors(const Unit& unit, std::size_t i, std::vector<std::size_t>& out) {
    out.clear();
    const Instr& in = unit.instrs[i];
    if (has_target(in.op)) out.push_back(static_cast<std::size_t>(in.arg));
    if (falls_through(in.op) && i + 1 < unit.instrs.size()) out.push_back(i + 1);
}

// For each instruction, the first instruction of the handler that covers it, or none.
std::vector<std::size_t> handler_of(const Unit& unit) {
    constexpr auto kNone = static_cast<std::size_t>(-1);
    std::vector<std::size_t> result(unit.instrs.size(), kNone);
    for (const ir::Handler& handler : unit.handlers) {
        auto target = std::find_if(unit.instrs.begin(), unit.instrs.end(),
                                   [&](const Instr& in) { return in.offset >= handler.target; });
        if (target == unit.instrs.end()) continue;
        for (std::size_t i = 0; i < unit.instrs.size(); ++i)
            if (unit.instrs[i].offset >= handler.start && unit.instrs[i].offset < handler.end)
                result[i] = static_cast<std::size_t>(target - unit.instrs.begin());
    }
    return result;
}

bool reads_local(Bc op) {
    return op == Bc::LoadFast || op == Bc::LoadFastCheck || op == Bc::LoadFastAndClear ||
           op == Bc::DeleteFast || op == Bc::LoadDeref || op == Bc::StoreDeref ||
           op == Bc::DeleteDeref || op == Bc::LoadClosure;
}

bool writes_local(Bc op) {
    return op == Bc::StoreFast || op == Bc::DeleteFast || op == Bc::LoadFastAndClear ||
           op == Bc::MakeCell;
}

void find_joins(const Unit& unit, Flow& flow) {
    std::vector<std::size_t> next;
    std::vector<unsigned> entries(unit.instrs.size(), 0);
    for (std::size_t i = 0; i < unit.instrs.size(); ++i) {
        successors(unit, i, next);
        for (std::size_t to : next) {
            ++entries[to];
            if (to <= i) flow.loop_header[to] = true;
        }
    }
    for (std::size_t i = 0; i < entries.size(); ++i)
        flow.join[i] = entries[i] > 1 || flow.loop_header[i];
}

bool merge_into(std::vector<bool>& into, const std::vector<bool>& from) {
    bool changed = false;
    for (std::size_t i = 0; i < into.size(); ++i)
        if (from[i] && !into[i]) into[i] = changed = true;
    return changed;
}

// Backward data flow to a fixpoint; a handler's reads count at every instruction it covers.
void find_live(const Unit& unit, Flow& flow) {
    const auto handlers = handler_of(unit);
    const std::size_t n = unit.instrs.size();
    flow.live.assign(n, std::vector<bool>(unit.nlocalsplus, false));
    std::vector<std::size_t> next;
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = n; i-- > 0;) {
            const Instr& in = unit.instrs[i];
            std::vector<bool> live(unit.nlocalsplus, false);
            successors(unit, i, next);
            for (std::size_t to : next) merge_into(live, flow.live[to]);
            const auto local = static_cast<std::size_t>(in.arg);
            if (writes_local(in.op)) live[local] = false;
            if (reads_local(in.op)) live[local] = true;
            if (handlers[i] < n) merge_into(live, flow.live[handlers[i]]);
            changed |= merge_into(flow.live[i], live);
        }
    }
}

// The cells that the instructions before the first one make, and those of the closure.
std::vector<bool> made_by_prologue(const Unit& unit, std::uint32_t first) {
    std::vector<bool> made(unit.nlocalsplus, false);
    for (std::uint32_t i = 0; i < first; ++i) {
        const Instr& in = unit.instrs[i];
        const auto n = static_cast<std::size_t>(in.arg);
        if (in.op == Bc::MakeCell) made[n] = true;
        for (std::size_t free = in.op == Bc::CopyFreeVars ? n : 0; free > 0; --free)
            made[unit.nlocalsplus - free] = true;
    }
    return made;
}

}  // namespace

std::uint32_t first_instr(const Unit& unit) {
    std::uint32_t i = 0;
    while (i < unit.instrs.size() &&
           (unit.instrs[i].op == Bc::MakeCell || unit.instrs[i].op == Bc::CopyFreeVars))
        ++i;
    return i;
}

bool jumps_back(const Instr& in, std::uint32_t pc) {
    return has_target(in.op) && static_cast<std::uint32_t>(in.arg) <= pc;
}

Flow analyse_flow(const Unit& unit) {
    Flow flow;
    flow.join.assign(unit.instrs.size(), false);
    flow.loop_header.assign(unit.instrs.size(), false);
    flow.stored.assign(unit.nlocalsplus, false);
    find_joins(unit, flow);
    find_live(unit, flow);
    const std::uint32_t first = first_instr(unit);
    flow.made_by_prologue = made_by_prologue(unit, first);
    for (std::size_t i = first; i < unit.instrs.size(); ++i)
        if (writes_local(unit.instrs[i].op))
            flow.stored[static_cast<std::size_t>(unit.instrs[i].arg)] = true;
    return flow;
}

}  // namespace hone::compiler::frontend
