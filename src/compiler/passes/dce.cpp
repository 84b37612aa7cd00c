// SPDX-License-Identifier: Apache-2.0
// Mark and sweep over results. States count as uses of the instructions that name them,
// so a value that only an exit needs is kept.
#include <vector>

#include "compiler/effects.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

// Leaves only because the result would not fit: if nobody wants the result, nobody misses the exit.
// (Where the interpreter would raise at the exit, as for a division by zero, the op has to stay.)
bool leaves_for_its_result_only(Op op) {
    switch (op) {
        case Op::AddI64:
        case Op::SubI64:
        case Op::MulI64:
        case Op::NegI64:
        case Op::UnboxI64:
            return true;
        default:
            return false;
    }
}

bool removable(const Inst& inst) {
    if (leaves_for_its_result_only(inst.op)) return true;
    const auto harmless = static_cast<unsigned>(Effects::Allocs | Effects::ReadsHeap);
    return inst.result && (static_cast<unsigned>(effects_of(inst)) & ~harmless) == 0;
}

std::vector<bool> wanted_values(const Function& function) {
    const auto made = definitions(function);
    std::vector<bool> wanted(function.values.size());
    std::vector<const Inst*> work;
    const auto want = [&](ValueId id) {
        if (wanted[id.index()]) return;
        wanted[id.index()] = true;
        if (made[id.index()] != nullptr && removable(*made[id.index()]))
            work.push_back(made[id.index()]);
    };
    for (const Block& block : function.blocks) {
        for (const Inst& inst : block.insts) {
            if (!removable(inst)) for_each_use(function, inst, want);
            for (const ValueId owned : inst.release) want(owned);
        }
        for (const Edge& edge : block.edges)
            for (const ValueId arg : edge.args) want(arg);
    }
    while (!work.empty()) {
        const Inst* inst = work.back();
        work.pop_back();
        for_each_use(function, *inst, want);
    }
    return wanted;
}

void drop_unused_states(Function& function) {
    std::vector<StateId> renamed(function.states.size());
    for (const Block& block : function.blocks)
        for (const Inst& inst : block.insts)
            if (inst.state) renamed[inst.state.index()] = inst.state;
    std::size_t kept = 0;
    for (std::size_t s = 0; s < function.states.size(); ++s) {
        if (!renamed[s]) continue;
        renamed[s] = StateId(kept);
        if (kept != s) function.states[kept] = std::move(function.states[s]);
        ++kept;
    }
    function.states.resize(kept);
    for (Block& block : function.blocks)
        for (Inst& inst : block.insts)
            if (inst.state) inst.state = renamed[inst.state.index()];
}

}  // namespace

void dce(Function& function) {
    const std::vector<bool> wanted = wanted_values(function);
    for (Block& block : function.blocks)
        std::erase_if(block.insts, [&](const Inst& inst) {
            return removable(inst) && !wanted[inst.result.index()] &&
                   (!inst.result2 || !wanted[inst.result2.index()]);
        });
    drop_unused_states(function);
}

}  // namespace hone::compiler::passes
