// SPDX-License-Identifier: Apache-2.0
// CPython 3.13.
#pragma once

#include "cpython/versions/before_314.h"
#include "cpython/versions/since_313.h"
#include "cpython/versions/v312_v313.h"

#define HONE_BYTECODE_TABLE "cpython/bytecode/v313.def"

namespace hone::cpython::raw {

inline PyCodeObject* code_of(_PyInterpreterFrame* frame) {
    return reinterpret_cast<PyCodeObject*>(frame->f_executable);
}
// What a frame owns besides its slots.
inline void close_specials(_PyInterpreterFrame* frame) {
    Py_CLEAR(frame->f_locals);
    Py_CLEAR(frame->f_funcobj);
    Py_CLEAR(frame->f_executable);
}

// Of the instructions that call, the forms for Python functions.
inline constexpr std::array kCallsOfPython = {CALL_PY_EXACT_ARGS, CALL_PY_GENERAL,
                                              CALL_BOUND_METHOD_EXACT_ARGS,
                                              CALL_BOUND_METHOD_GENERAL, CALL_ALLOC_AND_ENTER_INIT};

}  // namespace hone::cpython::raw
