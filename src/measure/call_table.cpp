// SPDX-License-Identifier: Apache-2.0
#include "measure/call_table.h"

namespace hone::measure {

// The calls and own times of a function are those of its edges; see call_stack.h.
void CallTable::add(const CallStack& stack) {
    for (const CallStack::Edge& edge : stack.edges()) {
        if (edge.totals.calls == 0) continue;
        CallTotals& totals = rows_[edge.key].totals;
        totals.calls += edge.totals.calls;
        totals.own += edge.totals.own;
        if (edge.caller == CallStack::kNobody) continue;
        rows_[stack.functions()[edge.caller].key].calls[edge.key].add(edge.totals);
    }
    for (const CallStack::Function& function : stack.functions()) {
        if (function.outermost_calls == 0) continue;
        CallTotals& totals = rows_[function.key].totals;
        totals.outermost_calls += function.outermost_calls;
        totals.cumulative += function.cumulative;
    }
}

void CallTable::add(const CallTable& other) {
    for (const auto& [key, row] : other.rows_) {
        Row& mine = rows_[key];
        mine.totals.add(row.totals);
        for (const auto& [callee, totals] : row.calls) mine.calls[callee].add(totals);
    }
}

}  // namespace hone::measure
