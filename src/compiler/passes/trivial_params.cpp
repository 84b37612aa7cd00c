// SPDX-License-Identifier: Apache-2.0
// The front end passes every local along every edge; here goes what that was too much.
//
// Step one, optimistic: assume that each parameter is the one value all its edges bring
// (itself apart), and give up the assumption where two differ, until nothing changes. Cycles
// of parameters that only pass a value round collapse at once. A parameter equal to one
// value is dominated by it: the value is made on every path to the parameter.
// Step two: parameters that nothing but other unused parameters reads are dropped.
#include <vector>

#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

class SameValue {
  public:
    explicit SameValue(Function& function)
        : function_(function), equals_(function.values.size()), is_param_(function.values.size()) {
        for (const Block& block : function.blocks)
            for (const ValueId param : block.params) is_param_[param.index()] = true;
    }

    // Did anything go?
    bool run() {
        const auto preds = predecessors(function_);
        const auto order = reverse_postorder(function_);
        for (bool changed = true; changed;) {
            changed = false;
            for (const BlockId id : order) {
                const auto& params = function_.block(id).params;
                for (std::size_t p = 0; p < params.size(); ++p)
                    changed |= meet(params[p], p, preds[id.index()]);
            }
        }
        return replace();
    }

  private:
    // No assumption left: equals_ is the parameter itself. Nothing known yet: none.
    [[nodiscard]] ValueId known(ValueId id) const {
        return is_param_[id.index()] ? equals_[id.index()] : id;
    }

    bool meet(ValueId param, std::size_t position, const std::vector<EdgeRef>& edges) {
        ValueId& now = equals_[param.index()];
        if (now == param) return false;
        ValueId found;
        for (const EdgeRef ref : edges) {
            const ValueId arg = edge_of(function_, ref).args[position];
            const ValueId value = arg == param ? ValueId() : known(arg);
            if (!value || value == found) continue;
            found = found || !may_stand_for(value, param) ? param : value;
            if (found == param) break;
        }
        const bool changed = found != now;
        now = found;
        return changed;
    }

    [[nodiscard]] bool may_stand_for(ValueId value, ValueId param) const {
        const Value &a = function_.value(value), &b = function_.value(param);
        return a.rep == b.rep && (b.type == TypeKind::Unknown || a.type == b.type);
    }

    bool replace() {
        Replacements map(function_);
        std::vector<std::vector<bool>> keep(function_.blocks.size());
        for (std::size_t b = 0; b < function_.blocks.size(); ++b) {
            for (const ValueId param : function_.blocks[b].params) {
                const ValueId by = equals_[param.index()];
                const bool goes = by && by != param;
                if (goes) map.replace(param, by);
                keep[b].push_back(!goes);
            }
        }
        if (!map.any()) return false;
        map.apply(function_);
        keep_params(function_, keep);
        return true;
    }

    Function& function_;
    std::vector<ValueId> equals_;
    std::vector<bool> is_param_;
};

// Marks the values that something reads: instructions, and edges to parameters that are read.
std::vector<bool> read_values(const Function& function) {
    const auto preds = predecessors(function);
    struct Param {
        BlockId block;
        std::size_t position = 0;
    };
    std::vector<Param> params(function.values.size());
    for (std::size_t b = 0; b < function.blocks.size(); ++b)
        for (std::size_t p = 0; p < function.blocks[b].params.size(); ++p)
            params[function.blocks[b].params[p].index()] = {BlockId(b), p};

    std::vector<bool> read(function.values.size());
    std::vector<ValueId> work;
    const auto mark = [&](ValueId id) {
        if (read[id.index()]) return;
        read[id.index()] = true;
        if (params[id.index()].block) work.push_back(id);
    };
    for (const Block& block : function.blocks)
        for (const Inst& inst : block.insts) for_each_use(function, inst, mark);
    while (!work.empty()) {
        const Param param = params[work.back().index()];
        work.pop_back();
        for (const EdgeRef ref : preds[param.block.index()])
            mark(edge_of(function, ref).args[param.position]);
    }
    return read;
}

void drop_unread(Function& function) {
    const std::vector<bool> read = read_values(function);
    std::vector<std::vector<bool>> keep(function.blocks.size());
    for (std::size_t b = 0; b < function.blocks.size(); ++b)
        for (const ValueId param : function.blocks[b].params)
            keep[b].push_back(read[param.index()]);
    keep_params(function, keep);
}

}  // namespace

void trivial_params(Function& function) {
    // A meet may give up early when an assumption it leaned on has just fallen, so once is not
    // always enough.
    while (SameValue(function).run()) {
    }
    drop_unread(function);
}

}  // namespace hone::compiler::passes
