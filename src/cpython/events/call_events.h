// SPDX-License-Identifier: Apache-2.0
// The interpreter's announcements of calls, as a stream into a sink: sys.monitoring with native
// callbacks on 3.12 and later (one free tool id, so that debuggers, coverage and cProfile keep
// theirs), the C profile function on 3.11. Every thread announces, also one that starts later.
// A generator or coroutine is entered and left at each resumption.
// Threads: everything here happens under the GIL.
#pragma once

#include <Python.h>

#include <span>
#include <string>

#include "cpython/ref.h"

namespace hone::cpython {

// Told about calls. The objects are borrowed. Must not raise; may run Python code only where said.
class CallSink {
  public:
    virtual void python_enter(PyCodeObject* code) noexcept = 0;
    virtual void python_leave(PyCodeObject* code) noexcept = 0;
    // `function` is a PyCFunction or a method descriptor; see definition_of().
    virtual void native_enter_py(PyObject* function) noexcept = 0;
    virtual void native_leave(PyObject* function) noexcept = 0;

  protected:
    ~CallSink() = default;
};

// What stays the same for a native function however it was reached (bound, from its type, again).
[[nodiscard]] PyMethodDef* definition_of(PyObject* function) noexcept;
// `builtins.len`, `list.append`, `collections.deque.popleft`.
// Requires: definition_of(function) is not null. Keeps a Python error that is set.
[[nodiscard]] std::string native_name(PyObject* function);
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

    // Every call of every thread. False: a Python error is set (another tool is in the way).
    [[nodiscard]] bool start(CallSink& sink);
    // Only calls of and from these code objects, where the interpreter can tell (3.12 and later);
    // on 3.11 every call of the calling thread.
    [[nodiscard]] bool start_on(CallSink& sink, std::span<PyCodeObject* const> codes);
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

}  // namespace hone::cpython
