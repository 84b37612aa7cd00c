// SPDX-License-Identifier: Apache-2.0
#include "measure/call_hub.h"

#include <algorithm>

namespace hone::measure {

CallHub& CallHub::shared() {
    static auto* const hub = new CallHub;  // never destroyed: Python may be gone by then
    return *hub;
}

// Starts, widens or redirects the subscription so that these members are served.
bool CallHub::subscribe(const Members& members) {
    const Member& newest = *members.back();
    CallSink& sink = members.size() == 1 ? static_cast<CallSink&>(*newest.recorder) : *this;
    const bool natives = std::ranges::any_of(members, [](const auto& m) { return m->natives; });
    if (events_.on() && natives == natives_) {
        events_.redirect(sink, newest.owner.get());
        return true;
    }
    events_.stop();
    natives_ = natives;
    return events_.start(sink, natives, newest.owner.get());
}

bool CallHub::add(CallRecorder& recorder, bool natives, PyObject* owner) {
    auto fresh = std::make_shared<Members>(*members_);
    fresh->push_back(std::make_shared<const Member>(&recorder, natives, cpython::own(owner)));
    if (!subscribe(*fresh)) {
        if (!empty() && !subscribe(*members_)) PyErr_Clear();
        return false;
    }
    members_ = std::move(fresh);
    return true;
}

void CallHub::remove(CallRecorder& recorder) noexcept {
    auto fresh = std::make_shared<Members>(*members_);
    std::erase_if(*fresh, [&](const auto& member) { return member->recorder == &recorder; });
    const auto before = std::exchange(members_, fresh);  // holds the owner until here is done
    if (empty()) {
        events_.stop();
    } else if (!subscribe(*members_)) {
        PyErr_Clear();
    }
}

PyObject* CallHub::find_abandoned() const noexcept {
    for (const auto& member : *members_) {
        PyObject* owner = member->owner.get();
        if (Py_REFCNT(owner) == 1 + cpython::CallEvents::times_shown(owner)) return owner;
    }
    return nullptr;
}

template <class Tell>
void CallHub::tell_all(Tell tell) noexcept {
    const auto members = members_;
    for (const auto& member : *members) tell(*member->recorder);
}

void CallHub::python_enter_py(PyCodeObject* code, CallWay way) noexcept {
    tell_all([&](CallRecorder& recorder) { recorder.python_enter_py(code, way); });
}
void CallHub::python_leave_py(PyCodeObject* code) noexcept {
    tell_all([&](CallRecorder& recorder) { recorder.python_leave_py(code); });
}
void CallHub::native_enter_py(PyObject* function) noexcept {
    tell_all([&](CallRecorder& recorder) { recorder.native_enter_py(function); });
}
void CallHub::native_leave_py(PyObject* function) noexcept {
    tell_all([&](CallRecorder& recorder) { recorder.native_leave_py(function); });
}
void CallHub::compiled_enter_py(PyCodeObject* code, const void* call) noexcept {
    tell_all([&](CallRecorder& recorder) { recorder.compiled_enter_py(code, call); });
}
void CallHub::compiled_leave_py(const void* call) noexcept {
    tell_all([&](CallRecorder& recorder) { recorder.compiled_leave_py(call); });
}
void CallHub::hidden_call_py() noexcept {
    tell_all([](CallRecorder& recorder) { recorder.hidden_call_py(); });
}
void CallHub::leave_out_py(std::int64_t nanoseconds) noexcept {
    tell_all([&](CallRecorder& recorder) { recorder.leave_out_py(nanoseconds); });
}

}  // namespace hone::measure
