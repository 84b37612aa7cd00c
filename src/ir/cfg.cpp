// SPDX-License-Identifier: Apache-2.0
// Dominators after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm".
#include "ir/cfg.h"

#include <algorithm>
#include <utility>

namespace hone::ir {

std::vector<std::vector<EdgeRef>> predecessors(const Function& function) {
    std::vector<std::vector<EdgeRef>> result(function.blocks.size());
    for (std::size_t b = 0; b < function.blocks.size(); ++b) {
        const auto& edges = function.blocks[b].edges;
        for (std::size_t e = 0; e < edges.size(); ++e)
            result[edges[e].to.index()].push_back({BlockId(b), static_cast<std::uint32_t>(e)});
    }
    return result;
}

std::vector<BlockId> reverse_postorder(const Function& function) {
    std::vector<BlockId> order;
    if (function.blocks.empty()) return order;
    std::vector<bool> seen(function.blocks.size());
    std::vector<std::pair<BlockId, std::size_t>> stack{{BlockId(0u), 0}};
    seen[0] = true;
    while (!stack.empty()) {
        auto& [block, next] = stack.back();
        const auto& edges = function.block(block).edges;
        if (next == edges.size()) {
            order.push_back(block);
            stack.pop_back();
            continue;
        }
        const BlockId to = edges[next++].to;
        if (seen[to.index()]) continue;
        seen[to.index()] = true;
        stack.emplace_back(to, 0);
    }
    std::reverse(order.begin(), order.end());
    return order;
}

Dominators::Dominators(const Function& function)
    : rpo_(reverse_postorder(function)),
      order_(function.blocks.size(), kUnreached),
      parent_(function.blocks.size()),
      enter_(function.blocks.size()),
      leave_(function.blocks.size()) {
    for (std::size_t i = 0; i < rpo_.size(); ++i)
        order_[rpo_[i].index()] = static_cast<std::uint32_t>(i);
    const auto preds = predecessors(function);
    const auto meet = [&](BlockId a, BlockId b) {
        while (a != b) {
            while (order_[a.index()] > order_[b.index()]) a = parent_[a.index()];
            while (order_[b.index()] > order_[a.index()]) b = parent_[b.index()];
        }
        return a;
    };
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 1; i < rpo_.size(); ++i) {
            BlockId found;
            for (const EdgeRef pred : preds[rpo_[i].index()]) {
                if (!reachable(pred.from)) continue;
                if (order_[pred.from.index()] != 0 && !parent_[pred.from.index()]) continue;
                found = found ? meet(found, pred.from) : pred.from;
            }
            if (parent_[rpo_[i].index()] == found) continue;
            parent_[rpo_[i].index()] = found;
            changed = true;
        }
    }

    std::vector<std::vector<BlockId>> children(function.blocks.size());
    for (std::size_t i = 1; i < rpo_.size(); ++i)
        children[parent_[rpo_[i].index()].index()].push_back(rpo_[i]);
    std::uint32_t clock = 0;
    std::vector<std::pair<BlockId, std::size_t>> stack;
    if (!rpo_.empty()) stack.emplace_back(rpo_[0], 0);
    while (!stack.empty()) {
        auto& [block, next] = stack.back();
        if (next == 0) enter_[block.index()] = clock++;
        if (next == children[block.index()].size()) {
            leave_[block.index()] = clock++;
            stack.pop_back();
            continue;
        }
        const BlockId child = children[block.index()][next++];
        stack.emplace_back(child, 0);
    }
}

bool Dominators::dominates(BlockId a, BlockId b) const {
    return enter_[a.index()] <= enter_[b.index()] && leave_[b.index()] <= leave_[a.index()];
}

}  // namespace hone::ir
