// SPDX-License-Identifier: Apache-2.0
// Parameters of one block that always receive equal values become one. Optimistic, by partition
// refinement: all of a block's parameters of one kind start in one class, and a class splits where
// its members receive different classes along some edge, until nothing splits (Hopcroft's idea;
// Alpern, Wegman and Zadeck 1988 for values). The flags "is bound" of locals that one turn of a
// loop sets together go this way: nbody.advance passed twenty of them along every edge.
#include <map>
#include <tuple>
#include <vector>

#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

using ClassId = std::uint32_t;

class EqualParams {
  public:
    explicit EqualParams(Function& function)
        : function_(function), preds_(predecessors(function)), class_(function.values.size()) {}

    void run() {
        name_values();
        std::size_t before = group_by_kind();
        for (std::size_t now = split(); now != before; now = split()) before = now;
        replace();
    }

  private:
    // Constants of equal content are one class, every other value is its own.
    void name_values() {
        const auto made = definitions(function_);
        std::map<std::pair<Op, std::int64_t>, ClassId> constants;
        for (std::size_t v = 0; v < class_.size(); ++v) {
            class_[v] = first_;
            if (made[v] != nullptr && is_number(made[v]->op))
                class_[v] =
                    constants.try_emplace({made[v]->op, made[v]->imm}, first_).first->second;
            first_ += class_[v] == first_ ? 1 : 0;
        }
    }

    static bool is_number(Op op) {
        return op == Op::ConstBool || op == Op::ConstI64 || op == Op::ConstF64;
    }

    // Returns the number of the parameters' classes, as split() does.
    std::size_t group_by_kind() {
        std::map<std::tuple<std::size_t, Rep, TypeKind>, ClassId> kinds;
        for (std::size_t b = 0; b < function_.blocks.size(); ++b) {
            for (const ValueId param : function_.blocks[b].params) {
                const Value& value = function_.value(param);
                const ClassId fresh = first_ + static_cast<ClassId>(kinds.size());
                class_[param.index()] =
                    kinds.try_emplace({b, value.rep, value.type}, fresh).first->second;
            }
        }
        return kinds.size();
    }

    // A parameter's new class is its old one and those of what its edges bring.
    std::size_t split() {
        std::map<std::vector<ClassId>, ClassId> found;
        std::vector<ClassId> next = class_;
        for (std::size_t b = 0; b < function_.blocks.size(); ++b) {
            const auto& params = function_.blocks[b].params;
            for (std::size_t p = 0; p < params.size(); ++p) {
                std::vector<ClassId> received{class_[params[p].index()]};
                for (const EdgeRef ref : preds_[b])
                    received.push_back(class_[edge_of(function_, ref).args[p].index()]);
                const ClassId fresh = first_ + static_cast<ClassId>(found.size());
                next[params[p].index()] =
                    found.try_emplace(std::move(received), fresh).first->second;
            }
        }
        class_ = std::move(next);
        return found.size();
    }

    void replace() {
        Replacements map(function_);
        std::vector<std::vector<bool>> keep(function_.blocks.size());
        for (std::size_t b = 0; b < function_.blocks.size(); ++b) {
            std::map<ClassId, ValueId> first;
            for (const ValueId param : function_.blocks[b].params) {
                const auto [known, fresh] = first.try_emplace(class_[param.index()], param);
                if (!fresh) map.replace(param, known->second);
                keep[b].push_back(fresh);
            }
        }
        if (!map.any()) return;
        map.apply(function_);
        keep_params(function_, keep);
    }

    Function& function_;
    std::vector<std::vector<EdgeRef>> preds_;
    std::vector<ClassId> class_;  // by value
    ClassId first_ = 0;           // of those of parameters
};

}  // namespace

void equal_params(Function& function) {
    EqualParams(function).run();
}

}  // namespace hone::compiler::passes
