// SPDX-License-Identifier: Apache-2.0
// Numbers taken over in place. An object of which the caller holds the only reference would be
// freed and one of its kind be made: the same memory, sooner. (On 3.14 and later a count of 1 is no
// such proof by itself, since the interpreter's stack may hold uncounted references: the caller
// knows that none is left, as before a free.) Requires the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

namespace hone::cpython {

// `number` (an exact int or float with one reference) becomes `value`, unless that takes more or
// fewer digits, or is one of the small ints that exist once.
[[nodiscard]] bool overwrite_int(PyObject* number, std::int64_t value) noexcept;
void overwrite_float(PyObject* number, double value) noexcept;

}  // namespace hone::cpython
