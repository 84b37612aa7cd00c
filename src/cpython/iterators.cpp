// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/iterators.h"

#include "cpython/kept.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

Ref<> call_with(PyTypeObject& type, PyObject* a, PyObject* b = nullptr) {
    return steal(PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(&type), a, b, nullptr));
}

bool sequence_iterator_as_expected(PyObject* sequence) {
    Ref<> iterator = steal(PyObject_GetIter(sequence));
    Ref<> item = steal(PyIter_Next(iterator.get()));
    return as_sequence_iterator(iterator.get())->index == 1 &&
           as_sequence_iterator(iterator.get())->sequence == sequence;
}

bool range_iterator_as_expected() {
    if (PyRangeIter_Type.tp_basicsize != sizeof(raw::RangeIterator)) return false;
    auto* iterator = PyObject_New(raw::RangeIterator, &PyRangeIter_Type);
    raw::set_range(iterator, 5, -2, 4);
    Ref<> owned = steal(reinterpret_cast<PyObject*>(iterator));
    Ref<> first = steal(PyIter_Next(owned.get()));
    const raw::RangeState state = raw::get_range(iterator);
    Ref<> list = steal(PySequence_List(owned.get()));
    Ref<> expected = steal(Py_BuildValue("[iii]", 3, 1, -1));
    return state.next == 3 && state.left == 3 && state.step == -2 && list &&
           PyObject_RichCompareBool(list.get(), expected.get(), Py_EQ) == 1;
}

bool reversed_as_expected(PyObject* list) {
    Ref<> reversed = call_with(PyReversed_Type, list);
    return reversed && as_sequence_iterator(reversed.get())->index == 1 &&
           as_sequence_iterator(reversed.get())->sequence == list;
}

bool enumerate_as_expected(PyObject* list) {
    Ref<> inner = steal(PyObject_GetIter(list));
    Ref<> iterator = call_with(PyEnum_Type, inner.get());
    Ref<> item = steal(iterator ? PyIter_Next(iterator.get()) : nullptr);
    if (!item) return false;
    const EnumerateIterator* parts = as_enumerate(iterator.get());
    return parts->index == 1 && parts->iterator == inner.get() && parts->long_index == nullptr;
}

bool zip_as_expected(PyObject* list) {
    Ref<> inner = steal(PyObject_GetIter(list));
    Ref<> iterator = call_with(PyZip_Type, inner.get(), list);
    if (!iterator) return false;
    const ZipIterator* parts = as_zip(iterator.get());
    return parts->size == 2 && PyTuple_CheckExact(parts->iterators) && parts->strict == 0 &&
           PyTuple_GET_ITEM(parts->iterators, 0) == inner.get();
}

PyTypeObject* find_list_reverse_iterator_type() {
    Ref<> list = steal(PyList_New(0));
    Ref<> iterator = call_with(PyReversed_Type, list.get());
    return iterator ? Py_TYPE(iterator.get()) : nullptr;
}

}  // namespace

PyTypeObject* list_reverse_iterator_type() noexcept {
    return kept<find_list_reverse_iterator_type>();
}

bool iterators_as_expected() {
    Ref<> list = steal(Py_BuildValue("[ii]", 1, 2));
    Ref<> tuple = steal(Py_BuildValue("(ii)", 1, 2));
    return list && tuple && sequence_iterator_as_expected(list.get()) &&
           sequence_iterator_as_expected(tuple.get()) && range_iterator_as_expected() &&
           reversed_as_expected(list.get()) && enumerate_as_expected(list.get()) &&
           zip_as_expected(list.get());
}

}  // namespace hone::cpython
