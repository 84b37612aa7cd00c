// SPDX-License-Identifier: Apache-2.0
// Forward data flow: which slots of the entered frame may hold an object. At the entry those that
// the function reads from the frame; all of them after an op that shows the frame to Python code.
// (A poll writes them too, but takes it back: engine/services.cpp.)
#include <algorithm>
#include <vector>

#include "compiler/effects.h"
#include "compiler/passes/bitset.h"
#include "compiler/passes/passes.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

class Slots {
  public:
    explicit Slots(Function& function)
        : function_(function),
          count_(slots_of(function)),
          full_(function.blocks.size(), BitSet(count_)) {}

    void run() {
        if (count_ == 0) return;
        for (const Inst& inst : function_.blocks[0].insts)
            if (inst.op == Op::LoadSlot && has_slot(inst))
                full_[0].add(static_cast<std::size_t>(inst.imm));
        const auto order = reverse_postorder(function_);
        for (bool changed = true; changed;) {
            changed = false;
            for (const BlockId id : order) {
                BitSet full = full_[id.index()];
                for (const Inst& inst : function_.block(id).insts) pass(inst, full);
                for (const Edge& edge : function_.block(id).edges)
                    changed |= full_[edge.to.index()].add_all(full);
            }
        }
        for (const BlockId id : order) sweep(id);
    }

  private:
    // Slots that are dropped somewhere, and all below.
    static std::size_t slots_of(const Function& function) {
        std::int64_t count = 0;
        for (const Block& block : function.blocks)
            for (const Inst& inst : block.insts)
                if (inst.op == Op::DropSlot) count = std::max(count, inst.imm + 1);
        return static_cast<std::size_t>(count);
    }

    [[nodiscard]] bool has_slot(const Inst& inst) const {
        return static_cast<std::size_t>(inst.imm) < count_;
    }

    void pass(const Inst& inst, BitSet& full) const {
        if (inst.op == Op::DropSlot && !full.has(static_cast<std::size_t>(inst.imm))) return;
        if (!has(effects_of(inst), Effects::RunsPython)) return;
        for (std::size_t i = 0; i < count_; ++i) full.add(i);
    }

    void sweep(BlockId id) {
        BitSet full = full_[id.index()];
        std::erase_if(function_.block(id).insts, [&](const Inst& inst) {
            const bool empty =
                inst.op == Op::DropSlot && !full.has(static_cast<std::size_t>(inst.imm));
            pass(inst, full);
            return empty;
        });
    }

    Function& function_;
    std::size_t count_;
    std::vector<BitSet> full_;  // at the start of each block
};

}  // namespace

void clean_slots(Function& function) {
    Slots(function).run();
}

}  // namespace hone::compiler::passes
