// SPDX-License-Identifier: Apache-2.0
// CPython 3.11 and 3.12: a frame's position is the instruction before the next; a thread's running
// frame stands in a record of the evaluator, on the machine's stack.
#pragma once

#include "cpython/versions/common.h"

namespace hone::cpython::raw {

inline constexpr bool kNullFirst = true;  // NULL, callable, arguments
inline void share_line(PyCodeObject*, std::uint32_t, std::uint32_t) {}
inline constexpr bool kFailsBehind = false;  // handlers are looked up one unit before the position

inline _PyInterpreterFrame*& current(PyThreadState* thread) {
    return thread->cframe->current_frame;
}
inline constexpr FramePlace kFramePlace = {.in_thread = offsetof(PyThreadState, cframe),
                                           .has_record = true,
                                           .in_record = offsetof(_PyCFrame, current_frame),
                                           .outer_record = offsetof(_PyCFrame, previous)};
inline PyThreadState* thread_now() {
    return _PyThreadState_UncheckedGet();
}
inline PyCodeObject* code_of(_PyInterpreterFrame* frame) {
    return frame->f_code;
}

// Units behind its call that a frame skips when it goes on.
inline int return_offset(const _PyInterpreterFrame* frame);

// Where a frame that is calling goes on.
inline std::uint32_t resume_unit(_PyInterpreterFrame* frame) {
    return static_cast<std::uint32_t>(frame->prev_instr + 1 + return_offset(frame) -
                                      units_of(code_of(frame)));
}
// The interpreter, back from a call, goes on at `unit`.
inline void set_next(_PyInterpreterFrame* frame, std::uint32_t unit) {
    frame->prev_instr = units_of(code_of(frame)) + unit - 1 - return_offset(frame);
}
// The same where no call returns: a frame about to be run, or written by a callback.
inline void set_start(_PyInterpreterFrame* frame, std::uint32_t unit) {
    frame->prev_instr = units_of(code_of(frame)) + unit - 1;
}
// The instruction at `unit` is running: what f_lineno and a traceback entry made now show.
inline void set_running(_PyInterpreterFrame* frame, std::uint32_t unit) {
    frame->prev_instr = units_of(code_of(frame)) + unit;
}
inline std::uint32_t running_unit(_PyInterpreterFrame* frame) {
    return static_cast<std::uint32_t>(frame->prev_instr - units_of(code_of(frame)));
}
inline constexpr std::size_t kPositionOffset = offsetof(_PyInterpreterFrame, prev_instr);
inline void set_position(_PyInterpreterFrame* frame, void* position) {
    frame->prev_instr = static_cast<_Py_CODEUNIT*>(position);
}

// Pending calls of another thread do not wake the main one by themselves.
inline void wake(PyInterpreterState* interpreter) {
    __atomic_store_n(reinterpret_cast<int*>(&interpreter->ceval.eval_breaker), 1, __ATOMIC_RELAXED);
}
inline std::uint64_t breaker_address(PyThreadState* thread) {
    return reinterpret_cast<std::uint64_t>(&thread->interp->ceval.eval_breaker);
}
inline std::uint32_t breaker_offset() {
    return 0;
}

}  // namespace hone::cpython::raw
