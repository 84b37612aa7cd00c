// SPDX-License-Identifier: Apache-2.0
// The fingerprint of an object graph: equal for two graphs exactly when nothing a program can look
// at tells them apart: types, bit patterns (0.0 and -0.0, NaN payloads), order of dicts and sets,
// which places share one object, cycles, instances' attributes, exceptions with arguments and
// cause. Objects are numbered in the order in which they are met, and a second meeting writes the
// number: that is the sharing graph, and what makes cycles end.
//
// Types, modules and code stand by their address, which a forked twin shares; functions by their
// code, closure and defaults. What keeps its state in C (deques, generators, files) is counted as
// opaque: only its type, attributes and place in the graph are compared. Runs no Python code of the
// program. Threads: holds the GIL.
#pragma once

#include <Python.h>

#include <string>

namespace hone::tune {

struct Fingerprint {
    std::string digest;
    Py_ssize_t objects = 0;
    Py_ssize_t opaque = 0;  // state in C that was not looked at
};

// Returns false with a Python error set (MemoryError, RecursionError for graphs nested too deeply).
[[nodiscard]] bool fingerprint(PyObject* object, Fingerprint& out);

}  // namespace hone::tune
