// SPDX-License-Identifier: Apache-2.0
// What the call stacks of several threads add up to: a row for each function, with what it called.
// Knows neither Python nor a lock.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>

#include "measure/call_stack.h"

namespace hone::measure {

class CallTable {
  public:
    using Key = CallStack::Key;
    struct Row {
        CallTotals totals;
        std::map<Key, CallTotals> calls;  // by callee; empty where callers were not told apart
    };

    void add(const CallStack& stack);
    void add(const CallTable& other);
    void clear() noexcept { rows_.clear(); }

    [[nodiscard]] const std::unordered_map<Key, Row>& rows() const noexcept { return rows_; }

  private:
    std::unordered_map<Key, Row> rows_;
};

}  // namespace hone::measure
