// SPDX-License-Identifier: Apache-2.0
// CPython 3.11: no immortal objects, no sys.monitoring, one counter for all recursion.
#pragma once

#include <internal/pycore_ceval.h>

#include "cpython/versions/before_313.h"
#include "cpython/versions/before_314.h"

#define HONE_BYTECODE_TABLE "cpython/bytecode/v311.def"

namespace hone::cpython::raw {

// Bytecode shape.
inline constexpr int kPopJumpIfTrue = POP_JUMP_FORWARD_IF_TRUE;
inline constexpr int kPopJumpIfNone = POP_JUMP_FORWARD_IF_NONE;
inline constexpr int kPrecall = PRECALL;  // precedes CALL
inline constexpr int kMoveLocal = -1;     // LOAD_FAST_AND_CLEAR: E can return NULL and tagged items
inline constexpr bool kFrameHasPythonLimit = false;
inline constexpr std::uint32_t kForIterSlots = 1;

inline PyObject* function_of(_PyInterpreterFrame* frame) {
    return reinterpret_cast<PyObject*>(frame->f_func);
}
inline bool is_shim(_PyInterpreterFrame*) {
    return false;
}
inline int return_offset(const _PyInterpreterFrame*) {
    return 0;
}

// Frame of `function`, not linked, arguments unbound, at `frame` which has the room.
inline void initialize(PyThreadState*, _PyInterpreterFrame* frame, PyObject* function,
                       PyCodeObject* code) {
    _PyFrame_InitializeSpecials(frame, reinterpret_cast<PyFunctionObject*>(Py_NewRef(function)),
                                nullptr, code->co_nlocalsplus);
    // The function's code may have been swapped since `code` was compiled: the frame is of `code`.
    Py_INCREF(code);
    Py_DECREF(frame->f_code);
    frame->f_code = code;
    for (int i = 0; i < code->co_nlocalsplus; ++i) frame->localsplus[i] = nullptr;
}
// Calls through C that are left: as many as of Python, by the same counter.
inline int c_calls_left(PyThreadState*) {
    return INT_MAX;
}
// What a frame owns besides its slots.
inline void close_specials(_PyInterpreterFrame* frame) {
    Py_CLEAR(frame->f_locals);
    Py_CLEAR(frame->f_func);
    Py_CLEAR(frame->f_code);
}
inline std::uint32_t frame_words(PyCodeObject* code) {
    return static_cast<std::uint32_t>(code->co_nlocalsplus + code->co_stacksize) +
           static_cast<std::uint32_t>(FRAME_SPECIALS_SIZE);
}
inline int& recursion_left(PyThreadState* thread) {
    return thread->recursion_remaining;
}

// An entry frame is not cleared by the evaluator: see run_frame.cpp.
inline constexpr bool kRunsEntryFrames = false;
inline constexpr bool kUnwindsByCode = false;  // PY_UNWIND reads the monitoring data of the code

// What is being announced to a tracer or tool; < 0: nothing.
inline int& event_now(PyThreadState* thread) {
    return thread->tracing_what;
}

inline bool foreign_tools(PyThreadState*, unsigned) {
    return false;
}

// A fork warns of other threads. Here it doesn't, and nothing may queue itself again meanwhile: a
// traced frame turns at its RESUME until no call is pending (DO_TRACING).
inline constexpr bool kForkWarnsOfThreads = false;

// An int's digits, and their number with the sign.
inline Py_ssize_t int_digits(const PyLongObject* number) {
    return Py_ABS(Py_SIZE(number));
}
inline void set_int_sign(PyLongObject* number, Py_ssize_t digits, bool negative) {
    Py_SET_SIZE(number, negative ? -digits : digits);
}
inline digit* digits_of(PyLongObject* number) {
    return number->ob_digit;
}

// An allocation may collect garbage here and now, which runs finalizers.
inline bool may_collect(PyThreadState* thread) {
    const gc_generation& youngest = thread->interp->gc.generations[0];
    return youngest.count >= youngest.threshold;
}
// rangeobject.c's own struct: not in any header of 3.11.
struct RangeIterator {
    PyObject_HEAD long index, start, step, len;
};
inline void set_range(RangeIterator* iterator, long next, long step, long left) {
    iterator->index = 0;
    iterator->start = next;
    iterator->step = step;
    iterator->len = left;
}

inline RangeState get_range(const RangeIterator* iterator) {
    return {iterator->start + iterator->index * iterator->step, iterator->len - iterator->index,
            iterator->step};
}

inline int code_extra_index(freefunc release) {
    return static_cast<int>(_PyEval_RequestCodeExtraIndex(release));
}
inline int get_code_extra(PyCodeObject* code, int index, void** extra) {
    return _PyCode_GetExtra(reinterpret_cast<PyObject*>(code), index, extra);
}
inline int set_code_extra(PyCodeObject* code, int index, void* extra) {
    return _PyCode_SetExtra(reinterpret_cast<PyObject*>(code), index, extra);
}

inline PyObject* take_error() {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) PyException_SetTraceback(value, traceback);
    Py_XDECREF(traceback);
    Py_XDECREF(type);
    return value;
}
inline void give_error(PyObject* error) {
    PyErr_Restore(Py_NewRef(Py_TYPE(error)), error, PyException_GetTraceback(error));
}
// The instructions that call, in their general form; and their forms for Python functions.
inline constexpr std::array kCalls = {PRECALL, CALL, CALL_FUNCTION_EX};
inline constexpr std::array kCallsOfPython = {CALL_PY_EXACT_ARGS, CALL_PY_WITH_DEFAULTS,
                                              PRECALL_PYFUNC, PRECALL_BOUND_METHOD};
// The operations, in their general form: those of types that are not Python's own go on in native
// code.
inline constexpr std::array kOperations = {BINARY_OP,
                                           BINARY_OP_ADAPTIVE,
                                           BINARY_SUBSCR,
                                           BINARY_SUBSCR_ADAPTIVE,
                                           COMPARE_OP,
                                           COMPARE_OP_ADAPTIVE,
                                           CONTAINS_OP,
                                           STORE_SUBSCR,
                                           STORE_SUBSCR_ADAPTIVE,
                                           DELETE_SUBSCR,
                                           UNARY_NEGATIVE,
                                           UNARY_INVERT,
                                           UNARY_POSITIVE,
                                           FOR_ITER,
                                           IMPORT_NAME};

inline const _gil_runtime_state& gil_of(const PyInterpreterState*) {
    return _PyRuntime.ceval.gil;
}

}  // namespace hone::cpython::raw
