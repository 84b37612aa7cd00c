// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/rewrite.h"

#include "compiler/passes/passes.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

void Replacements::apply(Function& function) const {
    if (!any_) return;
    const auto change = [&](ValueId& id) { id = resolve(id); };
    for (Block& block : function.blocks) {
        for (Inst& inst : block.insts) {
            for (ValueId& arg : inst.args) change(arg);
            for (ValueId& owned : inst.release) change(owned);
        }
        for (Edge& edge : block.edges)
            for (ValueId& arg : edge.args) change(arg);
    }
    for (State& state : function.states)
        for (FrameState& frame : state.frames)
            for (StateSlot& slot : frame.slots) change(slot.value);
}

void keep_params(Function& function, const std::vector<std::vector<bool>>& keep) {
    const auto filter = [](std::vector<ValueId>& ids, const std::vector<bool>& kept) {
        std::size_t to = 0;
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (kept[i]) ids[to++] = ids[i];
        ids.resize(to);
    };
    for (Block& block : function.blocks)
        for (Edge& edge : block.edges) filter(edge.args, keep[edge.to.index()]);
    for (std::size_t b = 0; b < function.blocks.size(); ++b)
        filter(function.blocks[b].params, keep[b]);
}

std::vector<const Inst*> definitions(const Function& function) {
    std::vector<const Inst*> made(function.values.size());
    for (const Block& block : function.blocks)
        for (const Inst& inst : block.insts)
            for_each_result(inst, [&](ValueId id) { made[id.index()] = &inst; });
    return made;
}

std::vector<std::uint32_t> count_readers(const Function& function) {
    std::vector<std::uint32_t> readers(function.values.size());
    for (const Block& block : function.blocks) {
        for (const Inst& inst : block.insts)
            for (const ValueId arg : inst.args) ++readers[arg.index()];
        for (const Edge& edge : block.edges)
            for (const ValueId arg : edge.args) ++readers[arg.index()];
    }
    return readers;
}

void remove_unreachable(Function& function) {
    std::vector<bool> reached(function.blocks.size());
    for (const BlockId id : reverse_postorder(function)) reached[id.index()] = true;
    std::vector<BlockId> renamed(function.blocks.size());
    std::size_t kept = 0;
    for (std::size_t b = 0; b < function.blocks.size(); ++b) {
        if (!reached[b]) continue;
        renamed[b] = BlockId(kept);
        if (kept != b) function.blocks[kept] = std::move(function.blocks[b]);
        ++kept;
    }
    function.blocks.resize(kept);
    for (Block& block : function.blocks)
        for (Edge& edge : block.edges) edge.to = renamed[edge.to.index()];
}

}  // namespace hone::compiler::passes
