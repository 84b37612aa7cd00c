// SPDX-License-Identifier: Apache-2.0
// The process has one subscription to call events, and any number of recorders that want them: the
// hub subscribes while there is at least one, and hands the events on. A single recorder is told
// directly, so that others cost nothing until they are there.
// Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <memory>
#include <vector>

#include "cpython/events/call_events.h"
#include "measure/call_recorder.h"

namespace hone::measure {

class CallHub final : private cpython::CallSink {
  public:
    // `owner` is the Python object around the recorder: kept alive while it is on, and on 3.11 what
    // sys.getprofile() answers. False: a Python error is set and nothing has changed.
    [[nodiscard]] bool add(CallRecorder& recorder, bool natives, PyObject* owner);
    void remove(CallRecorder& recorder) noexcept;
    // A profiler that was switched on and is held by nobody else now could never be switched off.
    // Null, or the owner of one.
    [[nodiscard]] PyObject* find_abandoned() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return members_->empty(); }

    // The one of this process.
    static CallHub& shared();

  private:
    struct Member {
        CallRecorder* recorder;
        bool natives;
        cpython::Ref<> owner;
    };
    // Never changed, only replaced: a recorder may be removed while events are handed on.
    using Members = std::vector<std::shared_ptr<const Member>>;

    [[nodiscard]] bool subscribe(const Members& members);
    template <class Tell>
    void tell_all(Tell tell) noexcept;

    void python_enter_py(PyCodeObject* code, cpython::CallWay way) noexcept override;
    void python_leave_py(PyCodeObject* code) noexcept override;
    void native_enter_py(PyObject* function) noexcept override;
    void native_leave_py(PyObject* function) noexcept override;
    void compiled_enter_py(PyCodeObject* code, const void* call) noexcept override;
    void compiled_leave_py(const void* call) noexcept override;
    void hidden_call_py() noexcept override;
    void leave_out_py(std::int64_t nanoseconds) noexcept override;

    std::shared_ptr<const Members> members_ = std::make_shared<const Members>();
    bool natives_ = false;
    cpython::CallEvents events_;
};

}  // namespace hone::measure
