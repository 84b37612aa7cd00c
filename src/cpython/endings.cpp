// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "cpython/endings.h"

#include <cstddef>
#include <utility>

#include "cpython/events/call_events.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

void (*tell)() noexcept = nullptr;
std::array<PyCFunction, kEndings.size()> originals{};

template <class To, class From>
To as(From function) {
    return reinterpret_cast<To>(reinterpret_cast<void (*)()>(function));
}

// One stand-in for each ending and each way in which CPython calls C functions.
template <std::size_t I>
struct StandIn {
    static PyObject* one(PyObject* self, PyObject* argument) {
        tell();
        return originals[I](self, argument);
    }
    static PyObject* fast(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
        tell();
        using Fast = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);
        return as<Fast>(originals[I])(self, arguments, count);
    }
    static PyObject* fast_keywords(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                                   PyObject* names) {
        tell();
        using Fast = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);
        return as<Fast>(originals[I])(self, arguments, count, names);
    }
    // Null: a way that none of them has had so far.
    static PyCFunction called(int flags) {
        switch (flags) {
            case METH_NOARGS:
            case METH_O:
                return one;
            case METH_FASTCALL:
                return as<PyCFunction>(fast);
            case METH_FASTCALL | METH_KEYWORDS:
                return as<PyCFunction>(fast_keywords);
            default:
                return nullptr;
        }
    }
};

template <std::size_t I>
bool stand_in(PyObject* posix) {
    const Ref<> function = steal(PyObject_GetAttrString(posix, kEndings[I]));
    if (!function) return false;
    PyMethodDef* const definition = definition_of(function.get());
    const PyCFunction fresh =
        definition != nullptr ? StandIn<I>::called(definition->ml_flags) : nullptr;
    if (fresh == nullptr) {
        PyErr_Format(PyExc_RuntimeError, "posix.%s is not a function that is known", kEndings[I]);
        return false;
    }
    originals[I] = std::exchange(definition->ml_meth, fresh);
    return true;
}

}  // namespace

bool tell_of_endings(void (*told)() noexcept) {
    if (std::exchange(tell, told) != nullptr) return true;
    const Ref<> posix = steal(PyImport_ImportModule("posix"));
    if (!posix) return false;
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (stand_in<I>(posix.get()) && ...);
    }(std::make_index_sequence<kEndings.size()>());
}

}  // namespace hone::cpython
