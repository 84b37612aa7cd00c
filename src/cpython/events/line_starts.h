// SPDX-License-Identifier: Apache-2.0
// With what kind of instruction lines begin. Where sys.monitoring watches a line, its first
// instruction runs in its general form ever after (INSTRUMENTED_LINE of CPython's bytecodes.c): a
// line that begins with one that is usually specialised loses that as well, which is part of the
// price of watching it. Probes (3.11) leave all instructions as they are.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace hone::cpython {

enum class LineStart : std::uint8_t {
    Plain,
    Adapts,    // a global, mostly
    Iterates,  // the head of a loop, where each round comes by
};
inline constexpr std::size_t kLineStarts = 3;

// Of `lines` lines from `first` on. Nothing: a Python error is set.
[[nodiscard]] std::optional<std::vector<LineStart>> line_starts(PyCodeObject* code, int first,
                                                                std::size_t lines);

}  // namespace hone::cpython
