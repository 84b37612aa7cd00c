// SPDX-License-Identifier: Apache-2.0
// The functions that are chosen by at least one book, by all code that they run as.
// Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cpython/events/line_events.h"
#include "measure/line_book.h"

namespace hone::measure {

class LineFunctions {
  public:
    struct Known {
        LineFunction* function;
        LineBody* body;
    };

    explicit LineFunctions(cpython::LineEvents& events) : events_(events) {}

    // As LineBook says.
    [[nodiscard]] cpython::Ref<PyCodeObject> add(LineBook& book, PyCodeObject* code,
                                                 bool switches_on);
    [[nodiscard]] bool runs_as(PyCodeObject* chosen, PyCodeObject* prepared);
    // What only this book has chosen is forgotten.
    void remove(LineBook& book) noexcept;

    [[nodiscard]] const Known* find(PyCodeObject* code) const noexcept {
        const auto found = known_.find(code);
        return found == known_.end() ? nullptr : &found->second;
    }
    // All code. Apart from the table: what is done with it may run Python, which may change it.
    [[nodiscard]] std::vector<cpython::Ref<PyCodeObject>> codes() const;
    [[nodiscard]] bool any_switches() const noexcept;
    // How diverse the hits since this was last asked are, by line; of none, what it was. Many lines
    // are looked at less often: asking takes a nanosecond a line.
    [[nodiscard]] double diversity() noexcept;

  private:
    [[nodiscard]] LineFunction* meet(PyCodeObject* code);
    [[nodiscard]] LineBody* new_body(LineFunction& function, cpython::Ref<PyCodeObject> code,
                                     std::vector<LineBook*> switches_on);
    [[nodiscard]] LineBody* body_for(LineFunction& function, PyCodeObject* code,
                                     std::vector<LineBook*> switches_on);
    void forget(LineFunction& function) noexcept;

    cpython::LineEvents& events_;
    std::uint32_t next_number_ = 0;
    double diversity_ = 0;
    std::size_t asked_ = 0;  // for diversity_, since it was made
    std::size_t lines_ = 0;  // of all functions
    std::unordered_map<PyCodeObject*, std::unique_ptr<LineFunction>> functions_;  // by original
    std::unordered_map<PyCodeObject*, Known> known_;                              // by body
};

}  // namespace hone::measure
