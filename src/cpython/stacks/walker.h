// SPDX-License-Identifier: Apache-2.0
// The Python stack of any thread, from outside and without the GIL.
//
// A thread changes its frames only while it runs. So the caller reads the thread's own CPU clock
// before and after: if it has not moved, the thread has not executed an instruction in between, and
// what was read is one state. Of that state the walker checks what a thread that was interrupted
// between two instructions of the evaluator may have left half done: each frame lies right behind
// its caller's on the thread's data stack, code is code, positions are in it. It answers Torn to
// anything else.
#pragma once

#include <cstdint>
#include <vector>

#include "cpython/stacks/codes.h"
#include "cpython/stacks/memory.h"
#include "cpython/stacks/threads.h"

namespace hone::cpython {

struct StackFrame {
    CodeId code;
    std::uint32_t unit;  // of the instruction that runs
    bool operator==(const StackFrame&) const = default;
};

struct Stack {
    std::vector<StackFrame> frames;  // innermost first
    bool native_entry = false;       // the innermost frame's function may be running natively
    bool in_native_call = false;     // ... is calling a function that is not Python's
    bool in_operation = false;       // ... is doing what may be done by a type that is not Python's
    bool paused = false;             // ... is compiled, and shown since it pauses (pause.h)
    bool cut = false;                // deeper than kDeepest
    Address evaluator = 0;           // in the innermost evaluator's part of the machine's stack
};

enum class Walk : std::uint8_t { Whole, Torn };

class StackWalker {
  public:
    static constexpr std::size_t kDeepest = 20'000;

    StackWalker(OwnMemory& memory, Codes& codes) : memory_(memory), codes_(codes) {}
    // The caller keeps or drops the code objects that were met.
    [[nodiscard]] Walk walk(Address thread, Stack& stack);

  private:
    struct Top {
        Address frame;        // the running one; 0 = none
        Address outer_frame;  // one that it is on top of (3.11, 3.12)
        bool has_outer;
        Address record;  // what it was found by, on the machine's stack (3.11, 3.12)
    };

    [[nodiscard]] std::optional<Top> find_top(Address thread);
    [[nodiscard]] Walk walk_frames(Address thread, const Top& top, Stack& stack);
    [[nodiscard]] bool starts_chunk(Address thread, Address frame);

    OwnMemory& memory_;
    Codes& codes_;
    Address opcode_at_ = 0;  // where the innermost frame stands
};

}  // namespace hone::cpython
