// SPDX-License-Identifier: Apache-2.0
// A small Python program that a calibration runs. Each one is private: watched and unwatched code
// must not share code objects.
#pragma once

#include <Python.h>

#include <optional>
#include <span>
#include <vector>

#include "cpython/ref.h"

namespace hone::measure {

class ScratchProgram {
  public:
    // Runs it; `file` is what its code objects say. False: a Python error is set.
    [[nodiscard]] bool load(const char* source, const char* file);

    // Requires, of all of these: it is loaded.
    [[nodiscard]] bool set(const char* name, PyObject* value) {
        return PyDict_SetItemString(names_.get(), name, value) == 0;
    }
    [[nodiscard]] PyObject* function(const char* name) const {
        return PyDict_GetItemString(names_.get(), name);
    }
    [[nodiscard]] PyCodeObject* code(const char* name) const {
        return reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function(name)));
    }
    // All of its code objects, in classes and functions, too.
    [[nodiscard]] std::span<PyCodeObject* const> codes() const noexcept { return codes_; }
    // Its functions, those of its classes, too. Borrowed; stay while it lives.
    [[nodiscard]] std::vector<PyObject*> functions() const;
    // Ticks that function(argument) takes; nothing: a Python error is set.
    [[nodiscard]] std::optional<double> time(const char* name, PyObject* argument) const;
    // The same without what others have of the processor meanwhile; not for a few microseconds.
    [[nodiscard]] std::optional<double> processor_time(const char* name, PyObject* argument) const;

  private:
    cpython::Ref<> names_;
    cpython::Ref<> code_;
    std::vector<PyCodeObject*> codes_;
};

}  // namespace hone::measure
