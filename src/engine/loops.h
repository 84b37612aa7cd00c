// SPDX-License-Identifier: Apache-2.0
// Entering compiled code at loop headers: loops that started cold and run long, and the loops of
// code that is called once (modules, generators, main programs). A ticker notices what is in a
// loop, watches that code's back edges, and at the next one the rest of the loops runs compiled,
// inside the interpreter's event; the exit goes on behind them. docs/internals/loop-entries.md.
// Everything needs the GIL.
#pragma once

#include <cstdint>

#include "cpython/trampoline.h"
#include "engine/code.h"

namespace hone::engine {

enum class LoopEntries : std::uint8_t {
    Hot,     // what the ticker finds
    Always,  // at every back edge, for tests
    Never,
};

void start_loops();
// No loop is entered any more.
void stop_loops();
// Code with loops was prepared: the ticker has something to look for.
void expect_loops(Code& code);
// The code dies.
void forget_loops(Code& code);
// A child of fork() has no ticker yet.
void loops_after_fork();
// An exit out of a version that was entered at a loop.
void count_loop_exit(Version& version, std::size_t row);

[[nodiscard]] inline bool entered_at_loop(const Code& code) {
    return code.loop_entries != 0;
}

}  // namespace hone::engine
