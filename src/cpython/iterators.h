// SPDX-License-Identifier: Apache-2.0
// The insides of builtin iterators that are written or taken apart. They begin so in all versions
// (listobject.c, tupleobject.c, enumobject.c, bltinmodule.c) but stand in no header of 3.11;
// iterators_as_expected() checks them on real objects. To be included after private.h only.
#pragma once

#include <Python.h>

namespace hone::cpython {

// Iterators of list and tuple, list_reverseiterator.
struct SequenceIterator {
    PyObject_HEAD Py_ssize_t index;
    PyObject* sequence;
};
struct EnumerateIterator {
    PyObject_HEAD Py_ssize_t index;
    PyObject* iterator;
    PyObject* last;
    PyObject* long_index;
};
struct ZipIterator {
    PyObject_HEAD Py_ssize_t size;
    PyObject* iterators;  // tuple
    PyObject* last;
    int strict;
};

inline SequenceIterator* as_sequence_iterator(PyObject* object) {
    return reinterpret_cast<SequenceIterator*>(object);
}
inline EnumerateIterator* as_enumerate(PyObject* object) {
    return reinterpret_cast<EnumerateIterator*>(object);
}
inline ZipIterator* as_zip(PyObject* object) {
    return reinterpret_cast<ZipIterator*>(object);
}

[[nodiscard]] PyTypeObject* list_reverse_iterator_type() noexcept;

// Checks the layout of the iterators on real ones.
[[nodiscard]] bool iterators_as_expected();

}  // namespace hone::cpython
