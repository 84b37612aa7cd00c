// SPDX-License-Identifier: Apache-2.0
// CPython's private headers, for the .cpp files of this room only: to be included first,
// before anything that includes Python.h, and never from a header of the room's interface.
// The warnings of these headers are silenced by their being system headers.
#pragma once

#define Py_BUILD_CORE 1
#include <Python.h>
// C's atomics in 3.11's and 3.12's headers are no C++: they fall back on the compiler's built-ins.
#undef HAVE_STD_ATOMIC

#include <cstdint>

#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_long.h>
#include <internal/pycore_runtime.h>
#include <opcode.h>

#if PY_VERSION_HEX >= 0x030f0000
#include <internal/pycore_interpframe.h>
#include "cpython/versions/v315.h"
#elif PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe.h>
#include "cpython/versions/v314.h"
#elif PY_VERSION_HEX >= 0x030d0000
#include "cpython/versions/v313.h"
#elif PY_VERSION_HEX >= 0x030c0000
#include "cpython/versions/v312.h"
#elif PY_VERSION_HEX >= 0x030b0000
#include "cpython/versions/v311.h"
#else
#error "hone needs CPython 3.11 or later"
#endif
#ifdef Py_GIL_DISABLED
#error "hone does not support free-threaded builds of CPython"
#endif

namespace hone::cpython::raw {

// Is this code unit's operation one that pushes a constant and returns it (3.12, 3.13)?
inline bool returns_constant(int opcode) {
#ifdef RETURN_CONST
    return opcode == RETURN_CONST || opcode == INSTRUMENTED_RETURN_CONST;
#else
    (void)opcode;
    return false;
#endif
}

}  // namespace hone::cpython::raw
