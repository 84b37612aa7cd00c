// SPDX-License-Identifier: Apache-2.0
// CPython 3.12 and later: immortal objects, return offsets, dict and type watchers, tools of
// sys.monitoring.
#pragma once

#include <internal/pycore_ceval.h>
#include <internal/pycore_instruments.h>
#include <internal/pycore_range.h>

#include "cpython/events/lines_tool.h"
#include "cpython/versions/common.h"

namespace hone::cpython::raw {

// Bytecode shape.
inline constexpr int kPopJumpIfTrue = POP_JUMP_IF_TRUE;
inline constexpr int kPopJumpIfNone = POP_JUMP_IF_NONE;
inline constexpr int kPrecall = -1;                     // precedes CALL
inline constexpr int kMoveLocal = LOAD_FAST_AND_CLEAR;  // E can return NULL and tagged items
inline constexpr bool kFrameHasPythonLimit = true;

inline std::uint32_t frame_words(PyCodeObject* code) {
    return static_cast<std::uint32_t>(code->co_framesize);
}
inline int& recursion_left(PyThreadState* thread) {
    return thread->py_recursion_remaining;
}
inline constexpr bool kRunsEntryFrames = true;

// What is being announced to a tracer or tool; < 0: nothing.
inline int& event_now(PyThreadState* thread) {
    return thread->what_event;
}
// Tools of sys.monitoring that are in use and not ours.
inline bool foreign_tools(PyThreadState* thread, unsigned own) {
    for (int i = 0; i < PY_MONITORING_SYS_PROFILE_ID; ++i) {
        if ((own >> i & 1u) == 0 && is_foreign_tool(thread->interp->monitoring_tool_names[i]))
            return true;
    }
    return false;
}

// A fork warns of other threads, after the handlers of os.register_at_fork().
inline constexpr bool kForkWarnsOfThreads = true;

// An int's digits, and their number with the sign.
inline Py_ssize_t int_digits(const PyLongObject* number) {
    return _PyLong_DigitCount(number);
}
inline void set_int_sign(PyLongObject* number, Py_ssize_t digits, bool negative) {
    _PyLong_SetSignAndDigitCount(number, negative ? -1 : 1, digits);
}
inline digit* digits_of(PyLongObject* number) {
    return number->long_value.ob_digit;
}

// Garbage is collected at the eval breaker only, never by an allocation.
inline bool may_collect(PyThreadState*) {
    return false;
}

using RangeIterator = _PyRangeIterObject;
inline void set_range(RangeIterator* iterator, long next, long step, long left) {
    iterator->start = next;
    iterator->step = step;
    iterator->len = left;
}
inline RangeState get_range(const RangeIterator* iterator) {
    return {iterator->start, iterator->len, iterator->step};
}

inline int code_extra_index(freefunc release) {
    return static_cast<int>(PyUnstable_Eval_RequestCodeExtraIndex(release));
}
inline int get_code_extra(PyCodeObject* code, int index, void** extra) {
    return PyUnstable_Code_GetExtra(reinterpret_cast<PyObject*>(code), index, extra);
}
inline int set_code_extra(PyCodeObject* code, int index, void* extra) {
    return PyUnstable_Code_SetExtra(reinterpret_cast<PyObject*>(code), index, extra);
}

inline PyObject* take_error() {
    return PyErr_GetRaisedException();
}
inline void give_error(PyObject* error) {
    PyErr_SetRaisedException(error);
}

inline const _gil_runtime_state& gil_of(const PyInterpreterState* interpreter) {
    return *interpreter->ceval.gil;
}

}  // namespace hone::cpython::raw
