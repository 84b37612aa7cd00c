// SPDX-License-Identifier: Apache-2.0
// Live objects as plain data: the table that gives them numbers and keeps them alive, and
// what the compiler is told of each. Requires the GIL everywhere.
#pragma once

#include <Python.h>

#include <unordered_map>
#include <vector>

#include "ir/unit.h"

namespace hone::cpython {

// The objects of one compilation request (or of one loaded piece of code). Same object,
// same number; a strong reference is held until the table dies.
class ObjectTable {
  public:
    ObjectTable() = default;
    ~ObjectTable();
    ObjectTable(ObjectTable&&) noexcept = default;
    ObjectTable& operator=(ObjectTable&& other) noexcept;
    ObjectTable(const ObjectTable&) = delete;
    ObjectTable& operator=(const ObjectTable&) = delete;

    ir::ObjectId id_of(PyObject* object);
    [[nodiscard]] PyObject* at(ir::ObjectId id) const { return objects_[id.index()]; }
    [[nodiscard]] PyObject* at(std::uint32_t index) const { return objects_[index]; }
    [[nodiscard]] std::size_t size() const { return objects_.size(); }
    [[nodiscard]] const std::vector<PyObject*>& objects() const { return objects_; }

  private:
    void clear();

    std::vector<PyObject*> objects_;
    std::unordered_map<PyObject*, std::uint32_t> index_;
};

// The kind of exactly this type; Unknown for subclasses and everything else.
[[nodiscard]] ir::TypeKind type_kind(PyTypeObject* type) noexcept;

// Does nothing but free itself when it dies?
[[nodiscard]] inline bool dies_quietly(PyObject* object) noexcept {
    return ir::dies_quietly(type_kind(Py_TYPE(object)));
}

// Kind, value (int, bool, float), items of tuples, known builtins, builtin or Python
// function. Function::code, defaults and module attributes are the engine's to fill.
[[nodiscard]] ir::ObjectFact describe_object(PyObject* object, ObjectTable& table);

// The builtin this object *is*, by identity with what builtins and math held at start-up.
[[nodiscard]] ir::Known known_callable(PyObject* object) noexcept;

}  // namespace hone::cpython
