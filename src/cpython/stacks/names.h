// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hone::cpython {

// The threads that `threading` knows, if the program has imported it: identifier and name. Runs no
// Python code. With the GIL; keeps an error that is set.
[[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> names_of_threads();

}  // namespace hone::cpython
