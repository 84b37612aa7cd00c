// SPDX-License-Identifier: Apache-2.0
// Which values the locals of the entered frame show, at each point of a function: what the last
// op that runs Python code wrote there, on every way that leads here. Such an op then writes only
// what has changed since, and makes no second box for one number. Free of LLVM.
//
// A frame that is made late shows the state of the op for which it is made, so that what is
// known here holds for it, too. A value that is made again, in the next turn of a loop, is
// another one than the frame shows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/function.h"

namespace hone::compiler {

class Shown {
  public:
    // By local: what its slot shows; none where that is not known.
    using Locals = std::vector<std::optional<ir::StateSlot>>;

    explicit Shown(const ir::Function& function);

    [[nodiscard]] const Locals& at_start(ir::BlockId block) const { return starts_[block.index()]; }
    // The slots after the instruction.
    void pass(const ir::Inst& inst, Locals& locals) const;

  private:
    void enter(const ir::Block& block, Locals& locals) const;
    void write(const ir::Inst& inst, Locals& locals, bool surely) const;
    void empty(const ir::Inst& inst, Locals& locals) const;
    bool meet(const Locals& from, ir::BlockId to);

    const ir::Function& function_;
    std::vector<Locals> starts_;
    std::vector<bool> reached_;
};

// Has the slot a form without parts, which one object can be stored for?
[[nodiscard]] bool is_plain(ir::SlotForm form);

}  // namespace hone::compiler
