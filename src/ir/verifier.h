// SPDX-License-Identifier: Apache-2.0
// The rules every function obeys between passes:
//   - block 0 is the entry: no parameters, nothing jumps there; every block is reachable;
//   - the last instruction of a block, and no other, is a terminator; Jump has one edge, Branch
//   two;
//   - each value is defined once, and the definition dominates every use (edges, states and
//     release lists included);
//   - operands, results and edge arguments have the representation their row or parameter
//     asks for (an Obj may stand where a Null may); ownership of results is the row's;
//   - an op that may leave, raise or run Python has a state, whose slots add up.
#pragma once

#include "base/result.h"
#include "ir/calls.h"
#include "ir/function.h"

namespace hone::ir {

// The failure names function, block and instruction. Without `rows`, CallRt is checked for its
// operands' scope only.
[[nodiscard]] Result<void> verify(const Function& function, CallRows rows = {});

}  // namespace hone::ir
