// SPDX-License-Identifier: Apache-2.0
// Numbers taken over in place. An object of which the caller holds the only reference would be
// freed and one of its kind be made: the same memory, sooner. (On 3.14 and later a count of 1 is no
// such proof by itself, since the interpreter's stack may hold uncounted references: the caller
// knows that none is left, as before a free.) Requires the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

namespace hone::cpython {

// Is `object` an exact int (float) of this value now? It is made so, if it is one that has a single
// reference (`only_here`), and the new value takes as many digits and is none of the small ints
// that exist once.
[[nodiscard]] bool becomes_int(PyObject* object, bool only_here, std::int64_t value) noexcept;
[[nodiscard]] bool becomes_float(PyObject* object, bool only_here, double value) noexcept;

}  // namespace hone::cpython
