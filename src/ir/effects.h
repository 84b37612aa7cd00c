// SPDX-License-Identifier: Apache-2.0
// What an op or a runtime function may do besides making its result. Stands in the
// rows of ops.def and runtime/functions.def; passes and lowering derive everything
// else (may it be dropped, moved, does it need a frame, which LLVM attributes).
#pragma once

#include <cstdint>

namespace hone::ir {

enum class Effects : std::uint16_t {
    Pure = 0,
    Exits = 1 << 0,       // may leave for the interpreter (needs a state)
    Raises = 1 << 1,      // may set a Python error (needs a state)
    RunsPython = 1 << 2,  // may run any Python code: a frame must exist, everything may change
    ReadsHeap = 1 << 3,
    WritesHeap = 1 << 4,
    Allocs = 1 << 5,
    Terminator = 1 << 6,
    Poll = 1 << 7,  // signals, GIL hand-over, GC
};

[[nodiscard]] constexpr Effects operator|(Effects a, Effects b) {
    return static_cast<Effects>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool has(Effects all, Effects any) {
    return (static_cast<unsigned>(all) & static_cast<unsigned>(any)) != 0;
}

// Who owns an object result, or an object operand after the op.
enum class Own : std::uint8_t {
    Unboxed,   // not an object
    New,       // the compiled code owns one reference
    Borrowed,  // valid until the heap is written or Python runs
    Immortal,  // valid for as long as the code is (constants, singletons)
};

}  // namespace hone::ir
