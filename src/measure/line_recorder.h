// SPDX-License-Identifier: Apache-2.0
// Listens to line events and keeps, for each profiler (a LineBook), hits and time of every line of
// the functions it has chosen.
//
// Functions are told apart by their code object. A function may have several *bodies*, code objects
// that do the same: on 3.11 whatever is watched is a copy, and a decorated function runs a copy
// that switches its profiler on for the time of the call, so that decorating costs no wrapper.
// Time: an activation's current line runs from its hit to the activation's next hit or its end;
// time in calls counts. Of one function, only the newest activation of a thread runs: a recursive
// call's time is that of the lines it runs, and the lines of a function sum up to the function's
// wall time. A yield pauses the line, going on resumes it. Beside the raw ticks stands what the
// probes within cost, at the pace of their moment (pace.h). One recorder per process, shared by all
// profilers. Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cpython/events/line_events.h"
#include "measure/pace.h"
#include "measure/ticks.h"

namespace hone::measure {

struct LineTotals {
    std::uint64_t hits = 0;
    Ticks ticks = 0;
    Ticks probes = 0;  // of the ticks: what probes cost; in 1/kReferencePace
};

// What one probe costs at the reference pace, in ticks.
enum class LineProbe : std::uint8_t { Hit, Enter, Leave, Compiled };
inline constexpr std::size_t kLineProbes = 4;
struct LinePrice {
    std::array<double, kLineProbes> of{};
    Ticks pace = 0;  // read_pace() at the time; 0 = not measured
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
    std::size_t lines = 0;
    std::vector<LineAccount*> accounts;
    std::vector<std::unique_ptr<LineBody>> bodies;
};

// What one profiler has chosen and found. Registered with the recorder while it lives.
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
    // Calls of functions that switch it on, under way now.
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }
    [[nodiscard]] const std::vector<std::unique_ptr<LineAccount>>& accounts() const noexcept {
        return accounts_;
    }
    // Time while it was on, and what all probes cost meanwhile, both in ticks.
    struct Span {
        double ticks = 0;
        double probes = 0;
    };
    [[nodiscard]] Span span() const noexcept;
    [[nodiscard]] std::uint64_t hits() const noexcept;

  private:
    friend class LineRecorder;
    bool asked_ = false;
    bool muted_ = false;   // disabled within calls that switch it on, until these have ended
    bool counts_ = false;  // what on() was at the last settling: events are credited by it
    std::uint64_t calls_ = 0;
    Ticks on_since_ = 0, on_for_ = 0;
    Ticks spent_before_ = 0, spent_ = 0;  // the recorder's, in 1/kReferencePace
    std::vector<std::unique_ptr<LineAccount>> accounts_;
};

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
    // What a line costs that compiled code tells of, measured now. Requires: price() is.
    void set_compiled_price(double ticks) noexcept;
    [[nodiscard]] Ticks spent() const noexcept { return spent_; }

    void entered(const cpython::LinePlace& place) noexcept override;
    void resumed(const cpython::LinePlace& place, int line) noexcept override;
    void hit(const cpython::LinePlace& place, int line) noexcept override;
    void on_line(const cpython::LinePlace& place, int line) noexcept override;
    void strayed(const cpython::LinePlace& place) noexcept override;
    void caught(const cpython::LinePlace& place) noexcept override;
    void raised_again(const cpython::LinePlace& place) noexcept override;
    void left(const cpython::LinePlace& place) noexcept override;
    void yielded(const cpython::LinePlace& place) noexcept override;
    void left_out(std::uint64_t thread, std::int64_t nanoseconds) noexcept override;

  private:
    static constexpr int kNoLine = -1, kHere = -2;
    struct Activation {
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
        Ticks spent = 0;  // Thread::spent at `since`
    };
    [[nodiscard]] static int last_line(const Activation& activation) noexcept {
        return activation.from != kHere ? activation.from : activation.line;
    }
    struct Thread {
        std::uint64_t id = 0;
        Ticks spent = 0;          // on probes; in 1/kReferencePace
        std::vector<int> newest;  // of a function, by its number: index in stack, or -1
        std::vector<Activation> stack;
    };
    struct Known {
        LineFunction* function;
        LineBody* body;
    };

    [[nodiscard]] LineFunction* meet(PyCodeObject* code);
    [[nodiscard]] LineBody* new_body(LineFunction& function, cpython::Ref<PyCodeObject> code,
                                     std::vector<LineBook*> switches_on);
    [[nodiscard]] LineBody* body_for(LineFunction& function, PyCodeObject* code,
                                     std::vector<LineBook*> switches_on);
    [[nodiscard]] bool start();
    void stop_if_idle() noexcept;
    [[nodiscard]] bool is_wanted() const noexcept;
    [[nodiscard]] std::vector<cpython::Ref<PyCodeObject>> known_codes() const;
    void forget(LineFunction& function) noexcept;
    void refresh(LineBook& book) noexcept;

    Thread& thread_of(std::uint64_t id);
    Thread& meet_thread(std::uint64_t id);
    void pay(Thread& thread, LineProbe probe, const cpython::LinePlace& place, Ticks now) noexcept;
    void check_pace(Ticks now) noexcept;
    Activation* find(Thread& thread, const cpython::LinePlace& place, Ticks now) noexcept;
    Activation* find_below(Thread& thread, const cpython::LinePlace& place, Ticks now) noexcept;
    Activation* find_thrown(Thread& thread, const cpython::LinePlace& place, Ticks now) noexcept;
    Activation* find_or_push(Thread& thread, const cpython::LinePlace& place, Ticks now) noexcept;
    Activation* push(Thread& thread, const cpython::LinePlace& place, Ticks now) noexcept;
    void pop(Thread& thread, Ticks now) noexcept;
    static void credit(Thread& thread, Activation& activation, Ticks now) noexcept;
    void come_to(Thread& thread, Activation& activation, int line, Ticks now) noexcept;
    void abandon_all() noexcept;

    cpython::LineEvents events_;
    bool calibrating_ = false;
    int counting_ = 0;  // books that count
    LinePrice price_;
    std::array<Ticks, kLineProbes> costs_{};  // now; in 1/kReferencePace
    Ticks next_pace_check_ = 0;
    Ticks spent_ = 0;
    std::uint32_t next_number_ = 0;
    std::unordered_map<const void*, int> yielded_from_;  // by frame: the line's index
    Thread* current_ = nullptr;                          // the one that spoke last
    std::unordered_map<std::uint64_t, std::unique_ptr<Thread>> threads_;
    std::vector<LineBook*> books_;
    std::unordered_map<PyCodeObject*, std::unique_ptr<LineFunction>> functions_;  // by original
    std::unordered_map<PyCodeObject*, Known> known_;                              // by body
};

}  // namespace hone::measure
