// SPDX-License-Identifier: Apache-2.0
// Code object -> ir::Unit. The only reader of bytecode: the tables v3NN.def say what each
// opcode of one CPython means in the stable set; adding a version is adding a table.
// Requires the GIL; the unit is plain data afterwards.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "cpython/objects.h"
#include "ir/unit.h"

namespace hone::cpython {

// `original` is the user's code, `installed` the prepared copy that ran and is warm (or
// `original` again), whose body is moved by `body_offset` code units (Entry::body_offset).
// Feedback (Instr::seen) is read from `installed`; all offsets are those of `original`.
// Unit::globals is left with one empty fact per name.
[[nodiscard]] Result<ir::Unit> read_unit(PyCodeObject* original, PyCodeObject* installed,
                                         std::uint32_t body_offset, ObjectTable& objects);

// Length in code units, caches included, of the instruction of `code` at a unit of the
// original; KW_NAMES and PRECALL in front of a call count as part of it.
[[nodiscard]] std::uint32_t instruction_length(PyCodeObject* code, std::uint32_t offset);

// Where a backward jump that the interpreter announces leads and where it stands: units of the
// original.
struct LoopSpan {
    std::uint32_t header = 0, jump = 0;
};
[[nodiscard]] std::vector<LoopSpan> read_loops(PyCodeObject* original);

// The line on which the interpreter would announce that it comes from one unit to the other, both
// of the code as it is installed; -1: it would not (3.11: probes do).
[[nodiscard]] int line_come_to(PyCodeObject* installed, std::uint32_t from,
                               std::uint32_t to) noexcept;

// Names (indices) of globals that the code between two units of the original assigns: a module's
// variables, or what a function declares global.
[[nodiscard]] std::vector<std::uint32_t> names_stored(PyCodeObject* original, LoopSpan within);

}  // namespace hone::cpython
