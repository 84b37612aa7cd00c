// SPDX-License-Identifier: Apache-2.0
// Loop entries: a loop that started cold is handed over while it runs. A thread without
// the GIL ticks; the tick's pending call finds the looping frame and arms one event (3.12+
// a local JUMP event, 3.11 a one-shot C tracer), at which the frame may be rewritten.
#pragma once

#include <Python.h>

#include <cstdint>

#include "base/result.h"
#include "cpython/exits.h"
#include "cpython/frame.h"

namespace hone::cpython {

// Asked at a tick: is this back-edge of interest (hot and compiled)? Cheap; no Python.
using LoopWanted = bool (*)(PyCodeObject* code, void* context);
// Called at the loop header of a frame whose stack and locals are complete in memory, at
// depth `depth`. Native code may run here. Returns true when the frame now stands elsewhere:
// it called move_frame. False: the interpreter goes on as if nothing happened.
using LoopEntered = bool (*)(Frame* frame, PyCodeObject* code, std::uint32_t header, std::uint32_t depth,
                             void* context);

struct LoopWatch {
    LoopWanted wanted = nullptr;
    LoopEntered entered = nullptr;
    void* context = nullptr;
    std::uint32_t tick_milliseconds = 5;
};
[[nodiscard]] Result<void> watch_loops(const LoopWatch& watch);
void stop_watching_loops();

// Item `index` of the frame's stack, bottom first; borrowed, null for NULL. Valid in `entered`.
[[nodiscard]] PyObject* frame_stack_item(Frame* frame, std::uint32_t index) noexcept;
// Puts the frame at code unit `header` of the original with `row`'s locals and stack (one
// frame, kind Resume). Only in `entered`.
void move_frame(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer, const ObjectTable& objects,
                std::uint32_t body_offset);

}  // namespace hone::cpython
