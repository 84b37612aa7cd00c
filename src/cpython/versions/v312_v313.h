// SPDX-License-Identifier: Apache-2.0
// What CPython 3.12 and 3.13 have in common, and no other version.
#pragma once

namespace hone::cpython::raw {

inline constexpr std::uint32_t kForIterSlots = 1;
inline constexpr bool kUnwindsByCode = false;  // PY_UNWIND reads the monitoring data of the code

inline PyObject* function_of(_PyInterpreterFrame* frame) {
    return frame->f_funcobj;
}
inline bool is_shim(_PyInterpreterFrame* frame) {
    return frame->owner == FRAME_OWNED_BY_CSTACK;
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

// The operations, in their general form: those of types that are not Python's own go on in native
// code.
inline constexpr std::array kOperations = {
    BINARY_OP,     BINARY_SUBSCR,  COMPARE_OP,   CONTAINS_OP, STORE_SUBSCR,
    DELETE_SUBSCR, UNARY_NEGATIVE, UNARY_INVERT, FOR_ITER,    IMPORT_NAME};

}  // namespace hone::cpython::raw
