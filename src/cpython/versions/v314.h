// SPDX-License-Identifier: Apache-2.0
// CPython 3.14.
#pragma once

#include "cpython/versions/since_314.h"

#define HONE_BYTECODE_TABLE "cpython/bytecode/v314.def"

namespace hone::cpython::raw {

inline constexpr std::uint32_t kForIterSlots = 1;
inline constexpr bool kUnwindsByCode = false;  // PY_UNWIND reads the monitoring data of the code

// Of the instructions that call, the forms for Python functions.
inline constexpr std::array kCallsOfPython = {
    CALL_PY_EXACT_ARGS,        CALL_PY_GENERAL,           CALL_BOUND_METHOD_EXACT_ARGS,
    CALL_BOUND_METHOD_GENERAL, CALL_ALLOC_AND_ENTER_INIT, CALL_KW_PY,
    CALL_KW_BOUND_METHOD};

}  // namespace hone::cpython::raw
