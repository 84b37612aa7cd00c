// SPDX-License-Identifier: Apache-2.0
// The interpreter's announcements of calls, as a stream into a sink: sys.monitoring with native
// callbacks on 3.12 and later (one free tool id, so that debuggers, coverage and cProfile keep
// theirs), the C profile function on 3.11. Every thread announces, also one that starts later.
// A generator or coroutine is entered and left at each resumption.
// Threads: everything here happens under the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <string>

#include "cpython/events/call_way.h"
#include "cpython/ref.h"

namespace hone::cpython {

// Told about calls. The objects are borrowed. Must not raise; may run Python code (a profiler with
// a clock of the user's), during which the interpreter announces nothing on this thread.
class CallSink {
  public:
    virtual void python_enter_py(PyCodeObject* code, CallWay way) noexcept = 0;
    virtual void python_leave_py(PyCodeObject* code) noexcept = 0;
    // `function` is a PyCFunction or a method descriptor; see definition_of().
    virtual void native_enter_py(PyObject* function) noexcept = 0;
    virtual void native_leave_py(PyObject* function) noexcept = 0;
    // A call that compiled code makes of compiled code. `call` is an address that no other call
    // under way on this thread has. The end may have been announced before, as python_leave_py.
    virtual void compiled_enter_py(PyCodeObject* code, const void* call) noexcept = 0;
    virtual void compiled_leave_py(const void* call) noexcept = 0;
    // A call that is none of these was announced, and is over: CallWay::Hidden.
    virtual void hidden_call_py() noexcept = 0;
    // So much of the calling thread's time until now was spent on compiling.
    virtual void leave_out_py(std::int64_t nanoseconds) noexcept = 0;

  protected:
    ~CallSink() = default;
};

// What stays the same for a native function however it was reached (bound, from its type, again);
// null for everything else. Nothing is derived from these types but PyCMethod, by CPython itself:
// comparing types is exact, and three times as fast as asking for subtypes.
[[nodiscard]] inline PyMethodDef* definition_of(PyObject* function) noexcept {
    const PyTypeObject* type = Py_TYPE(function);
    if (type == &PyCFunction_Type || type == &PyCMethod_Type)
        return reinterpret_cast<PyCFunctionObject*>(function)->m_ml;
    if (type == &PyMethodDescr_Type)
        return reinterpret_cast<PyMethodDescrObject*>(function)->d_method;
    return nullptr;
}
// `builtins.len`, `list.append`, `collections.deque.popleft`.
// Requires: definition_of(function) is not null. Keeps a Python error that is set.
[[nodiscard]] std::string native_name(PyObject* function);
// `<built-in method builtins.len>`, `<method 'append' of 'list' objects>`: as cProfile has it,
// except that a method of a class which Python code overrides keeps its own name. Null with an
// error set. Requires: as above.
[[nodiscard]] Ref<> native_label(PyObject* function);
// An object that, kept alive, keeps the definition of this function alive. It is never the object
// that a bound method hangs on: a profile must not prolong the life of the program's own data.
[[nodiscard]] Ref<> definition_owner(PyObject* function) noexcept;

// One subscription. At most one per process is on at a time: the owner sees to it.
class CallEvents {
  public:
    CallEvents() = default;
    ~CallEvents() { stop(); }
    CallEvents(const CallEvents&) = delete;
    CallEvents& operator=(const CallEvents&) = delete;

    // Every call of every thread; without `natives` those of Python functions alone. `shown` is
    // what sys.getprofile() answers on 3.11 (borrowed, null for nothing). False: a Python error is
    // set (another tool is in the way).
    [[nodiscard]] bool start(CallSink& sink, bool natives, PyObject* shown);
    // From now on another sink is told, and another object shown (to the calling thread).
    void redirect(CallSink& sink, PyObject* shown) noexcept;
    // How many threads hold the object because it is shown.
    [[nodiscard]] static Py_ssize_t times_shown(PyObject* object) noexcept;
    // Only calls of and from these code objects, where the interpreter can tell (3.12 and later);
    // on 3.11 every call of the calling thread.
    [[nodiscard]] bool start_on(CallSink& sink, bool natives, std::span<PyCodeObject* const> codes);
    // Whether start_on() keeps to the code objects it was given.
    static const bool kTellsCodeApart;
    // Keeps a Python error that is set.
    void stop() noexcept;
    [[nodiscard]] bool on() const noexcept { return on_; }

  private:
    bool on_ = false;
    int tool_ = -1;     // sys.monitoring's tool id; unused on 3.11
    Ref<> monitoring_;  // the module sys.monitoring; unused on 3.11
};

// The place that cProfile takes among sys.monitoring's tools (3.12 and later), for a profiler that
// stands in for it. It is a name only: events come through an id of CallEvents' own.
class ProfilerPlace {
  public:
    ProfilerPlace() = default;
    ~ProfilerPlace() { leave(); }
    ProfilerPlace(const ProfilerPlace&) = delete;
    ProfilerPlace& operator=(const ProfilerPlace&) = delete;

    // False: ValueError is set, another tool has it. Always true on 3.11.
    [[nodiscard]] bool take();
    // Keeps a Python error that is set.
    void leave() noexcept;

  private:
    bool taken_ = false;
};

}  // namespace hone::cpython
