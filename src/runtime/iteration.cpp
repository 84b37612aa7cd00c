// SPDX-License-Identifier: Apache-2.0
// Iteration and unpacking. Needs the GIL. Tested by tests/conform.
#include <Python.h>

#include <string>
#include <utility>

#include "cpython/ref.h"
#include "runtime/functions.h"
#include "runtime/interpreted.h"

namespace {

using hone::cpython::Ref;
using hone::cpython::steal;

constexpr std::int64_t kNoStar = -1;

// def f(x): a0, …, a(before-1), *r, b0, … = x; without the star when after is kNoStar.
void raise_unpack(PyObject* x, std::int64_t before, std::int64_t after) noexcept {
    std::string source = "def f(x):\n [";
    for (std::int64_t i = 0; i < before; ++i) source += 'a' + std::to_string(i) + ',';
    if (after != kNoStar) source += "*r,";
    for (std::int64_t i = 0; i < after; ++i) source += 'b' + std::to_string(i) + ',';
    source += "] = x\n";
    hone::runtime::raise_interpreted(source, {x});
}

// The iterator of what is unpacked, or null with the error that unpacking raises.
Ref<> iterator_of(PyObject* a, std::int64_t before, std::int64_t after) noexcept {
    PyObject* iterator = PyObject_GetIter(a);
    if (iterator == nullptr && PyErr_ExceptionMatches(PyExc_TypeError) &&
        hone::runtime::never_iterable(a))
        raise_unpack(a, before, after);
    return steal(iterator);
}

// A tuple to be filled while Python code may run; hidden from the collector, hence from that code.
Ref<> hidden_tuple(Py_ssize_t n) noexcept {
    PyObject* tuple = PyTuple_New(n);
    if (tuple != nullptr && n != 0) PyObject_GC_UnTrack(tuple);
    return steal(tuple);
}
PyObject* show(Ref<> tuple) noexcept {
    if (PyTuple_GET_SIZE(tuple.get()) != 0) PyObject_GC_Track(tuple.get());
    return tuple.release();
}

// Takes `wanted` items into the head of the tuple; too few is an error, told by a tuple of those
// there were.
bool take(PyObject* iterator, PyObject* tuple, std::int64_t wanted, std::int64_t after) noexcept {
    for (std::int64_t i = 0; i < wanted; ++i) {
        PyObject* item = PyIter_Next(iterator);
        if (item == nullptr) {
            Ref<> got = steal(PyErr_Occurred() ? nullptr : PyTuple_GetSlice(tuple, 0, i));
            if (got) raise_unpack(got.get(), wanted, after);
            return false;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return true;
}

// Too many items. Some versions say how many where an exact built-in has a length; for anything
// else an iterator over one item too many stands in.
void raise_too_many(PyObject* a, std::int64_t n) noexcept {
    if (PyList_CheckExact(a) || PyTuple_CheckExact(a) || PyDict_CheckExact(a))
        return raise_unpack(a, n, kNoStar);
    Ref<> nones = steal(PyTuple_New(n + 1));
    if (!nones) return;
    for (std::int64_t i = 0; i <= n; ++i) PyTuple_SET_ITEM(nones.get(), i, Py_NewRef(Py_None));
    Ref<> iterator = steal(PyObject_GetIter(nones.get()));
    if (iterator) raise_unpack(iterator.get(), n, kNoStar);
}

// The last `after` items of a list move to the end of the tuple, in order.
void move_tail(PyObject* list, PyObject* tuple, std::int64_t after) noexcept {
    const Py_ssize_t keep = PyList_GET_SIZE(list) - after, to = PyTuple_GET_SIZE(tuple) - after;
    for (std::int64_t i = 0; i < after; ++i)
        PyTuple_SET_ITEM(tuple, to + i, PyList_GET_ITEM(list, keep + i));
    Py_SET_SIZE(reinterpret_cast<PyListObject*>(list), keep);
}

}  // namespace

extern "C" {

hone_obj* hone_rt_get_iter(hone_obj* a) noexcept {
    return PyObject_GetIter(a);
}

hone_obj* hone_rt_iter_next(hone_obj* iterator) noexcept {
    return Py_TYPE(iterator)->tp_iternext(iterator);
}

std::int64_t hone_rt_iter_failed() noexcept {
    if (!PyErr_Occurred()) return 0;
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return -1;
    PyErr_Clear();
    return 0;
}

hone_obj* hone_rt_unpack(hone_obj* a, std::int64_t n) noexcept {
    if (PyTuple_CheckExact(a) && PyTuple_GET_SIZE(a) == n) return Py_NewRef(a);
    if (PyList_CheckExact(a) && PyList_GET_SIZE(a) == n) return PyList_AsTuple(a);
    Ref<> iterator = iterator_of(a, n, kNoStar);
    if (!iterator) return nullptr;
    Ref<> tuple = hidden_tuple(n);
    if (!tuple || !take(iterator.get(), tuple.get(), n, kNoStar)) return nullptr;
    Ref<> extra = steal(PyIter_Next(iterator.get()));
    if (extra) raise_too_many(a, n);
    return extra || PyErr_Occurred() ? nullptr : show(std::move(tuple));
}

hone_obj* hone_rt_unpack_star(hone_obj* a, std::int64_t before, std::int64_t after) noexcept {
    Ref<> iterator = iterator_of(a, before, after);
    if (!iterator) return nullptr;
    Ref<> tuple = hidden_tuple(before + 1 + after);
    if (!tuple || !take(iterator.get(), tuple.get(), before, after)) return nullptr;
    Ref<> rest = steal(PySequence_List(iterator.get()));
    if (!rest) return nullptr;
    if (PyList_GET_SIZE(rest.get()) < after) {
        Ref<> head = steal(PyTuple_GetSlice(tuple.get(), 0, before));
        Ref<> tail = steal(head ? PyList_AsTuple(rest.get()) : nullptr);
        Ref<> got = steal(tail ? PySequence_Concat(head.get(), tail.get()) : nullptr);
        if (got) raise_unpack(got.get(), before, after);
        return nullptr;
    }
    move_tail(rest.get(), tuple.get(), after);
    PyTuple_SET_ITEM(tuple.get(), before, rest.release());
    return show(std::move(tuple));
}
}
