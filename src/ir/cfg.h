// SPDX-License-Identifier: Apache-2.0
// Views of the control-flow graph: predecessors, orders, dominators; and walks over the
// values an instruction uses. All are snapshots: they go stale when blocks change.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/function.h"

namespace hone::ir {

// The edge number `edge` of block `from`.
struct EdgeRef {
    BlockId from;
    std::uint32_t edge = 0;
};

// By block; a block that jumps twice to the same target is there twice.
[[nodiscard]] std::vector<std::vector<EdgeRef>> predecessors(const Function& function);

// Blocks reachable from the entry; every block comes before its successors, back edges apart.
[[nodiscard]] std::vector<BlockId> reverse_postorder(const Function& function);

[[nodiscard]] inline Edge& edge_of(Function& function, EdgeRef ref) {
    return function.block(ref.from).edges[ref.edge];
}
[[nodiscard]] inline const Edge& edge_of(const Function& function, EdgeRef ref) {
    return function.block(ref.from).edges[ref.edge];
}

// Immediate dominators of the reachable blocks.
class Dominators {
  public:
    explicit Dominators(const Function& function);

    // Does every path to b pass through a? Both reachable; a block dominates itself.
    [[nodiscard]] bool dominates(BlockId a, BlockId b) const;
    [[nodiscard]] bool reachable(BlockId block) const {
        return order_[block.index()] != kUnreached;
    }
    // The entry has none.
    [[nodiscard]] BlockId parent(BlockId block) const { return parent_[block.index()]; }
    [[nodiscard]] const std::vector<BlockId>& order() const { return rpo_; }

  private:
    static constexpr std::uint32_t kUnreached = 0xffffffffu;

    std::vector<BlockId> rpo_;
    std::vector<std::uint32_t> order_;  // position in rpo_
    std::vector<BlockId> parent_;
    std::vector<std::uint32_t> enter_, leave_;  // of a walk over the dominator tree
};

// Calls fn(ValueId&) for the operands, then for the values of the instruction's own state.
// The state may be shared with other instructions; `Function` may be const.
template <class F, class I, class Fn>
void for_each_use(F& function, I& inst, Fn&& fn) {
    for (auto& arg : inst.args) fn(arg);
    if (!inst.state) return;
    for (auto& frame : function.states[inst.state.index()].frames)
        for (auto& slot : frame.slots)
            if (slot.value) fn(slot.value);
}

// Calls fn(ValueId) for each result.
template <class Fn>
void for_each_result(const Inst& inst, Fn&& fn) {
    if (inst.result) fn(inst.result);
    if (inst.result2) fn(inst.result2);
}

}  // namespace hone::ir
