// SPDX-License-Identifier: Apache-2.0
// CPython 3.14 and later: a frame's slots are stack references with tag bits, its depth a pointer.
#pragma once

#include "cpython/versions/since_313.h"

namespace hone::cpython::raw {

inline constexpr int kNotTaken = NOT_TAKEN;  // follows conditional jumps

using Slot = _PyStackRef;
inline constexpr Slot kNullSlot = {.bits = PyStackRef_NULL_BITS};
inline PyObject* slot_object(Slot slot) {
    return reinterpret_cast<PyObject*>(slot.bits & ~std::uintptr_t{1});
}
// The slot owns the reference; immortal objects are marked as not counted.
inline Slot slot_of(PyObject* strong) {
    return strong == nullptr ? kNullSlot : PyStackRef_FromPyObjectSteal(strong);
}
// The position at which a handler of CPython's own was entered; 3.15: a loop's index, too.
inline Slot tagged_slot(std::int64_t index) {
    return PyStackRef_TagInt(index);
}
inline bool is_tagged(Slot slot) {
    return PyStackRef_IsTaggedInt(slot);
}
inline std::int64_t tagged_index(Slot slot) {
    return PyStackRef_UntagInt(slot);
}
// Does the slot hold a reference of its own?
inline bool slot_owns(Slot slot) {
    return !is_tagged(slot) && slot_object(slot) != nullptr &&
           ((slot.bits & 1) == 0 || _Py_IsImmortal(slot_object(slot)));
}
inline void close_slot(Slot slot) {
    PyStackRef_XCLOSE(slot);
}

inline Slot* slots_of(_PyInterpreterFrame* frame) {
    return frame->localsplus;
}
// Slots in use, locals included.
inline void set_depth(_PyInterpreterFrame* frame, std::uint32_t slots) {
    frame->stackpointer = frame->localsplus + slots;
}
inline std::uint32_t depth_of(_PyInterpreterFrame* frame) {
    return static_cast<std::uint32_t>(frame->stackpointer - frame->localsplus);
}

inline PyCodeObject* code_of(_PyInterpreterFrame* frame) {
    return reinterpret_cast<PyCodeObject*>(slot_object(frame->f_executable));
}
inline PyObject* function_of(_PyInterpreterFrame* frame) {
    return slot_object(frame->f_funcobj);
}
inline bool is_shim(_PyInterpreterFrame* frame) {
    return frame->owner >= FRAME_OWNED_BY_INTERPRETER;
}

// Frame of `function`, not linked, arguments unbound, at `frame` which has the room.
inline void initialize(PyThreadState* thread, _PyInterpreterFrame* frame, PyObject* function,
                       PyCodeObject* code) {
    _PyFrame_Initialize(thread, frame, PyStackRef_FromPyObjectNew(function), nullptr, code, 0,
                        nullptr);
}
// Calls through C that are left: the machine's stack is what limits them.
inline int c_calls_left(PyThreadState*) {
    return INT_MAX;
}
// What a frame owns besides its slots.
inline void close_specials(_PyInterpreterFrame* frame) {
    Py_CLEAR(frame->f_locals);
    PyStackRef_CLEAR(frame->f_funcobj);
    PyStackRef_CLEAR(frame->f_executable);
}

// The operations, in their general form: those of types that are not Python's own go on in native
// code.
inline constexpr std::array kOperations = {BINARY_OP,    COMPARE_OP,    CONTAINS_OP,
                                           STORE_SUBSCR, DELETE_SUBSCR, UNARY_NEGATIVE,
                                           UNARY_INVERT, FOR_ITER,      IMPORT_NAME};

}  // namespace hone::cpython::raw
