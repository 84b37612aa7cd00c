// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/direct_calls.h"

#include "cpython/kept.h"
#include "cpython/layout.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

bool breaker_set(PyThreadState* thread) {
    const ir::Layout& layout = known_layout();
    const char* const place = layout.breaker_address != 0
                                  ? reinterpret_cast<const char*>(layout.breaker_address)
                                  : reinterpret_cast<const char*>(thread) + layout.breaker_offset;
    const bool wide = layout.breaker_mask >> 32 != 0;
    const std::uint64_t bits =
        wide ? __atomic_load_n(reinterpret_cast<const std::uint64_t*>(place), __ATOMIC_RELAXED)
             : __atomic_load_n(reinterpret_cast<const std::uint32_t*>(place), __ATOMIC_RELAXED);
    return (bits & layout.breaker_mask) != 0;
}

constexpr int kOtherParameters = CO_VARARGS | CO_VARKEYWORDS;

PyObject* init_name() {
    return PyUnicode_InternFromString("__init__");
}

// A class with an __init__, of which to learn what such classes have.
PyTypeObject* make_model() {
    Ref<> made = steal(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyType_Type), "s(){s:O}",
                                             "Model", "__init__", Py_None));
    return reinterpret_cast<PyTypeObject*>(made.release());
}

}  // namespace

bool free_to_call(PyThreadState* thread) noexcept {
    return !breaker_set(thread) && raw::recursion_left(thread) > 0;
}

void take_level(PyThreadState* thread) noexcept {
    --raw::recursion_left(thread);
}

Entry* entry_of_call(PyObject* function, std::int64_t count) noexcept {
    if (!PyFunction_Check(function)) return nullptr;
    auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
    if (code->co_argcount != count || code->co_kwonlyargcount != 0 ||
        (code->co_flags & kOtherParameters) != 0)
        return nullptr;
    return entry_in_constants(code);
}

bool is_plain_class(PyObject* type) noexcept {
    if (Py_TYPE(type) != &PyType_Type) return false;
    return init_of_class(reinterpret_cast<PyTypeObject*>(type)) != nullptr;
}

PyObject* init_of_class(PyTypeObject* type) noexcept {
    PyTypeObject* const model = kept<make_model>();
    PyObject* const name = kept<init_name>();
    if (model == nullptr || name == nullptr) {
        PyErr_Clear();
        return nullptr;
    }
    const bool plain = Py_TYPE(type) == &PyType_Type && type->tp_new == PyBaseObject_Type.tp_new &&
                       type->tp_init == model->tp_init &&
                       (type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) == 0;
    PyObject* const init = plain ? _PyType_Lookup(type, name) : nullptr;
    return init != nullptr && PyFunction_Check(init) ? init : nullptr;
}

PyObject* new_instance(PyTypeObject* type) noexcept {
    static PyObject* const nothing = PyTuple_New(0);
    if (raw::may_collect(raw::thread_now())) return nullptr;
    PyObject* const made = type->tp_new(type, nothing, nullptr);
    if (made == nullptr) PyErr_Clear();
    return made;
}

void raise_init_result(PyObject* result) noexcept {
    PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                 Py_TYPE(result)->tp_name);
}

}  // namespace hone::cpython
