// SPDX-License-Identifier: Apache-2.0
// The runtime's functions seen from Python, for tests/runtime only.
#pragma once

#include <Python.h>

namespace hone {

// Adds `runtime_rows()` and `call_row(name, *arguments)` to hone._testing.
[[nodiscard]] bool add_runtime_door(PyObject* module);

}  // namespace hone
