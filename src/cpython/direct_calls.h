// SPDX-License-Identifier: Apache-2.0
// What a call made without the interpreter has to know of the objects it meets at run time: the
// prepared code behind a function, and whether a class makes its instances as classes mostly do.
// All of it needs the GIL, runs no Python code and leaves no error.
#pragma once

#include <Python.h>

#include <cstdint>

#include "cpython/trampoline.h"

namespace hone::cpython {

// Nothing waits at the eval breaker and the recursion limit is not reached.
[[nodiscard]] bool free_to_call(PyThreadState* thread) noexcept;
// One level of recursion, which the interpreter would take for a call. The caller gives it back.
void take_level(PyThreadState* thread) noexcept;

// The entry of what a Python function runs, if that takes exactly `count` positional arguments;
// else null, as for any other object.
[[nodiscard]] Entry* entry_of_call(PyObject* function, std::int64_t count) noexcept;

// Do calls of the type make an instance by object.__new__ and then run a Python __init__? (That
// may change: the two below look again.)
[[nodiscard]] bool is_plain_class(PyObject* type) noexcept;
// The function that initialises instances of a plain class (borrowed), else null.
[[nodiscard]] PyObject* init_of_class(PyTypeObject* type) noexcept;
// An instance that is not initialised yet, as object.__new__ makes it. Null, without an error,
// where that fails or would collect garbage first.
[[nodiscard]] PyObject* new_instance(PyTypeObject* type) noexcept;
// The error of an __init__ that returned `result`.
void raise_init_result(PyObject* result) noexcept;

}  // namespace hone::cpython
