// SPDX-License-Identifier: Apache-2.0
// Being told of the backward jumps of chosen code, and entering compiled code there.
// 3.12+: JUMP events of sys.monitoring for that code only, with one free tool id, held from the
// first watch on. 3.11: a C trace function of the calling thread, set without the audit event that
// sys.settrace raises, never while another is set.
// Requires the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

#include "cpython/frame.h"
#include "cpython/trampoline.h"

namespace hone::cpython {

// A jump: units of the installed code.
struct Jump {
    std::uint32_t from, to;  // 3.11 does not know whence: `from` is `to`
};
// The running frame is about to execute the unit that the jump leads to; its stack is saved.
using BackEdge = void (*)(Frame* frame, PyThreadState* thread, Jump jump);
void set_back_edge(BackEdge handler) noexcept;

// From now on `handler` sees the backward jumps of this prepared code: in all threads; on 3.11 in
// this one, and those of all code. False: other tools are in the way.
[[nodiscard]] bool watch_back_edges(PyCodeObject* installed) noexcept;
void unwatch_back_edges(PyCodeObject* installed) noexcept;
// Gives tool id and callback back.
void stop_back_edges() noexcept;

// After an exit to a header, is the handler called there once more, before anything has run?
[[nodiscard]] bool announces_exits() noexcept;
// 3.11: is this thread's trace function hone's own?
[[nodiscard]] bool traces_back_edges(PyThreadState* thread) noexcept;

// While the object lives, an event's handler runs as if no event were being announced: what it
// calls is traced and monitored as ever.
class OutsideEvent {
  public:
    explicit OutsideEvent(PyThreadState* thread) noexcept;
    ~OutsideEvent();
    OutsideEvent(const OutsideEvent&) = delete;
    OutsideEvent& operator=(const OutsideEvent&) = delete;

  private:
    PyThreadState* thread_;
    int event_;
};

// Compiled code, entered in this frame at a back edge, has left by take_exit(): when the handler
// returns, the interpreter goes where the exit says.
void resume_at_exit(Frame* frame, const Entry* entry) noexcept;
// Where the interpreter stands in a frame: a unit of its (installed) code.
[[nodiscard]] std::uint32_t running_unit(Frame* frame) noexcept;
// Are a module's variables the frame's locals, or is it a function's? Else compiled code does not
// know its names (class bodies, exec with two dicts).
[[nodiscard]] bool has_plain_names(Frame* frame) noexcept;

}  // namespace hone::cpython
