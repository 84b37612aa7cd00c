// SPDX-License-Identifier: Apache-2.0
// Makes the Python objects that a SlotRow describes from the words of an exit buffer.
// Several slots that name the same word get the same object, as in the interpreter.
// Requires the GIL. Runs no Python code: all that is made are exact builtin objects
// (an allocation may start a garbage collection, which may).
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>

#include "cpython/objects.h"
#include "ir/exits.h"

namespace hone::cpython {

class Materialiser {
  public:
    Materialiser(const std::int64_t* buffer, const ObjectTable& objects)
        : buffer_(buffer), objects_(objects) {}
    ~Materialiser();
    Materialiser(const Materialiser&) = delete;
    Materialiser& operator=(const Materialiser&) = delete;

    // A new reference made from the row and the rows of its parts; `row` moves behind them.
    // Null for an unbound slot, or when failed() (an error is set).
    PyObject* make(const ir::SlotRow*& row);
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] const ObjectTable& objects() const { return objects_; }

  private:
    static constexpr std::uint32_t kShared = 64;  // words for which sharing is kept

    PyObject* make_number(ir::SlotForm form, std::uint32_t word);
    PyObject* make_tuple(std::uint32_t count, const ir::SlotRow*& row);
    PyObject* make_range(const ir::SlotRow*& row);
    PyObject* make_sequence_iterator(ir::SlotForm form, const ir::SlotRow*& row);
    PyObject* make_pair(ir::SlotForm form, const ir::SlotRow*& row);
    PyObject* make_triple(ir::SlotForm form, const ir::SlotRow*& row);
    PyObject* make_complex(const ir::SlotRow*& row);
    PyObject* make_list_slice(const ir::SlotRow*& row);
    PyObject* make_zip(std::uint32_t count, const ir::SlotRow*& row);

    const std::int64_t* buffer_;
    const ObjectTable& objects_;
    bool failed_ = false;
    std::array<PyObject*, kShared> shared_;  // the first shared_used_ are set
    std::uint32_t shared_used_ = 0;
};

}  // namespace hone::cpython
