// SPDX-License-Identifier: Apache-2.0
// What several passes need to rewrite a function: replacing values everywhere at once.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/function.h"

namespace hone::compiler::passes {

// "Use that one instead", by value; chains are followed. Applied in one go at the end of a pass.
class Replacements {
  public:
    explicit Replacements(const ir::Function& function) : target_(function.values.size()) {}

    void replace(ir::ValueId value, ir::ValueId by) {
        if (value.index() >= target_.size()) target_.resize(value.index() + 1);
        target_[value.index()] = by;
        any_ = true;
    }

    [[nodiscard]] ir::ValueId resolve(ir::ValueId value) const {
        while (value && value.index() < target_.size() && target_[value.index()])
            value = target_[value.index()];
        return value;
    }

    [[nodiscard]] bool any() const { return any_; }

    // Operands, release lists, edge arguments and states.
    void apply(ir::Function& function) const;

  private:
    std::vector<ir::ValueId> target_;  // none: stays
    bool any_ = false;
};

// Keeps the parameters marked true (by block, by position) and the edge arguments that go with
// them.
void keep_params(ir::Function& function, const std::vector<std::vector<bool>>& keep);

// The instruction that makes each value (null: a parameter, or nothing does).
[[nodiscard]] std::vector<const ir::Inst*> definitions(const ir::Function& function);

// How many operands and edge arguments each value is. States don't count.
[[nodiscard]] std::vector<std::uint32_t> count_readers(const ir::Function& function);

}  // namespace hone::compiler::passes
