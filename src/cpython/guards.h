// SPDX-License-Identifier: Apache-2.0
// What tells compiled code that a global, builtin or module attribute changed. 3.12+: one dict
// watcher; a change of a watched (dict, name) writes 0 into the flag bytes that depend on it.
// 3.11 has no watchers: the dict's version tag is compared (ir::Layout::dict_versions).
#pragma once

#include <Python.h>

#include <cstdint>

#include "base/result.h"

namespace hone::cpython {

[[nodiscard]] Result<void> start_guards();

// 3.12+: from now on, `*flag` becomes 0 when dict[name] is set to another object, deleted or
// added, or when the dict is cleared, cloned into or dies. `flag` must live until unwatched.
[[nodiscard]] bool watch_name(PyObject* dict, PyObject* name, std::uint8_t* flag);
void unwatch_flag(std::uint8_t* flag) noexcept;
// 3.11: the version tag, which changes with every change of the dict.
[[nodiscard]] std::uint64_t dict_version(PyObject* dict) noexcept;

}  // namespace hone::cpython
