// SPDX-License-Identifier: Apache-2.0
// Callees that compiled code meets at run time: the services of these names. Asked at each call,
// they keep nothing, so that nothing has to be kept alive or given up. Everything needs the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

#include "ir/activation.h"

namespace hone::engine {

// Where the compiled code of a function of exactly `count` parameters is entered directly, after
// one level of recursion was taken for it; null: call it as anybody would.
[[nodiscard]] void* find_direct(ir::Activation* caller, PyThreadState* thread, PyObject* function,
                                std::int64_t count);
// The same for a bound method, `count` with its self; that is given (borrowed), and the caller's
// record names the function.
[[nodiscard]] void* find_bound(ir::Activation* caller, PyThreadState* thread, PyObject* method,
                               std::int64_t count, PyObject** self);
// The same for the __init__ of a class, `count` with the instance; that is made, and the caller's
// record names the function.
[[nodiscard]] void* find_init(ir::Activation* caller, PyThreadState* thread, PyTypeObject* type,
                              std::int64_t count, PyObject** made);
// __init__ raised (null) or returned something: gives up the instance, leaves the error. Null.
PyObject* init_failed(PyObject* made, PyObject* returned);

}  // namespace hone::engine
