// SPDX-License-Identifier: Apache-2.0
// A program that does what programs do: it calls some 30 methods, functions and native functions of
// various callers, in turns as its data has it. A loop over one function keeps a probe in the
// core's caches and its branches foreseen: ten programs of pyperformance paid 1.3 times as much for
// a call as such a loop does on 3.14, and so does this one.
#pragma once

#include <Python.h>

#include <optional>
#include <span>
#include <vector>

#include "cpython/ref.h"
#include "measure/ticks.h"

namespace hone::measure {

// One private copy of it.
class UsualProgram {
  public:
    [[nodiscard]] bool load();  // false: a Python error is set
    // Requires: it is loaded.
    [[nodiscard]] std::span<PyCodeObject* const> codes() const noexcept { return codes_; }
    // Ticks that it runs; nothing: a Python error is set.
    [[nodiscard]] std::optional<double> time() const;

  private:
    cpython::Ref<> code_;
    cpython::Ref<> work_;
    cpython::Ref<> rounds_;
    std::vector<PyCodeObject*> codes_;  // all that are in code_
};

}  // namespace hone::measure
