// SPDX-License-Identifier: Apache-2.0
// A part of _core: a function that puts its types and functions into the module and returns false
// with a Python error set if it can't. To add one: a row in parts.def and a file here.
#pragma once

#include <Python.h>

namespace hone::modules {

#define HONE_CORE_PART(name) [[nodiscard]] bool add_##name(PyObject* module);
#include "modules/core/parts.def"
#undef HONE_CORE_PART

}  // namespace hone::modules
