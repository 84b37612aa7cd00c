// SPDX-License-Identifier: Apache-2.0
// CPython 3.12.
#pragma once

#include "cpython/versions/before_313.h"
#include "cpython/versions/before_314.h"
#include "cpython/versions/since_312.h"
#include "cpython/versions/v312_v313.h"

#define HONE_BYTECODE_TABLE "cpython/bytecode/v312.def"

namespace hone::cpython::raw {

inline int return_offset(const _PyInterpreterFrame* frame) {
    return frame->return_offset;
}
// What a frame owns besides its slots.
inline void close_specials(_PyInterpreterFrame* frame) {
    Py_CLEAR(frame->f_locals);
    Py_CLEAR(frame->f_funcobj);
    Py_CLEAR(frame->f_code);
}

// The instructions that call, in their general form; and their forms for Python functions.
inline constexpr std::array kCalls = {CALL, CALL_FUNCTION_EX};
inline constexpr std::array kCallsOfPython = {CALL_PY_EXACT_ARGS, CALL_PY_WITH_DEFAULTS,
                                              CALL_BOUND_METHOD_EXACT_ARGS};

}  // namespace hone::cpython::raw
