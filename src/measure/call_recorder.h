// SPDX-License-Identifier: Apache-2.0
// Listens to call events and keeps one CallStack per thread, plus who the keys are.
//
// A session is the time between begin() and end(). Each thread finds its stack through its slot
// (thread_slots.h). The stack of a thread that has died is folded into the totals when the next
// thread is met. Code objects, and the owners of native definitions, are kept alive until clear():
// otherwise a new code object could come to an old one's address and take over its row.
// Threads: everything under the GIL, except the mark a dying thread leaves. A clock of the user's
// is Python code, in which other threads get their turn: nothing is held across it but a stack of
// the calling thread, which end() can't take away meanwhile (in_timer()).
#pragma once

#include <Python.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cpython/events/call_events.h"
#include "measure/call_stack.h"
#include "measure/call_table.h"
#include "measure/preemption.h"
#include "measure/probe_price.h"
#include "measure/thread_slots.h"
#include "measure/timer.h"

namespace hone::measure {

class CallRecorder final : public cpython::CallSink {
  public:
    using Key = CallStack::Key;

    struct Identity {
        bool native = false;
        std::size_t order = 0;  // in which they were met
        cpython::Ref<> keeps;   // the code object, or the owner of the native definition
        cpython::Ref<> label;   // of a native function: str
        std::string qualified;  // the same, as `list.append`
    };
    struct Options {
        bool natives = true;
        bool callers = true;
        bool every_thread = true;
        Timer* timer = nullptr;   // of the user's; null = ticks
        ProbePrice price;         // to take off; nothing is if its pace is 0
        bool follow_pace = true;  // with the price
    };

    CallRecorder() = default;
    ~CallRecorder() = default;
    CallRecorder(const CallRecorder&) = delete;
    CallRecorder& operator=(const CallRecorder&) = delete;

    void begin(const Options& options);
    void end_py() noexcept;
    void clear() noexcept;
    [[nodiscard]] bool recording() const noexcept { return session_ != 0; }
    [[nodiscard]] bool in_timer() const noexcept { return timer_depth_ != 0; }

    // Calls of `function` count as calls of `original`; both native. One such pair.
    void stand_for(PyObject* function, PyObject* original);

    [[nodiscard]] CallTable table() const;
    [[nodiscard]] const Identity& identity(Key key) const { return identities_.at(key); }
    // Ticks from begin() to end() or now, of all sessions since clear(); what the probes took of
    // them; and what of all threads' time was taken off: without a processor, and for compiling.
    [[nodiscard]] Ticks watched() const noexcept;
    [[nodiscard]] Ticks probes() const noexcept;
    [[nodiscard]] Ticks taken_away() const noexcept;
    [[nodiscard]] Ticks compiling() const noexcept { return compiling_; }
    [[nodiscard]] int traverse(visitproc visit, void* argument) const;

    void python_enter_py(PyCodeObject* code, cpython::CallWay way) noexcept override;
    void python_leave_py(PyCodeObject* code) noexcept override;
    void native_enter_py(PyObject* function) noexcept override;
    void native_leave_py(PyObject* function) noexcept override;
    void compiled_enter_py(PyCodeObject* code, const void* call) noexcept override;
    void compiled_leave_py(const void* call) noexcept override;
    void hidden_call_py() noexcept override;
    void leave_out_py(std::int64_t nanoseconds) noexcept override;

  private:
    struct Thread {
        explicit Thread(std::shared_ptr<std::atomic<bool>> end) : ended(std::move(end)) {}

        CallStack stack;
        Ticks look_at = 0;     // an event that comes later is preceded by a gap, or the pace is due
        Ticks taken_away = 0;  // of stack.removed(): what was not the probes'
        Preemption preemption;
        std::shared_ptr<std::atomic<bool>> ended;
    };

    // Null if this thread is not to be watched.
    Thread* this_thread() {
        const ThreadSlots& mine = *my_slots;
        if (number_ < mine.count && mine.at[number_].session == session_) [[likely]]
            return static_cast<Thread*>(mine.at[number_].state);
        return meet_thread();
    }
    Thread* meet_thread();
    [[nodiscard]] PyObject* counted_as(PyObject* function) const noexcept {
        return cpython::definition_of(function) == stand_in_ ? stood_for_.get() : function;
    }
    void fold(const Thread& thread);
    void enter_py(Thread& thread, CallStack::Index edge, CallWay way,
                  CallStack::Mark mark = nullptr);
    template <class End>
    void leave_py(End end);
    [[nodiscard]] CallStack::Index edge_to(CallStack& stack, PyCodeObject* code);
    [[nodiscard]] Ticks timer_now_py() noexcept;
    void look(Thread& thread, Ticks now) noexcept;
    [[nodiscard]] Ticks next_look(Ticks now) const noexcept {
        return std::min(now + gap_, next_pace_check_);
    }
    void check_pace() noexcept;
    void forget_other_processes_threads() noexcept;
    CallStack::Index meet_code(CallStack& stack, PyCodeObject* code);
    CallStack::Index meet_native(CallStack& stack, PyObject* function);

    std::uint64_t session_ = 0;  // 0 = none
    std::uint32_t number_ = 0;
    Ticks next_pace_check_ = 0;
    Ticks gap_ = 0;
    Options options_;
    ProbePriceInTicks price_;  // at the pace of now, of a thread that is met
    int timer_depth_ = 0;
    unsigned long owner_thread_ = 0;
    int process_ = 0;
    Ticks begun_ = 0;
    Ticks watched_before_ = 0;
    Ticks probes_before_ = 0;
    Ticks taken_before_ = 0;
    Ticks compiling_ = 0;
    std::vector<std::unique_ptr<Thread>> threads_;
    CallTable folded_;
    std::unordered_map<Key, Identity> identities_;
    const PyMethodDef* stand_in_ = nullptr;
    cpython::Ref<> stood_for_;
};

}  // namespace hone::measure
