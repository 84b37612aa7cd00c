// SPDX-License-Identifier: Apache-2.0
// What one profiler has chosen and found: hits and time of every line of its functions.
//
// Functions are told apart by their code object. A function may have several *bodies*, code objects
// that do the same: on 3.11 whatever is watched is a copy, and a decorated function runs a copy
// that switches its profiler on for the time of the call, so that decorating costs no wrapper.
// Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "cpython/events/line_starts.h"
#include "cpython/ref.h"
#include "measure/ticks.h"

namespace hone::measure {

struct LineTotals {
    std::uint64_t hits = 0;
    Ticks ticks = 0;
    Ticks off = 0;  // of the ticks: what probes cost and others had; in 1/kReferencePace
    std::uint32_t hits_before = 0;  // the last digits: see LineFunctions::diversity()
    cpython::LineStart start{};     // here, as each hit asks
};

class LineBook;
struct LineFunction;

// A function's lines in one profiler.
struct LineAccount {
    LineBook* book;
    LineFunction* function;
    std::vector<LineTotals> lines;  // from LineFunction::first_line on
};

struct LineBody {
    cpython::Ref<PyCodeObject> code;
    cpython::Ref<PyCodeObject> prepared;  // the same, leading to compiled code
    std::vector<LineBook*> switches_on;   // for the time of each activation
};

struct LineFunction {
    cpython::Ref<PyCodeObject> original;
    std::uint32_t number = 0;
    int first_line = 0;
    std::vector<cpython::LineStart> starts;  // of each of its lines
    std::vector<LineAccount*> accounts;
    std::vector<std::unique_ptr<LineBody>> bodies;
};

// Time that passed, in ticks, and of it: what probes cost, and without a processor.
struct LineSpan {
    double ticks = 0;
    double probes = 0;
    double without = 0;

    [[nodiscard]] LineSpan operator+(const LineSpan& more) const noexcept {
        return {ticks + more.ticks, probes + more.probes, without + more.without};
    }
    [[nodiscard]] LineSpan operator-(const LineSpan& less) const noexcept {
        return {ticks - less.ticks, probes - less.probes, without - less.without};
    }
};

// Registered with the recorder while it lives.
class LineBook {
  public:
    LineBook() = default;
    ~LineBook();
    LineBook(const LineBook&) = delete;
    LineBook& operator=(const LineBook&) = delete;

    // Chooses a function by its code. Returns the code that the function has to run from now on (it
    // may be the same): of a function that `switches_on`, another than its own. Null with an error
    // set.
    [[nodiscard]] cpython::Ref<PyCodeObject> add(PyCodeObject* code, bool switches_on);
    // What add() returned also runs as this code, which leads to compiled code. False: a Python
    // error is set.
    [[nodiscard]] bool runs_as(PyCodeObject* chosen, PyCodeObject* prepared);
    // False: a Python error is set.
    [[nodiscard]] bool enable();
    void disable() noexcept;

    [[nodiscard]] bool on() const noexcept { return asked_ || (calls_ > 0 && !muted_); }
    // What on() was at the last settling: events are credited by it.
    [[nodiscard]] bool counts() const noexcept { return counts_; }
    // Calls of functions that switch it on, under way now.
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }
    [[nodiscard]] const std::vector<std::unique_ptr<LineAccount>>& accounts() const noexcept {
        return accounts_;
    }
    // While it was on.
    [[nodiscard]] LineSpan span() const noexcept;
    [[nodiscard]] std::uint64_t hits() const noexcept;

  private:
    friend class LineRecorder;
    friend class LineFunctions;
    bool asked_ = false;
    bool muted_ = false;  // disabled within calls that switch it on, until these have ended
    bool counts_ = false;
    std::uint64_t calls_ = 0;
    LineSpan before_;  // the recorder's, when it began to count
    LineSpan was_on_;  // up to then
    std::vector<std::unique_ptr<LineAccount>> accounts_;
};

}  // namespace hone::measure
