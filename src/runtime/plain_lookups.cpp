// SPDX-License-Identifier: Apache-2.0
// The fast ways of subscripts and membership tests: exact builtin containers, plain keys. Compiled
// code tries them before it writes the frame. They decline (NULL, -1) and change nothing where
// Python code might run or an error would be raised; then the general operation is done.
// Needs the GIL. Tested by tests/conform.
#include <Python.h>

#include "cpython/portable.h"
#include "cpython/ref.h"
#include "runtime/functions.h"
#include "runtime/quiet.h"

namespace {

using namespace hone::cpython;
using hone::runtime::dies_quietly;
using hone::runtime::is_plain;
using hone::runtime::is_plain_key;

struct Found {
    bool known = false;         // false: not told without running Python code
    PyObject* value = nullptr;  // borrowed; null: absent
};

// By general keys. Only an entry whose key has the same hash is compared; if that key is not
// plain, comparing might run its __eq__.
Found probe_general(PyObject* dict, PyObject* key) noexcept {
    const Py_hash_t hash = PyObject_Hash(key);
    DictProbe probe(dict_keys(dict), hash);
    while (const GeneralEntry* const entry = probe.next()) {
        if (entry->key == key) return {true, entry->value};
        if (entry->hash != hash) continue;
        if (!is_plain_key(entry->key)) return {};
        if (PyObject_RichCompareBool(entry->key, key, Py_EQ) == 1) return {true, entry->value};
    }
    return {true, nullptr};
}

Found find_plain(PyObject* dict, PyObject* key) noexcept {
    if (dict_has_str_keys(dict)) {
        if (PyUnicode_CheckExact(key)) return {true, plain_dict_value(dict, key)};
        return {is_plain_key(key), nullptr};  // no number or tuple equals a str
    }
    return is_plain_key(key) ? probe_general(dict, key) : Found{};
}

// Index into a sequence of n items, from the end if negative; -1: out of range or no exact int.
Py_ssize_t plain_index(PyObject* index, Py_ssize_t n) noexcept {
    if (!PyLong_CheckExact(index)) return -1;
    int overflow = 0;
    const long long at = PyLong_AsLongLongAndOverflow(index, &overflow);
    if (overflow != 0) return -1;
    const long long from_start = at < 0 ? at + n : at;
    return from_start >= 0 && from_start < n ? static_cast<Py_ssize_t>(from_start) : -1;
}

std::int64_t contains_plain(PyObject* const* items, Py_ssize_t n, PyObject* item) noexcept {
    if (!is_plain(item)) return -1;
    for (Py_ssize_t i = 0; i < n; ++i) {
        if (items[i] == item) return 1;
        if (!is_plain(items[i])) return -1;
        if (PyObject_RichCompareBool(items[i], item, Py_EQ) == 1) return 1;
    }
    return 0;
}

}  // namespace

extern "C" {

hone_obj* hone_rt_get_item_plain(hone_obj* a, hone_obj* i) noexcept {
    PyTypeObject* const type = Py_TYPE(a);
    if (type == &PyDict_Type) return Py_XNewRef(find_plain(a, i).value);
    if (type == &PyList_Type) {
        const Py_ssize_t at = plain_index(i, PyList_GET_SIZE(a));
        return at >= 0 ? Py_NewRef(PyList_GET_ITEM(a, at)) : nullptr;
    }
    if (type == &PyTuple_Type) {
        const Py_ssize_t at = plain_index(i, PyTuple_GET_SIZE(a));
        return at >= 0 ? Py_NewRef(PyTuple_GET_ITEM(a, at)) : nullptr;
    }
    return nullptr;
}

std::int64_t hone_rt_set_item_plain(hone_obj* a, hone_obj* i, hone_obj* v) noexcept {
    if (PyList_CheckExact(a)) {
        const Py_ssize_t at = plain_index(i, PyList_GET_SIZE(a));
        if (at < 0 || !dies_quietly(PyList_GET_ITEM(a, at))) return -1;
        PyObject* const old = PyList_GET_ITEM(a, at);
        PyList_SET_ITEM(a, at, Py_NewRef(v));
        Py_DECREF(old);
        return 0;
    }
    if (!PyDict_CheckExact(a)) return -1;
    const Found found = find_plain(a, i);
    if (!found.known || (found.value != nullptr && !dies_quietly(found.value))) return -1;
    if (PyDict_SetItem(a, i, v) == 0) return 0;
    PyErr_Clear();  // out of memory: the general way says so
    return -1;
}

std::int64_t hone_rt_contains_plain(hone_obj* container, hone_obj* item) noexcept {
    PyTypeObject* const type = Py_TYPE(container);
    if (type == &PyDict_Type) {
        const Found found = find_plain(container, item);
        return !found.known ? -1 : found.value != nullptr ? 1 : 0;
    }
    if (type == &PyUnicode_Type)
        return PyUnicode_CheckExact(item) ? PyUnicode_Contains(container, item) : -1;
    if (type == &PyTuple_Type)
        return contains_plain(&PyTuple_GET_ITEM(container, 0), PyTuple_GET_SIZE(container), item);
    if (type == &PyList_Type)
        return contains_plain(reinterpret_cast<PyListObject*>(container)->ob_item,
                              PyList_GET_SIZE(container), item);
    return -1;
}

std::int64_t hone_rt_length_quick(hone_obj* a) noexcept {
    PyTypeObject* const type = Py_TYPE(a);
    const bool plain = type == &PyList_Type || type == &PyTuple_Type || type == &PyDict_Type ||
                       type == &PyUnicode_Type || type == &PySet_Type || type == &PyBytes_Type;
    return plain ? PyObject_Size(a) : -1;
}
}
