// SPDX-License-Identifier: Apache-2.0
// Where attributes of a class' instances are, as the generic look-up of CPython would find them;
// classes by the version that the interpreter's inline caches name. Requires the GIL; runs no
// Python code. All results hold while the class keeps its version (cpython/portable.h).
#pragma once

#include <Python.h>

#include <cstdint>
#include <unordered_map>

#include "ir/classes.h"

namespace hone::cpython {

struct TypeAttribute {
    ir::AttributeKind kind = ir::AttributeKind::Unknown;
    std::uint32_t index = 0;    // Value, Slot
    bool writable = false;      // Value, Slot
    PyObject* value = nullptr;  // Method, Bound, Property, Constant; borrowed from the class
};

// The attribute `name` (interned) of the type's instances.
[[nodiscard]] TypeAttribute instance_attribute(PyTypeObject* type, PyObject* name);
// … of the type itself, as an object: Constant or Unknown.
[[nodiscard]] TypeAttribute class_attribute(PyTypeObject* type, PyObject* name);

// Version, size and ways of keeping attributes; false if the type has no version to guard by.
[[nodiscard]] bool describe_class(PyTypeObject* type, ir::ClassFact& fact);

// The living classes by version. Made at the first question, good until Python code runs.
class ClassesByVersion {
  public:
    [[nodiscard]] PyTypeObject* find(std::uint32_t version);  // borrowed; null: none has it now

  private:
    void collect(PyTypeObject* type);

    std::unordered_map<std::uint32_t, PyTypeObject*> classes_;
    bool collected_ = false;
};

}  // namespace hone::cpython
