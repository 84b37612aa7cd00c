// SPDX-License-Identifier: Apache-2.0
// The positions of code units (3.11's co_linetable, Objects/locations.md of CPython) as plain data.
// Requires the GIL.
#pragma once

#include <Python.h>

#include <optional>
#include <string>
#include <vector>

namespace hone::cpython {

// -1: not known.
struct Location {
    int line = -1, end_line = -1, column = -1, end_column = -1;

    bool operator==(const Location&) const = default;
};

// One for each code unit; nothing with an error set.
[[nodiscard]] std::optional<std::vector<Location>> read_locations(PyCodeObject* code);
[[nodiscard]] std::string write_locations(const std::vector<Location>& locations, int first_line);

}  // namespace hone::cpython
