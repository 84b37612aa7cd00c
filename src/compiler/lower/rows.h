// SPDX-License-Identifier: Apache-2.0
// Makes the rows of the exit table from the states of the IR: which SSA value goes to which
// word of the buffer, and identical rows once. Free of LLVM.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/lower/exit_tree.h"
#include "ir/exits.h"
#include "ir/function.h"

namespace hone::compiler {

struct RowAndWords {
    std::uint32_t row = 0;
    std::vector<ir::ValueId> words;  // the value of each buffer word
};

// Rows by their content.
class DistinctRows {
  public:
    std::uint32_t add(ir::ExitRow row);
    [[nodiscard]] const ir::ExitRow& at(std::uint32_t row) const { return rows_[row]; }
    std::vector<ir::ExitRow> take() { return std::move(rows_); }

  private:
    std::vector<ir::ExitRow> rows_;
    std::map<std::string, std::uint32_t> numbers_;
};

class RowTable {
  public:
    explicit RowTable(const ir::Function& function);

    // A draft: its row becomes one of the table once its words have their places in the buffer.
    RowAndWords exit(const ir::Inst& inst, ir::ExitKind kind);
    std::uint32_t place(const RowAndWords& draft, const WordNumbers& numbers);

    RowAndWords sync(const ir::Inst& inst);

    std::vector<ir::ExitRow> take() { return rows_.take(); }

  private:
    ir::SlotRow slot(const ir::StateSlot& slot, std::vector<ir::ValueId>& words) const;

    const ir::Function& function_;
    std::vector<const ir::Inst*>
        constants_;  // the ConstObj or ConstNull that makes a value, by value
    DistinctRows rows_, drafts_;
};

// Number of slots from `first` on that make up `count` whole slots with their parts.
[[nodiscard]] std::size_t slot_span(const std::vector<ir::StateSlot>& slots, std::size_t first,
                                    std::size_t count);

}  // namespace hone::compiler
