// SPDX-License-Identifier: Apache-2.0
// Branches on what is known become jumps, blocks that nobody reaches any more go, and a block
// with one way in is joined to the one before it if that has one way on.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

// The edge that is always taken.
std::optional<std::size_t> only_edge(const Block& block, const std::vector<const Inst*>& made) {
    const Inst& last = block.insts.back();
    if (last.op != Op::Branch) return std::nullopt;
    const Inst* condition = made[last.args[0].index()];
    if (condition != nullptr && condition->op == Op::ConstBool) return condition->imm != 0 ? 0 : 1;
    if (block.edges[0].to == block.edges[1].to && block.edges[0].args == block.edges[1].args)
        return 0;
    return std::nullopt;
}

void fold_branches(Function& function) {
    const auto made = definitions(function);
    for (Block& block : function.blocks) {
        const auto taken = only_edge(block, made);
        if (!taken) continue;
        Inst jump;
        jump.line = block.insts.back().line;
        block.insts.back() = std::move(jump);
        Edge edge = std::move(block.edges[*taken]);
        block.edges.clear();
        block.edges.push_back(std::move(edge));
    }
}

void join_lines(Function& function) {
    const auto preds = predecessors(function);
    Replacements map(function);
    for (const BlockId id : reverse_postorder(function)) {
        Block& block = function.block(id);
        // Joined blocks are emptied and reached by nobody; those already joined here are part of
        // `block` now.
        while (!block.insts.empty() && block.edges.size() == 1) {
            const BlockId next = block.edges[0].to;
            if (preds[next.index()].size() != 1 || next == id) break;
            Block& joined = function.block(next);
            for (std::size_t p = 0; p < joined.params.size(); ++p)
                map.replace(joined.params[p], block.edges[0].args[p]);
            block.insts.pop_back();
            std::ranges::move(joined.insts, std::back_inserter(block.insts));
            block.edges = std::move(joined.edges);
            block.cold |= joined.cold;
            joined = {};
        }
    }
    map.apply(function);
    remove_unreachable(function);
}

}  // namespace

void simplify_cfg(Function& function) {
    fold_branches(function);
    remove_unreachable(function);
    join_lines(function);
}

}  // namespace hone::compiler::passes
