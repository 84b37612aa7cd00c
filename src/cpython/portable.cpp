// SPDX-License-Identifier: Apache-2.0
// The cold half of portable.h, and the proof that its offsets are those of the CPython this is
// compiled for. Needs the GIL.
#define Py_BUILD_CORE 1
#include <Python.h>

#undef HAVE_STD_ATOMIC  // 3.11's and 3.12's headers take C's atomics, which C++23 has not; GCC's
                        // own serve as well

#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe.h>
#include <internal/pycore_stackref.h>
#endif
#include <internal/pycore_object.h>

#include "cpython/portable.h"

extern "C" {
#if PY_VERSION_HEX >= 0x030d0000
PyAPI_FUNC(int) _PySet_Update(PyObject* set, PyObject* iterable);
PyAPI_FUNC(PyObject*)
    _PyUnicode_JoinArray(PyObject* separator, PyObject* const* items, Py_ssize_t length);
PyAPI_FUNC(void) _PyFunction_SetVersion(PyFunctionObject* function, std::uint32_t version);
#if PY_VERSION_HEX < 0x030f0000
PyAPI_FUNC(int) _PyDict_MergeEx(PyObject* dict, PyObject* other, int override);
PyAPI_FUNC(void)
    _PyEval_FormatKwargsError(PyThreadState* thread, PyObject* function, PyObject* kwargs);
#else
PyAPI_FUNC(int) _PyDict_MergeUniq(PyObject* dict, PyObject* other, PyObject** duplicate);
PyAPI_FUNC(void) _PyEval_FormatKwargsError(PyThreadState* thread, PyObject* function,
                                           PyObject* kwargs, PyObject* duplicate);
#endif
#endif
#if PY_VERSION_HEX >= 0x030e0000
PyAPI_FUNC(PyObject*) _PyTuple_FromArray(PyObject* const* items, Py_ssize_t n);
PyAPI_FUNC(void) _PyEval_LoadGlobalStackRef(PyObject* globals, PyObject* builtins, PyObject* name,
                                            _PyStackRef* writeto);
#endif
}

namespace hone::cpython {
namespace {

static_assert(kFrameGlobals == offsetof(_PyInterpreterFrame, f_globals));
static_assert(kFrameBuiltins == offsetof(_PyInterpreterFrame, f_builtins));
static_assert(offsetof(DictKeys, log2_index_bytes) ==
              offsetof(_dictkeysobject, dk_log2_index_bytes));
static_assert(offsetof(DictKeys, kind) == offsetof(_dictkeysobject, dk_kind));
static_assert(offsetof(DictKeys, nentries) == offsetof(_dictkeysobject, dk_nentries));
static_assert(offsetof(DictKeys, indices) == offsetof(_dictkeysobject, dk_indices));
static_assert(sizeof(UnicodeEntry) == sizeof(PyDictUnicodeEntry));
static_assert(offsetof(UnicodeEntry, value) == offsetof(PyDictUnicodeEntry, me_value));
static_assert(kKeysGeneral == DICT_KEYS_GENERAL);
static_assert(sizeof(GeneralEntry) == sizeof(PyDictKeyEntry));
static_assert(offsetof(GeneralEntry, key) == offsetof(PyDictKeyEntry, me_key));
static_assert(offsetof(GeneralEntry, value) == offsetof(PyDictKeyEntry, me_value));
static_assert(offsetof(DictKeys, log2_size) == offsetof(_dictkeysobject, dk_log2_size));
#if PY_VERSION_HEX >= 0x030d0000
static_assert(offsetof(_dictvalues, capacity) == 0 && offsetof(_dictvalues, size) == 1);
static_assert(offsetof(_dictvalues, valid) == kValuesValid);
static_assert(kValuesHeader == offsetof(_dictvalues, values));
static_assert(kDictWord == MANAGED_DICT_OFFSET);
#elif PY_VERSION_HEX < 0x030c0000
static_assert(kDictWord == MANAGED_DICT_OFFSET);
#endif

#if PY_VERSION_HEX < 0x030d0000
bool all_strings(PyObject* const* pairs, Py_ssize_t n) noexcept {
    for (Py_ssize_t i = 0; i < n; ++i)
        if (!PyUnicode_CheckExact(pairs[2 * i])) return false;
    return true;
}
#endif

#if PY_VERSION_HEX < 0x030d0000
// The key of the KeyError that a merge with a duplicate raises, new; null for any other KeyError.
PyObject* duplicate_key() noexcept {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
#if PY_VERSION_HEX >= 0x030c0000
    PyObject* args = reinterpret_cast<PyBaseExceptionObject*>(value)->args;
#else
    PyObject* args = value;  // not yet made into an exception, as Python code would have done
#endif
    PyObject* key = nullptr;
    if (args != nullptr && PyTuple_Check(args) && PyTuple_GET_SIZE(args) == 1)
        key = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    PyErr_Restore(type, value, traceback);
    return key;
}

// The errors of f(**other), whose texts are in the bytecode loop of these versions alone.
void format_keywords_error(PyObject* callable, PyObject* other) noexcept {
    const bool no_mapping = PyErr_ExceptionMatches(PyExc_AttributeError) != 0;
    PyObject* key =
        !no_mapping && PyErr_ExceptionMatches(PyExc_KeyError) ? duplicate_key() : nullptr;
    if (!no_mapping && key == nullptr) return;
    PyErr_Clear();
    if (PyObject* name = _PyObject_FunctionStr(callable); name != nullptr) {
        if (no_mapping)
            PyErr_Format(PyExc_TypeError, "%U argument after ** must be a mapping, not %.200s",
                         name, Py_TYPE(other)->tp_name);
        else
            PyErr_Format(PyExc_TypeError, "%U got multiple values for keyword argument '%S'", name,
                         key);
        Py_DECREF(name);
    }
    Py_XDECREF(key);
}
#endif

#if PY_VERSION_HEX < 0x030e0000
// A new reference; null without an error where the name is missing.
PyObject* look_up(PyObject* names, PyObject* name) noexcept {
    if (PyDict_CheckExact(names)) return Py_XNewRef(PyDict_GetItemWithError(names, name));
    PyObject* value = PyObject_GetItem(names, name);
    if (value == nullptr && PyErr_ExceptionMatches(PyExc_KeyError)) PyErr_Clear();
    return value;
}
#endif

}  // namespace

PyObject* tuple_of(PyObject* const* items, Py_ssize_t n) noexcept {
#if PY_VERSION_HEX >= 0x030f0000
    return PyTuple_FromArray(items, n);
#elif PY_VERSION_HEX >= 0x030e0000
    return _PyTuple_FromArray(items, n);
#else
    PyObject* const tuple = PyTuple_New(n);
    if (tuple == nullptr) return nullptr;
    for (Py_ssize_t i = 0; i < n; ++i) PyTuple_SET_ITEM(tuple, i, Py_NewRef(items[i]));
    return tuple;
#endif
}

Py_ssize_t key_index(DictKeys* keys, PyObject* name, Py_ssize_t limit) noexcept {
    if (keys == nullptr || keys->kind == kKeysGeneral) return -1;
    const UnicodeEntry* entries = unicode_entries(keys);
    const Py_ssize_t n = keys->nentries < limit ? keys->nentries : limit;
    for (Py_ssize_t i = 0; i < n; ++i)
        if (entries[i].key == name) return i;
    return -1;
}

std::uint32_t assign_type_version(PyTypeObject* type) noexcept {
#if PY_VERSION_HEX >= 0x030c0000
    if (PyUnstable_Type_AssignVersionTag(type) == 0) return 0;
    return type_version(type);
#else
    // 3.11 gives versions out when an attribute is looked up, and takes the flag away with them.
    return (type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG) != 0 ? type_version(type) : 0;
#endif
}

PyObject* lookup_in_type(PyTypeObject* type, PyObject* name) noexcept {
    return _PyType_Lookup(type, name);
}

int find_method(PyObject* o, PyObject* name, PyObject** method) noexcept {
    return _PyObject_GetMethod(o, name, method);
}

int extend_list(PyObject* list, PyObject* iterable) noexcept {
#if PY_VERSION_HEX >= 0x030d0000
    return PyList_Extend(list, iterable);
#else
    PyObject* none = _PyList_Extend(reinterpret_cast<PyListObject*>(list), iterable);
    if (none == nullptr) return -1;
    Py_DECREF(none);
    return 0;
#endif
}

int update_set(PyObject* set, PyObject* iterable) noexcept {
    return _PySet_Update(set, iterable);
}

bool is_mapping_error(PyObject* other) noexcept {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return false;
#if PY_VERSION_HEX >= 0x030f0000
    PyObject* error = PyErr_GetRaisedException();
    const int has_keys = PyObject_HasAttrStringWithError(other, "keys");
    if (has_keys == 0) {
        Py_DECREF(error);
        return true;
    }
    if (has_keys < 0) PyErr_Clear();
    PyErr_SetRaisedException(error);
    return false;
#else
    static_cast<void>(other);
    return true;
#endif
}

int merge_keywords(PyObject* dict, PyObject* other, PyObject* callable) noexcept {
#if PY_VERSION_HEX >= 0x030f0000
    PyObject* duplicate = nullptr;
    const int status = _PyDict_MergeUniq(dict, other, &duplicate);
    if (status < 0) _PyEval_FormatKwargsError(PyThreadState_Get(), callable, other, duplicate);
    Py_XDECREF(duplicate);
    return status < 0 ? -1 : 0;
#else
    constexpr int kRaiseOnDuplicate = 2;
    if (_PyDict_MergeEx(dict, other, kRaiseOnDuplicate) == 0) return 0;
#if PY_VERSION_HEX >= 0x030d0000
    _PyEval_FormatKwargsError(PyThreadState_Get(), callable, other);
#else
    format_keywords_error(callable, other);
#endif
    return -1;
#endif
}

PyObject* dict_of_pairs(PyObject* const* pairs, Py_ssize_t n) noexcept {
#if PY_VERSION_HEX >= 0x030d0000
    return _PyDict_FromItems(pairs, 2, pairs + 1, 2, n);
#else
    // A presized dict of these versions takes keys of any kind, which is BUILD_MAP's choice only
    // when some key is no string.
    constexpr Py_ssize_t kSmallest = 5;
    PyObject* dict =
        n <= kSmallest || all_strings(pairs, n) ? PyDict_New() : _PyDict_NewPresized(n);
    if (dict == nullptr) return nullptr;
    for (Py_ssize_t i = 0; i < n; ++i) {
        if (PyDict_SetItem(dict, pairs[2 * i], pairs[2 * i + 1]) < 0) {
            Py_DECREF(dict);
            return nullptr;
        }
    }
    return dict;
#endif
}

PyObject* join_strings(PyObject* const* items, Py_ssize_t n) noexcept {
    static PyObject* const empty = PyUnicode_New(0, 0);
    return _PyUnicode_JoinArray(empty, items, n);
}

PyObject* new_function(PyObject* code, PyObject* globals) noexcept {
    PyObject* function = PyFunction_New(code, globals);
#if PY_VERSION_HEX >= 0x030d0000
    if (function != nullptr)
        _PyFunction_SetVersion(reinterpret_cast<PyFunctionObject*>(function),
                               reinterpret_cast<PyCodeObject*>(code)->co_version);
#elif PY_VERSION_HEX >= 0x030c0000
    if (function != nullptr)
        reinterpret_cast<PyFunctionObject*>(function)->func_version =
            reinterpret_cast<PyCodeObject*>(code)->co_version;
#endif
    return function;
}

bool set_function_part(PyObject* function, int which, PyObject* value) noexcept {
    auto* f = reinterpret_cast<PyFunctionObject*>(function);
    PyObject** place = nullptr;
    switch (which) {
        case 1:
            place = &f->func_defaults;
            break;
        case 2:
            place = &f->func_kwdefaults;
            break;
        case 4:
            place = &f->func_annotations;
            break;
        case 8:
            place = &f->func_closure;
            break;
#if PY_VERSION_HEX >= 0x030e0000
        case 16:
            place = &f->func_annotate;
            break;
#endif
        default:
            return false;
    }
    Py_XSETREF(*place, Py_NewRef(value));
    return true;
}

Py_ssize_t list_capacity_for(Py_ssize_t n) noexcept {
    return n + (n & 1);
}

PyObject* find_global(PyObject* globals, PyObject* builtins, PyObject* name) noexcept {
#if PY_VERSION_HEX >= 0x030e0000
    _PyStackRef found = PyStackRef_NULL;
    _PyEval_LoadGlobalStackRef(globals, builtins, name, &found);
    return PyStackRef_IsNull(found) ? nullptr : PyStackRef_AsPyObjectSteal(found);
#else
    PyObject* value = look_up(globals, name);
    return value != nullptr || PyErr_Occurred() ? value : look_up(builtins, name);
#endif
}

PyObject* take_exception() noexcept {
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) PyException_SetTraceback(value, traceback);
    Py_XDECREF(traceback);
    Py_XDECREF(type);
    return value;
#endif
}

void forget_traceback() noexcept {
#if PY_VERSION_HEX >= 0x030c0000
    PyObject* error = PyErr_GetRaisedException();
    if (error == nullptr) return;
    if (PyException_SetTraceback(error, Py_None) < 0) PyErr_Clear();
    PyErr_SetRaisedException(error);
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_XDECREF(traceback);
    PyErr_Restore(type, value, nullptr);
#endif
}

}  // namespace hone::cpython
