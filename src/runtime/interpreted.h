// SPDX-License-Identifier: Apache-2.0
// Errors in the interpreter's own words. Some error texts come from the bytecode loop itself and
// from no function that could be called ("not enough values to unpack (expected 3, got 2)"), and
// they differ per version. So on the way to such an error a tiny Python function runs that makes
// the interpreter raise it, and its traceback entry is taken off again.
//
// The caller makes sure that running it has no effect but the error: it passes exact built-in
// objects or ones whose type alone decides. Threads: needs the GIL.
#pragma once

#include <Python.h>

#include <initializer_list>
#include <string_view>

namespace hone::runtime {

// Calls the function that `source` (statements defining f) makes, and leaves the error it raises.
// Sources are compiled once. Ensures: an error is set.
void raise_interpreted(std::string_view source, std::initializer_list<PyObject*> args) noexcept;

// NameError for a global name, as the interpreter raises it. Ensures: an error is set.
void raise_undefined(PyObject* name) noexcept;

// Would iter(o) fail because the type has no iteration at all? Then asking again runs no code.
[[nodiscard]] inline bool never_iterable(PyObject* o) noexcept {
    return Py_TYPE(o)->tp_iter == nullptr && PySequence_Check(o) == 0;
}

}  // namespace hone::runtime
