// SPDX-License-Identifier: Apache-2.0
#include "engine/announce.h"

#include <algorithm>
#include <optional>

#include "cpython/bytecode/unit.h"
#include "cpython/events/call_events.h"
#include "cpython/events/compiled_calls.h"
#include "cpython/events/line_events.h"
#include "cpython/late_frames.h"
#include "cpython/tools.h"
#include "engine/code.h"
#include "engine/engine.h"
#include "engine/places.h"
#include "ir/activation.h"
#include "runtime/functions.h"

namespace hone::engine {
namespace {

using cpython::CallSink;

// The newest version of this kind becomes the current one, if nothing has been learnt since.
bool take_version(Code& code) {
    auto& versions = code.versions;
    const auto found = std::find_if(versions.rbegin(), versions.rend(),
                                    [](const auto& version) { return fits(*version); });
    if (found == versions.rend() || (*found)->broken != code.broken.size()) return false;
    std::rotate(found.base() - 1, found.base(), versions.end());
    return true;
}

std::uint64_t epoch = 0;

void refit() noexcept {
    for (Code* const code : all_codes()) {
        choose_entry(*code);
        if (code->state == State::Compiled || code->state == State::Unfit)
            set_state(*code, take_version(*code) ? State::Compiled : State::Unfit);
    }
}

void on_change() noexcept {
    cpython::refresh_tools();
    refit();
}

void on_lines_watched(PyCodeObject* watched, bool on) noexcept {
    Code* const code = code_of(watched);
    if (code == nullptr || code->lines_watched == on) return;
    code->lines_watched = on;
    ++epoch;
    refit();
}

// Tells the profiler, if it listens. Its clock may be written in Python, and be compiled: what runs
// meanwhile is announced neither by us nor by the interpreter, as in any callback of it.
template <class Tell>
void tell(PyThreadState* thread, Tell what) {
    CallSink* const sink = cpython::compiled_calls().sink;
    if (sink == nullptr || thread->tracing != 0) return;
    std::optional<cpython::ErrorAside> aside;
    if (PyErr_Occurred() != nullptr) aside.emplace();  // what compiled code passes on
    PyThreadState_EnterTracing(thread);
    what(*sink);
    PyThreadState_LeaveTracing(thread);
}

// The call that `caller` makes. Its record is on the stack for as long.
void call_begins(const ir::Activation* caller, PyThreadState* thread) {
    auto* const function = static_cast<PyObject*>(caller->callee);
    auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
    tell(thread, [&](CallSink& sink) { sink.compiled_enter_py(code, caller); });
}

void call_ends(const ir::Activation* caller, PyThreadState* thread) {
    tell(thread, [&](CallSink& sink) { sink.compiled_leave_py(caller); });
}

// Tells of a call for as long as it lives, if the callable is native: Python functions are
// announced where they run.
class NativeCall {
  public:
    explicit NativeCall(PyObject* callable) {
        if (cpython::definition_of(callable) == nullptr) return;
        callable_ = cpython::own(callable);
        tell(PyThreadState_Get(), [&](CallSink& sink) { sink.native_enter_py(callable); });
    }
    ~NativeCall() {
        if (!callable_) return;
        tell(PyThreadState_Get(), [&](CallSink& sink) { sink.native_leave_py(callable_.get()); });
    }
    NativeCall(const NativeCall&) = delete;
    NativeCall& operator=(const NativeCall&) = delete;

  private:
    cpython::Ref<> callable_;
};

PyObject* call(PyObject** array, std::int64_t count, PyObject* names) {
    const NativeCall told(array[0]);
    return hone_rt_call(array, count, names);
}

PyObject* call_ex(PyObject* callable, PyObject* args, PyObject* kwargs) {
    const NativeCall told(callable);
    return hone_rt_call_ex(callable, args, kwargs);
}

template <class F>
const void* code_address(F* function) {
    return reinterpret_cast<const void*>(function);
}

}  // namespace

void start_announcing() {
    cpython::CompiledCalls& record = cpython::compiled_calls();
    record.changed = &on_change;
    record.read_compiled = &read_compiled;
    record.lines_watched = &on_lines_watched;
    cpython::refresh_tools();
}

compiler::Watched watched_now() noexcept {
    const cpython::CompiledCalls& record = cpython::compiled_calls();
    return {.calls = record.sink != nullptr, .places = record.compiling != nullptr};
}

bool fits(const Version& version) noexcept {
    return version.watched == watched_now() && version.lines_epoch == epoch;
}

std::uint64_t lines_epoch() noexcept {
    return epoch;
}

bool unheard_tool_on(const Version& version) noexcept {
    return (version.watched.calls ? cpython::foreign_tools_active : cpython::tools_active) != 0;
}

void tell_compiling(bool begins) noexcept {
    const auto tell = cpython::compiled_calls().compiling;
    if (tell != nullptr) tell(begins);
}

void tell_line(const ir::Activation* activation, PyThreadState* thread,
               std::int64_t line) noexcept {
    cpython::LineSink* const sink = cpython::compiled_calls().lines;
    if (sink == nullptr) return;
    const auto* const version = static_cast<const Version*>(activation->version);
    sink->hit({version->code->entry->installed, activation->frame, thread->id, true},
              static_cast<int>(line));
}

void tell_exit(cpython::Frame* frame, std::uint32_t unit) noexcept {
    const auto tell = cpython::compiled_calls().goes_on;
    if (tell != nullptr) tell(frame, unit);
}

void tell_probe(PyObject* probe) noexcept {
    const auto speak = cpython::compiled_calls().speak;
    if (speak != nullptr) speak(probe);
}

void tell_header(const Version& version, cpython::Frame* frame, PyThreadState* thread,
                 cpython::Jump jump) noexcept {
    cpython::LineSink* const sink = cpython::compiled_calls().lines;
    if (sink == nullptr || !version.tells_lines) return;
    PyCodeObject* const code = version.code->entry->installed;
    const int line = cpython::line_come_to(code, jump.from, jump.to);
    if (line >= 0) sink->hit({code, frame, thread->id, true}, line);
}

void leave_compiling_out(std::int64_t nanoseconds) noexcept {
    CallSink* const sink = cpython::compiled_calls().sink;
    if (sink != nullptr) sink->leave_out_py(nanoseconds);
    cpython::LineSink* const lines = cpython::compiled_calls().lines;
    if (lines != nullptr) lines->left_out(PyThreadState_GetID(PyThreadState_Get()), nanoseconds);
}

const void* announced(std::string_view symbol) {
    if (symbol == "hone_call_begins") return code_address(&call_begins);
    if (symbol == "hone_call_ends") return code_address(&call_ends);
    if (symbol == "hone_rt_call") return code_address(&call);
    if (symbol == "hone_rt_call_ex") return code_address(&call_ex);
    if (symbol == "hone_tools") return const_cast<const int*>(&cpython::foreign_tools_active);
    return nullptr;
}

}  // namespace hone::engine
