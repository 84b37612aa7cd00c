// SPDX-License-Identifier: Apache-2.0
// Value numbering along the dominator tree: an op that computes what a dominating one
// already did is that one; a guard of what is known true there goes.
//
// Only ops that read nothing mutable take part. One that may leave does as well: if the
// dominating one stayed, so would this one. LLVM does the same for arithmetic, but can't
// for what a box holds or an object's type, once a count has been written in between.
// Reads of the heap and GuardGlobals stay: an object may die in between, which is not
// decided before passes/refcount, and its finalizer may change anything.
#include <unordered_map>
#include <vector>

#include "compiler/effects.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

struct Key {
    Op op;
    std::int64_t imm;
    std::uint32_t aux;
    std::vector<ValueId> args;

    bool operator==(const Key&) const = default;
};

struct KeyHash {
    std::size_t operator()(const Key& key) const {
        std::size_t hash = static_cast<std::size_t>(key.op) * 0x9e3779b97f4a7c15ULL +
                           static_cast<std::size_t>(key.imm);
        hash = hash * 31 + key.aux;
        for (const ValueId arg : key.args) hash = hash * 0x100000001b3ULL + arg.raw;
        return hash;
    }
};

// Before arithmetic is numbered, equal numbers are copies of one: they were one object.
bool is_box(const Inst& inst) {
    return inst.op == Op::BoxI64 || inst.op == Op::BoxF64;
}

bool repeats(const Inst& inst) {
    if (!inst.result || inst.result2 || inst.op == Op::ConstCache) return false;
    if (inst.op == Op::SameType)
        return false;  // an instance of a Python class can be given another one
    const Effects effects = effects_of(inst);
    return effects == Effects::Pure || effects == Effects::Exits;
}

class ValueNumbering {
  public:
    ValueNumbering(Function& function, bool (*takes_part)(const Inst&))
        : function_(function),
          takes_part_(takes_part),
          dominators_(function),
          preds_(predecessors(function)),
          map_(function),
          true_(function.values.size()),
          children_(function.blocks.size()) {
        for (const BlockId id : dominators_.order())
            if (dominators_.parent(id)) children_[dominators_.parent(id).index()].push_back(id);
    }

    void run() {
        visit(BlockId(0u));
        map_.apply(function_);
    }

  private:
    void visit(BlockId id) {
        std::vector<Key> added;
        std::vector<ValueId> facts;
        learn_from_branch(id, facts);
        std::erase_if(function_.block(id).insts,
                      [&](Inst& inst) { return redundant(inst, added, facts); });
        for (const BlockId child : children_[id.index()]) visit(child);
        for (const Key& key : added) known_.erase(key);
        for (const ValueId fact : facts) true_[fact.index()] = false;
    }

    void learn(ValueId condition, std::vector<ValueId>& facts) {
        if (true_[condition.index()]) return;
        true_[condition.index()] = true;
        facts.push_back(condition);
    }

    // On the only way in, the condition was true.
    void learn_from_branch(BlockId id, std::vector<ValueId>& facts) {
        const auto& preds = preds_[id.index()];
        if (preds.size() != 1 || preds[0].edge != 0) return;
        const Inst& last = function_.block(preds[0].from).insts.back();
        if (last.op == Op::Branch) learn(map_.resolve(last.args[0]), facts);
    }

    bool redundant(Inst& inst, std::vector<Key>& added, std::vector<ValueId>& facts) {
        for (ValueId& arg : inst.args) arg = map_.resolve(arg);
        if (inst.op == Op::Guard) {
            if (true_[inst.args[0].index()]) return true;
            learn(inst.args[0], facts);
            return false;
        }
        if (!takes_part_(inst)) return false;
        Key key{inst.op, inst.imm, inst.aux, inst.args};
        const auto [found, fresh] = known_.try_emplace(key, inst.result);
        if (fresh) {
            added.push_back(std::move(key));
            return false;
        }
        if (!may_stand_for(found->second, inst.result)) return false;
        map_.replace(inst.result, found->second);
        return true;
    }

    // The earlier one is known at least as well: what reads the later one may rely on its type.
    [[nodiscard]] bool may_stand_for(ValueId earlier, ValueId later) const {
        const Value &a = function_.value(earlier), &b = function_.value(later);
        return a.rep == b.rep && a.own == b.own &&
               (b.type == TypeKind::Unknown || a.type == b.type);
    }

    Function& function_;
    bool (*takes_part_)(const Inst&);
    Dominators dominators_;
    std::vector<std::vector<EdgeRef>> preds_;
    Replacements map_;
    std::unordered_map<Key, ValueId, KeyHash> known_;
    std::vector<bool> true_;
    std::vector<std::vector<BlockId>> children_;
};

}  // namespace

void cse(Function& function) {
    ValueNumbering(function, repeats).run();
}

void share_boxes(Function& function) {
    ValueNumbering(function, is_box).run();
}

}  // namespace hone::compiler::passes
