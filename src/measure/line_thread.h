// SPDX-License-Identifier: Apache-2.0
// Which lines of chosen functions one thread is on, and what is to be taken off their times.
//
// An activation's current line runs from its hit to the activation's next hit or its end; time in
// calls counts. Of one function, only the newest activation runs: a recursive call's time is that
// of the lines it runs, and the lines of a function sum up to the function's wall time. A yield
// pauses the line, going on resumes it. Beside the raw ticks of a line stands the difference of
// what was to be taken off (off()) at its two ends, so that nested calls are in both.
// Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "cpython/events/line_events.h"
#include "measure/line_book.h"
#include "measure/pace.h"
#include "measure/preemption.h"
#include "measure/ticks.h"

namespace hone::measure {

struct LineActivation {
    static constexpr int kNoLine = -1, kHere = -2;

    const void* frame;
    const PyCodeObject* code;
    LineBody* body;
    LineFunction* function;
    int line = kNoLine;  // index in LineFunction's lines
    int from = kHere;    // the line before the next one, if it is not `line`
    int caught = kHere;  // `from` or `line` where the last handler began
    bool strayed = false;
    bool switched = false;  // counted in the calls of the body's books
    int below = -1;         // this function's next older activation on this thread
    Ticks since = 0;
    Ticks off = 0;  // LineThread::off() at `since`

    [[nodiscard]] int last_line() const noexcept { return from != kHere ? from : line; }
    [[nodiscard]] bool is_at(const cpython::LinePlace& place) const noexcept {
        return frame == place.frame && code == place.code;
    }
};

class LineThread {
  public:
    explicit LineThread(std::uint64_t id) : id_(id) {}

    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    [[nodiscard]] bool empty() const noexcept { return stack_.empty(); }
    [[nodiscard]] LineActivation& top() noexcept { return stack_.back(); }
    [[nodiscard]] const std::vector<LineActivation>& stack() const noexcept { return stack_; }

    // Ends nothing. `function` has the place's code.
    LineActivation& push(const cpython::LinePlace& place, LineBody& body, LineFunction& function,
                         bool switched, Ticks now);
    // The newest activation, which ends. Requires: there is one.
    LineActivation pop(Ticks now) noexcept;
    void come_to(LineActivation& activation, int line, Ticks now) noexcept;
    // The current line of each activation is credited up to now.
    void settle(Ticks now) noexcept;
    // What is open is forgotten.
    void abandon() noexcept;
    // What runs began later by so much.
    void begin_later(Ticks ticks) noexcept;

    // In 1/kReferencePace of a tick; of it what the probes did not cost.
    [[nodiscard]] Ticks off() const noexcept { return off_; }
    [[nodiscard]] Ticks without() const noexcept { return without_; }
    void pay(Ticks cost) noexcept { off_ += cost; }
    // So many ticks were no part of the program.
    void take_off(Ticks ticks) noexcept {
        off_ += ticks * kReferencePace;
        without_ += ticks * kReferencePace;
    }

    Ticks look_at = 0;  // an event that comes later is preceded by a gap
    Preemption preemption;

  private:
    void credit(LineActivation& activation, Ticks now) noexcept;
    [[nodiscard]] LineActivation& at(int index) noexcept {
        return stack_[static_cast<std::size_t>(index)];
    }

    std::uint64_t id_;
    Ticks off_ = 0;
    Ticks without_ = 0;
    std::vector<int> newest_;  // of a function, by its number: index in the stack, or -1
    std::vector<LineActivation> stack_;
};

[[gnu::always_inline]] inline void LineThread::credit(LineActivation& activation,
                                                      Ticks now) noexcept {
    const Ticks ticks = now - activation.since;
    const Ticks off = off_ - activation.off;
    activation.since = now;
    activation.off = off_;
    for (LineAccount* account : activation.function->accounts) {
        if (!account->book->counts()) continue;
        LineTotals& line = account->lines[static_cast<std::size_t>(activation.line)];
        line.ticks += ticks;
        line.off += off;
    }
}

// The way to its first line belongs to that.
[[gnu::always_inline]] inline void LineThread::come_to(LineActivation& activation, int line,
                                                       Ticks now) noexcept {
    if (activation.line != LineActivation::kNoLine) credit(activation, now);
    const int index = line - activation.function->first_line;
    if (static_cast<std::size_t>(index) >= activation.function->starts.size()) return;
    activation.line = index;
    activation.from = LineActivation::kHere;
    activation.strayed = false;
}

}  // namespace hone::measure
