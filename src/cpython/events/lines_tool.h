// SPDX-License-Identifier: Apache-2.0
// The name under which the line profiler takes a tool id of sys.monitoring. Compiled code does not
// give way to it: the profiler sees to it that the code it watches is never compiled. (_core and
// _jit are two modules that know of each other by this name alone.)
#pragma once

#include <Python.h>

namespace hone::cpython {

inline constexpr const char* kLinesToolName = "hone lines";

// Does compiled code give way to the tool of this name (null: no tool)?
[[nodiscard]] inline bool is_foreign_tool(PyObject* name) noexcept {
    return name != nullptr && PyUnicode_CompareWithASCIIString(name, kLinesToolName) != 0;
}

}  // namespace hone::cpython
