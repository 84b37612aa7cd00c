// SPDX-License-Identifier: Apache-2.0
// CPython's private headers, for the .cpp files of this room only: to be included first,
// before anything that includes Python.h, and never from a header of the room's interface.
// The warnings of these headers are silenced by their being system headers.
#pragma once

#define Py_BUILD_CORE 1
#include <Python.h>
// C's atomics in 3.11's and 3.12's headers are no C++: they fall back on the compiler's built-ins.
#undef HAVE_STD_ATOMIC

#include <array>
#include <cstdint>

#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_long.h>
#include <internal/pycore_runtime.h>
#include <opcode.h>

namespace hone::cpython::raw {

// How the running frame of a thread is found from the address of its state.
struct FramePlace {
    std::size_t in_thread;
    bool has_record = false;  // what is there is the address of a record that has it
    std::size_t in_record = 0, outer_record = 0;
};

}  // namespace hone::cpython::raw

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

// Has a tool replaced the operation by its own form? (Also true of the JIT's.)
inline bool is_instrumented(int opcode) {
#ifdef MIN_INSTRUMENTED_OPCODE
    return opcode >= MIN_INSTRUMENTED_OPCODE;
#else
    (void)opcode;
    return false;
#endif
}

// Is this code unit's operation one that pushes a constant and returns it (3.12, 3.13)?
inline bool returns_constant(int opcode) {
#ifdef RETURN_CONST
    return opcode == RETURN_CONST || opcode == INSTRUMENTED_RETURN_CONST;
#else
    (void)opcode;
    return false;
#endif
}

// All three without holding the GIL. Who had it last.
inline std::uintptr_t last_gil_holder(const PyInterpreterState* interpreter) {
    const _gil_runtime_state& gil = gil_of(interpreter);
    return __atomic_load_n(reinterpret_cast<const std::uintptr_t*>(&gil.last_holder),
                           __ATOMIC_ACQUIRE);
}
// Who holds it; 0 = nobody.
inline std::uintptr_t gil_holder(const PyInterpreterState* interpreter) {
    const _gil_runtime_state& gil = gil_of(interpreter);
    const bool held =
        __atomic_load_n(reinterpret_cast<const int*>(&gil.locked), __ATOMIC_ACQUIRE) == 1;
    return held ? last_gil_holder(interpreter) : 0;
}
// How often it went from one thread to another (take_gil() counts).
inline unsigned long gil_switches(const PyInterpreterState* interpreter) {
    return __atomic_load_n(&gil_of(interpreter).switch_number, __ATOMIC_ACQUIRE);
}

}  // namespace hone::cpython::raw
