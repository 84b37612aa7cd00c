// SPDX-License-Identifier: Apache-2.0
// CPython 3.13 and later: a frame's position is the running instruction; a thread knows its running
// frame and has an eval breaker of its own.
#pragma once

#include <cstring>

#include "cpython/versions/since_312.h"

namespace hone::cpython::raw {

inline constexpr bool kNullFirst = false;  // callable, NULL, arguments
// Where lines are watched, positions are looked up in a table in which an instruction's caches have
// no line: `to`, such a cache, gets that of its instruction.
template <class Lines>
inline void share_line_in(Lines* lines, std::uint32_t from, std::uint32_t to) {
    if constexpr (requires { lines->bytes_per_entry; }) {  // an opcode, then the line
        const std::size_t size = lines->bytes_per_entry;
        std::memcpy(lines->data + to * size + 1, lines->data + from * size + 1, size - 1);
    } else {
        lines[to].line_delta = lines[from].line_delta;
    }
}
inline void share_line(PyCodeObject* code, std::uint32_t from, std::uint32_t to) {
    const auto* const monitoring = code->_co_monitoring;
    if (from != to && monitoring != nullptr && monitoring->lines != nullptr)
        share_line_in(monitoring->lines, from, to);
}

inline constexpr bool kFailsBehind = true;  // handlers are looked up one unit before the position

inline _PyInterpreterFrame*& current(PyThreadState* thread) {
    return thread->current_frame;
}
inline constexpr FramePlace kFramePlace = {.in_thread = offsetof(PyThreadState, current_frame)};
inline PyThreadState* thread_now() {
    return PyThreadState_GetUnchecked();
}

// Where a frame that is calling goes on.
inline std::uint32_t resume_unit(_PyInterpreterFrame* frame) {
    return static_cast<std::uint32_t>(frame->instr_ptr + frame->return_offset -
                                      units_of(code_of(frame)));
}
// The interpreter, back from a call, goes on at `unit`.
inline void set_next(_PyInterpreterFrame* frame, std::uint32_t unit) {
    frame->instr_ptr = units_of(code_of(frame)) + unit - frame->return_offset;
}
// The same where no call returns: a frame about to be run, or written by a callback.
inline void set_start(_PyInterpreterFrame* frame, std::uint32_t unit) {
    frame->instr_ptr = units_of(code_of(frame)) + unit;
}
// The instruction at `unit` is running: what f_lineno and a traceback entry made now show.
inline void set_running(_PyInterpreterFrame* frame, std::uint32_t unit) {
    frame->instr_ptr = units_of(code_of(frame)) + unit;
}
inline std::uint32_t running_unit(_PyInterpreterFrame* frame) {
    return static_cast<std::uint32_t>(frame->instr_ptr - units_of(code_of(frame)));
}
inline constexpr std::size_t kPositionOffset = offsetof(_PyInterpreterFrame, instr_ptr);
inline void set_position(_PyInterpreterFrame* frame, void* position) {
    frame->instr_ptr = static_cast<_Py_CODEUNIT*>(position);
}

inline void wake(PyInterpreterState*) {}
inline std::uint64_t breaker_address(PyThreadState*) {
    return 0;
}
inline std::uint32_t breaker_offset() {
    return offsetof(PyThreadState, eval_breaker);
}

// The instructions that call, in their general form.
inline constexpr std::array kCalls = {CALL, CALL_KW, CALL_FUNCTION_EX};

}  // namespace hone::cpython::raw
