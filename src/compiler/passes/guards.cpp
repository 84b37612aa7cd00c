// SPDX-License-Identifier: Apache-2.0
// Guards on what only Python code can change (the class of an object, the attributes of a class,
// the names of a module): one that was made before, on every path, with nothing in between that
// could run Python code, goes.
//
// The front end writes such guards at every use. It can't know better: a dropped reference may
// run a finalizer, and where objects die is decided by passes/refcount. Hence this comes last.
#include <map>
#include <tuple>
#include <vector>

#include "compiler/effects.h"
#include "compiler/passes/bitset.h"
#include "compiler/passes/passes.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

// May Python code run inside? An allocation may collect garbage (3.11).
bool may_undo(const Inst& inst) {
    if (inst.op == Op::DecRef) return (inst.imm & kDiesQuietly) == 0;
    const Effects effects = effects_of(inst);
    return runs_anything(effects) || (calls_runtime(inst.op) && has(effects, Effects::Allocs));
}

class GuardRemover {
  public:
    explicit GuardRemover(Function& function)
        : function_(function), dominators_(function), tests_(function.values.size()) {
        for (const Block& block : function.blocks)
            for (const Inst& inst : block.insts)
                if (inst.op == Op::SameType) tests_[inst.result.index()] = inst.args;
        for (const BlockId id : dominators_.order())
            for (const Inst& inst : function_.block(id).insts)
                if (is_guard(inst)) static_cast<void>(fact_of(inst));
    }

    void run() {
        if (facts_.empty()) return;
        solve();
        for (const BlockId id : dominators_.order()) {
            BitSet known = known_at_start(id);
            std::erase_if(function_.block(id).insts,
                          [&](const Inst& inst) { return !step(inst, known); });
        }
    }

  private:
    using Key = std::tuple<Op, std::uint32_t, std::uint32_t, std::int64_t>;

    // Object and class, if that is what the guard compares.
    [[nodiscard]] const std::vector<ValueId>* class_test(const Inst& inst) const {
        if (inst.op != Op::Guard) return nullptr;
        const auto& test = tests_[inst.args[0].index()];
        return test.empty() ? nullptr : &test;
    }

    [[nodiscard]] bool is_guard(const Inst& inst) const {
        return inst.op == Op::GuardClass || inst.op == Op::GuardKeys ||
               inst.op == Op::GuardValues || inst.op == Op::GuardGlobals ||
               inst.op == Op::GuardTools || class_test(inst) != nullptr;
    }

    std::size_t fact_of(const Inst& inst) {
        Key key{inst.op, inst.args.empty() ? 0 : inst.args[0].raw, inst.aux, inst.imm};
        if (const auto* const test = class_test(inst))
            key = {Op::SameType, (*test)[0].raw, (*test)[1].raw, 0};
        return facts_.try_emplace(key, facts_.size()).first->second;
    }

    // Applies the instruction to what is known; false if it is a guard of what is known already.
    bool step(const Inst& inst, BitSet& known) {
        if (is_guard(inst)) {
            const std::size_t fact = fact_of(inst);
            if (known.has(fact)) return false;
            known.add(fact);
        } else if (may_undo(inst)) {
            known = BitSet(facts_.size());
        }
        return true;
    }

    void solve() {
        preds_ = predecessors(function_);
        BitSet all(facts_.size());
        for (std::size_t i = 0; i < facts_.size(); ++i) all.add(i);
        out_.assign(function_.blocks.size(), all);
        for (bool changed = true; changed;) {
            changed = false;
            for (const BlockId id : dominators_.order()) {
                BitSet known = known_at_start(id);
                for (const Inst& inst : function_.block(id).insts)
                    static_cast<void>(step(inst, known));
                changed |= !(known == out_[id.index()]);
                out_[id.index()] = std::move(known);
            }
        }
    }

    [[nodiscard]] BitSet known_at_start(BlockId id) const {
        const auto& from = preds_[id.index()];
        if (from.empty()) return BitSet(facts_.size());
        BitSet known = out_[from[0].from.index()];
        for (std::size_t i = 1; i < from.size(); ++i) {
            BitSet missing = known;
            missing.remove_all(out_[from[i].from.index()]);
            known.remove_all(missing);
        }
        return known;
    }

    Function& function_;
    Dominators dominators_;
    std::vector<std::vector<ValueId>> tests_;  // by the value of a SameType: its operands
    std::map<Key, std::size_t> facts_;
    std::vector<std::vector<EdgeRef>> preds_;
    std::vector<BitSet> out_;
};

}  // namespace

void guards(Function& function) {
    GuardRemover(function).run();
}

}  // namespace hone::compiler::passes
