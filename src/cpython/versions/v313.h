// SPDX-License-Identifier: Apache-2.0
// CPython 3.13: as v311.h says; the position is the running instruction, not the one before the
// next. Every versions/v3NN.h offers the same names; private.h chooses one.
#pragma once

#include <internal/pycore_ceval.h>
#include <internal/pycore_instruments.h>
#include <internal/pycore_range.h>

#include "cpython/events/lines_tool.h"
#include "cpython/versions/since_312.h"

#define HONE_BYTECODE_TABLE "cpython/bytecode/v313.def"

namespace hone::cpython::raw {

// Bytecode shape.
inline constexpr int kPopJumpIfTrue = POP_JUMP_IF_TRUE;
inline constexpr int kPopJumpIfNone = POP_JUMP_IF_NONE;
inline constexpr int kNotTaken = -1;                    // follows conditional jumps
inline constexpr int kPrecall = -1;                     // precedes CALL
inline constexpr int kMoveLocal = LOAD_FAST_AND_CLEAR;  // E can return NULL and tagged items
inline constexpr bool kNullFirst = false;               // callable, NULL, arguments
inline constexpr bool kFailsBehind = true;  // handlers are looked up one unit before the position
inline constexpr bool kFrameHasPythonLimit = true;
inline constexpr std::uint32_t kForIterSlots = 1;

using Slot = PyObject*;
inline constexpr Slot kNullSlot = nullptr;
inline PyObject* slot_object(Slot slot) {
    return slot;
}
inline Slot slot_of(PyObject* strong) {
    return strong;
}
inline Slot tagged_slot(std::int64_t) {
    return kNullSlot;
}  // 3.15 only
inline bool is_tagged(Slot) {
    return false;
}
inline std::int64_t tagged_index(Slot) {
    return 0;
}
// Does the slot hold a reference of its own?
inline bool slot_owns(Slot slot) {
    return slot != nullptr;
}
inline void close_slot(Slot slot) {
    Py_XDECREF(slot);
}

inline _PyInterpreterFrame*& current(PyThreadState* thread) {
    return thread->current_frame;
}
inline PyCodeObject* code_of(_PyInterpreterFrame* frame) {
    return reinterpret_cast<PyCodeObject*>(frame->f_executable);
}
inline PyObject* function_of(_PyInterpreterFrame* frame) {
    return frame->f_funcobj;
}
inline bool is_shim(_PyInterpreterFrame* frame) {
    return frame->owner == FRAME_OWNED_BY_CSTACK;
}
inline Slot* slots_of(_PyInterpreterFrame* frame) {
    return frame->localsplus;
}
inline _Py_CODEUNIT* units_of(PyCodeObject* code) {
    return _PyCode_CODE(code);
}

// Slots in use, locals included.
inline void set_depth(_PyInterpreterFrame* frame, std::uint32_t slots) {
    frame->stacktop = static_cast<int>(slots);
}
inline std::uint32_t depth_of(_PyInterpreterFrame* frame) {
    return static_cast<std::uint32_t>(frame->stacktop);
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
inline void* running_position(PyCodeObject* code, std::uint32_t unit) {
    return units_of(code) + unit;
}
inline void set_position(_PyInterpreterFrame* frame, void* position) {
    frame->instr_ptr = static_cast<_Py_CODEUNIT*>(position);
}

// Frame of `function`, not linked, arguments unbound, at `frame` which has the room.
inline void initialize(PyThreadState*, _PyInterpreterFrame* frame, PyObject* function,
                       PyCodeObject* code) {
    _PyFrame_Initialize(frame, reinterpret_cast<PyFunctionObject*>(Py_NewRef(function)), nullptr,
                        code, 0);
}
// Calls through C that are left.
inline int c_calls_left(PyThreadState* thread) {
    return thread->c_recursion_remaining;
}
// What a frame owns besides its slots.
inline void close_specials(_PyInterpreterFrame* frame) {
    Py_CLEAR(frame->f_locals);
    Py_CLEAR(frame->f_funcobj);
    Py_CLEAR(frame->f_executable);
}
inline std::uint32_t frame_words(PyCodeObject* code) {
    return static_cast<std::uint32_t>(code->co_framesize);
}
inline int& recursion_left(PyThreadState* thread) {
    return thread->py_recursion_remaining;
}

inline constexpr bool kRunsEntryFrames = true;
inline constexpr bool kUnwindsByCode = false;  // PY_UNWIND reads the monitoring data of the code

// What is being announced to a tracer or tool; < 0: nothing.
inline int& event_now(PyThreadState* thread) {
    return thread->what_event;
}

// A PEP 523 evaluator is installed: calls are not inlined, so E can't reach the frame below.
inline bool hooked_evaluator(PyThreadState* thread) {
    return thread->interp->eval_frame != nullptr;
}
// Tools of sys.monitoring that are in use and not ours.
inline bool foreign_tools(PyThreadState* thread, unsigned own) {
    for (int i = 0; i < PY_MONITORING_SYS_PROFILE_ID; ++i) {
        if ((own >> i & 1u) == 0 && is_foreign_tool(thread->interp->monitoring_tool_names[i]))
            return true;
    }
    return false;
}

inline void wake(PyInterpreterState*) {}
inline std::uint64_t breaker_address(PyThreadState* thread) {
    (void)thread;
    return 0;
}
inline std::uint32_t breaker_offset() {
    return offsetof(PyThreadState, eval_breaker);
}

using RangeIterator = _PyRangeIterObject;
inline void set_range(RangeIterator* iterator, long next, long step, long left) {
    iterator->start = next;
    iterator->step = step;
    iterator->len = left;
}

struct RangeState {
    long next, left, step;
};
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
inline PyThreadState* thread_now() {
    return PyThreadState_GetUnchecked();
}

// The instructions that call, in their general form; and their forms for Python functions.
inline constexpr std::array kCalls = {CALL, CALL_KW, CALL_FUNCTION_EX};
inline constexpr std::array kCallsOfPython = {CALL_PY_EXACT_ARGS, CALL_PY_GENERAL,
                                              CALL_BOUND_METHOD_EXACT_ARGS,
                                              CALL_BOUND_METHOD_GENERAL, CALL_ALLOC_AND_ENTER_INIT};

inline const _gil_runtime_state& gil_of(const PyInterpreterState* interpreter) {
    return *interpreter->ceval.gil;
}
inline constexpr FramePlace kFramePlace = {.in_thread = offsetof(PyThreadState, current_frame)};

}  // namespace hone::cpython::raw
