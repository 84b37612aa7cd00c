// SPDX-License-Identifier: Apache-2.0
// Signals are served by a handler of Python's kind, since what is told of them runs Python. Module
// _signal would show it, so the C functions behind two of its functions are others.
#include <Python.h>

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "cpython/endings.h"
#include "cpython/events/call_events.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

using Fast = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);

template <class To, class From>
To as(From function) {
    return reinterpret_cast<To>(reinterpret_cast<void (*)()>(function));
}

void (*tell)() noexcept = nullptr;
PyObject* handler = nullptr;  // as these three, never given back: the process ends first
PyObject* module_ = nullptr;  // _signal
Fast set_handler = nullptr;   // its own functions
PyCFunction get_handler = nullptr;
pid_t owner = 0;

Ref<> default_action() {
    return steal(PyLong_FromVoidPtr(as<void*>(SIG_DFL)));
}

PyObject* without_ours(PyObject* found) {
    if (found != handler) return found;
    Py_DECREF(found);
    return default_action().release();
}

PyObject* getsignal(PyObject* self, PyObject* number) {
    return without_ours(get_handler(self, number));
}

bool is_ending(PyObject* number) {
    if (!PyLong_CheckExact(number)) return false;
    int overflow = 0;
    const long value = PyLong_AsLongAndOverflow(number, &overflow);
    return overflow == 0 && std::ranges::count(kEndingSignals, value) != 0;
}

bool is_default(PyObject* action) {
    int overflow = 0;
    return PyLong_CheckExact(action) && PyLong_AsLongAndOverflow(action, &overflow) == 0 &&
           overflow == 0;
}

PyObject* signal(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    if (count == 2 && getpid() == owner && is_ending(arguments[0]) && is_default(arguments[1])) {
        PyObject* const ours[]{arguments[0], handler};
        return without_ours(set_handler(self, ours, count));
    }
    return without_ours(set_handler(self, arguments, count));
}

// Arguments: the signal's number, the frame.
PyObject* serve(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
    const int number = count == 2 ? static_cast<int>(PyLong_AsLong(arguments[0])) : -1;
    if (number < 0) return nullptr;
    tell();
    (void)PyOS_setsig(number, SIG_DFL);
    kill(getpid(), number);
    Py_RETURN_NONE;
}

bool replace(int from_ours, PyObject* number, const Ref<>& action) {
    const Ref<> now = steal(get_handler(module_, number));
    if (!now) return false;
    const bool applies = from_ours != 0 ? now.get() == handler : is_default(now.get());
    if (!applies) return true;
    PyObject* const arguments[]{number, action.get()};
    return static_cast<bool>(steal(set_handler(module_, arguments, 2)));
}

bool replace_all(int from_ours, const Ref<>& action) {
    return std::ranges::all_of(kEndingSignals, [&](int signal_number) {
        const Ref<> number = steal(PyLong_FromLong(signal_number));
        return number && replace(from_ours, number.get(), action);
    });
}

PyObject* leave_child(PyObject*, PyObject*) {
    return replace_all(1, default_action()) ? Py_NewRef(Py_None) : nullptr;
}

PyMethodDef served{"serve", as<PyCFunction>(serve), METH_FASTCALL, nullptr};
PyMethodDef left{"leave_child", leave_child, METH_NOARGS, nullptr};

// The C function that `name` stands for, and in its place another; null if it is called in a way
// that it never was so far.
PyCFunction stand_in(const char* name, int flags, PyCFunction fresh) {
    const Ref<> function = steal(PyObject_GetAttrString(module_, name));
    if (!function) return nullptr;
    PyMethodDef* const definition = definition_of(function.get());
    if (definition == nullptr || definition->ml_flags != flags) {
        PyErr_Format(PyExc_RuntimeError, "_signal.%s is not a function that is known", name);
        return nullptr;
    }
    return std::exchange(definition->ml_meth, fresh);
}

bool watch_forks() {
    const Ref<> posix = steal(PyImport_ImportModule("posix"));
    const Ref<> call =
        posix ? steal(PyObject_GetAttrString(posix.get(), "register_at_fork")) : Ref<>();
    const Ref<> named = steal(PyDict_New());
    const Ref<> function = steal(PyCFunction_New(&left, nullptr));
    const Ref<> nothing = steal(PyTuple_New(0));
    return call && named && function && nothing &&
           PyDict_SetItemString(named.get(), "after_in_child", function.get()) == 0 &&
           steal(PyObject_Call(call.get(), nothing.get(), named.get()));
}

bool hide() {
    const PyCFunction set = stand_in("signal", METH_FASTCALL, as<PyCFunction>(signal));
    if (set == nullptr) return false;
    set_handler = as<Fast>(set);
    get_handler = stand_in("getsignal", METH_O, getsignal);
    return get_handler != nullptr;
}

}  // namespace

bool tell_of_ending_signals(void (*told)() noexcept) {
    if (std::exchange(tell, told) != nullptr) return true;
    owner = getpid();
    module_ = PyImport_ImportModule("_signal");
    handler = PyCFunction_New(&served, nullptr);
    return module_ != nullptr && handler != nullptr && hide() && watch_forks() &&
           replace_all(0, own(handler));
}

}  // namespace hone::cpython
