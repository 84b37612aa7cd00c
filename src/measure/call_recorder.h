// SPDX-License-Identifier: Apache-2.0
// Listens to call events and keeps one CallStack per thread, plus who the keys are.
//
// A session is the time between begin() and end(). Each thread finds its stack through a
// thread-local slot that names the session, so a slot left over from an earlier one is never used.
// The stack of a thread that has died is folded into the totals when the next thread is met.
// Code objects, and the owners of native definitions, are kept alive until clear(): otherwise a new
// code object could come to an old one's address and take over its row.
// Threads: everything under the GIL, except the mark a dying thread leaves.
#pragma once

#include <Python.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cpython/endings.h"
#include "cpython/events/call_events.h"
#include "measure/call_stack.h"
#include "measure/pace.h"

namespace hone::measure {

// Called when the program is about to end this process without telling anyone (os._exit, os.exec*).
class ExitListener {
  public:
    virtual void before_exit_py() noexcept = 0;

  protected:
    ~ExitListener() = default;
};

class CallRecorder final : public cpython::CallSink {
  public:
    struct Identity {
        CallKind kind = CallKind::Python;
        cpython::Ref<> keeps;  // the code object, or the owner of the native definition
        std::string name;      // of a native function
    };
    struct Row {
        const Identity* identity;
        CallTotals totals;
    };

    // `exit_listener` may be null. Native functions whose definition stands in `hidden` get no row.
    explicit CallRecorder(ExitListener* exit_listener) : exit_listener_(exit_listener) {}

    // `reference` is the pace to compare with (see pace.h); 0 leaves every probe at its plain
    // price. False: a Python error is set.
    [[nodiscard]] bool begin(Ticks reference_pace);
    void end() noexcept;
    void clear() noexcept;
    void hide(const PyMethodDef* definition) { hidden_.push_back(definition); }

    [[nodiscard]] CallTotals totals_of(CallStack::Key key) const;
    [[nodiscard]] std::vector<Row> rows() const;
    [[nodiscard]] int traverse(visitproc visit, void* argument) const;

    void python_enter(PyCodeObject* code) noexcept override;
    void python_leave(PyCodeObject* code) noexcept override;
    void native_enter_py(PyObject* function) noexcept override;
    void native_leave(PyObject* function) noexcept override;

  private:
    using Totals = std::unordered_map<CallStack::Key, CallTotals>;
    struct Thread {
        CallStack stack;
        std::shared_ptr<std::atomic<bool>> ended;
    };

    CallStack& this_thread();
    void check_pace(Ticks now) noexcept;
    void keep_pace(Ticks now) noexcept {
        if (now >= next_pace_check_) [[unlikely]] {
            check_pace(now);
        }
    }
    CallStack& meet_thread();
    void fold(const CallStack& stack, Totals& into) const;
    CallStack::Index meet_code(CallStack& stack, PyCodeObject* code);
    CallStack::Index meet_native(CallStack& stack, PyObject* function);
    [[nodiscard]] bool ends_process(const PyMethodDef* definition) const noexcept;
    [[nodiscard]] bool find_exits();

    std::uint64_t session_ = 0;  // 0 = none
    Ticks reference_pace_ = 0;
    Pace pace_ = kReferencePace;
    Ticks next_pace_check_ = 0;
    std::vector<std::unique_ptr<Thread>> threads_;
    Totals totals_;
    std::unordered_map<CallStack::Key, Identity> identities_;
    std::vector<const PyMethodDef*> hidden_;
    std::array<const PyMethodDef*, cpython::kEndings.size()> exits_{};
    ExitListener* exit_listener_;
};

}  // namespace hone::measure
