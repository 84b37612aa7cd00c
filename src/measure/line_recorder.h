// SPDX-License-Identifier: Apache-2.0
// Listens to line events and keeps, for each profiler (line_book.h), hits and time of every line of
// the functions it has chosen (line_functions.h), by what each thread is on (line_thread.h). What
// probes cost, at the pace of their moment (pace.h), and what others had of the processor
// (preemption.h) is counted beside the time. One recorder per process, shared by all profilers.
// Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cpython/events/line_events.h"
#include "measure/line_book.h"
#include "measure/line_functions.h"
#include "measure/line_price.h"
#include "measure/line_thread.h"
#include "measure/ticks.h"

namespace hone::measure {

class LineRecorder final : public cpython::LineSink {
  public:
    static LineRecorder& instance();

    [[nodiscard]] cpython::Ref<PyCodeObject> add(LineBook& book, PyCodeObject* code,
                                                 bool switches_on);
    [[nodiscard]] bool runs_as(PyCodeObject* chosen, PyCodeObject* prepared);
    [[nodiscard]] bool enable(LineBook& book);
    void disable(LineBook& book) noexcept;
    void remove(LineBook& book) noexcept;
    // The current line of each activation is credited up to now.
    void settle() noexcept;

    [[nodiscard]] const LinePrice& price() const noexcept { return price_; }
    // From here on, whatever the pace becomes. For calibration.
    void charge(const LinePrice& price) noexcept;
    // What a line costs that compiled code tells of, measured now. Requires: price() is.
    void set_compiled_price(double ticks) noexcept;
    [[nodiscard]] double diversity() noexcept { return functions_.diversity(); }
    // Up to now, since there was a recorder: of all threads, apart from the time.
    [[nodiscard]] LineSpan span() const noexcept;

    void entered(const cpython::LinePlace& place) noexcept override;
    void resumed(const cpython::LinePlace& place, int line) noexcept override;
    void hit(const cpython::LinePlace& place, int line) noexcept override;
    void on_line(const cpython::LinePlace& place, int line) noexcept override;
    void strayed(const cpython::LinePlace& place) noexcept override;
    void caught(const cpython::LinePlace& place) noexcept override;
    void raised_again(const cpython::LinePlace& place) noexcept override;
    void left(const cpython::LinePlace& place, cpython::LineEnd end) noexcept override;
    void yielded_from(const cpython::LinePlace& place) noexcept override;
    void left_out(std::uint64_t thread, std::int64_t nanoseconds) noexcept override;

  private:
    LineRecorder() : functions_(events_) {}
    [[nodiscard]] bool start();
    [[nodiscard]] bool measure_price();
    void stop_if_idle() noexcept;
    [[nodiscard]] bool is_wanted() const noexcept;
    void refresh(LineBook& book) noexcept;
    void abandon_all() noexcept;

    // An event's thread and moment.
    struct Arrival {
        LineThread& thread;
        Ticks now;
    };
    [[nodiscard]] Arrival arrive(const cpython::LinePlace& place) noexcept;
    void pay(const Arrival& arrival, LineProbe probe, const cpython::LinePlace& place) noexcept;
    LineThread& thread_of(std::uint64_t id);
    LineThread& meet_thread(std::uint64_t id);
    [[nodiscard]] Ticks look(LineThread& thread, Ticks now) noexcept;
    void check_pace() noexcept;
    LineActivation* find(const Arrival& arrival, const cpython::LinePlace& place) noexcept;
    LineActivation* find_below(const Arrival& arrival, const cpython::LinePlace& place) noexcept;
    LineActivation* find_thrown(const Arrival& arrival, const cpython::LinePlace& place) noexcept;
    LineActivation* find_or_push(const Arrival& arrival, const cpython::LinePlace& place) noexcept;
    LineActivation* push(const Arrival& arrival, const cpython::LinePlace& place) noexcept;
    void pop(const Arrival& arrival) noexcept;
    void count(const Arrival& arrival, const cpython::LinePlace& place, LineActivation& activation,
               int line) noexcept;

    cpython::LineEvents events_;
    LineFunctions functions_;
    bool calibrating_ = false;
    int counting_ = 0;  // books that count
    LinePrice price_;
    LineCosts costs_;  // now
    Ticks next_pace_check_ = kNoGap;
    LineSpan gone_;                                      // of threads that have died
    std::unordered_map<const void*, int> yielded_from_;  // by frame: the line's index
    LineThread* current_ = nullptr;                      // the one that spoke last
    std::unordered_map<std::uint64_t, std::unique_ptr<LineThread>> threads_;
    std::vector<LineBook*> books_;
};

}  // namespace hone::measure
