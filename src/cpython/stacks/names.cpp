// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "cpython/stacks/names.h"

#include "cpython/late_frames.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

// A subclass's own __getattribute__ is not asked.
Ref<> name_of(PyObject* thread) {
    const Ref<> attribute = steal(PyUnicode_InternFromString("_name"));
    return attribute ? steal(PyObject_GenericGetAttr(thread, attribute.get())) : Ref<>{};
}

}  // namespace

std::vector<std::pair<std::uint64_t, std::string>> names_of_threads() {
    std::vector<std::pair<std::uint64_t, std::string>> names;
    const ErrorAside aside;
    PyObject* const modules = PyImport_GetModuleDict();  // borrowed, like the next
    PyObject* const threading = PyDict_GetItemString(modules, "threading");
    if (threading == nullptr || !PyModule_Check(threading)) return names;
    PyObject* const active = PyDict_GetItemString(PyModule_GetDict(threading), "_active");
    if (active == nullptr || !PyDict_Check(active)) return names;
    PyObject *identifier = nullptr, *thread = nullptr;
    for (Py_ssize_t at = 0; PyDict_Next(active, &at, &identifier, &thread);) {
        const std::uint64_t number = PyLong_AsUnsignedLong(identifier);
        const Ref<> name = name_of(thread);
        const char* const text =
            name && PyUnicode_Check(name.get()) ? PyUnicode_AsUTF8(name.get()) : nullptr;
        if (text != nullptr) names.emplace_back(number, text);
        PyErr_Clear();
    }
    return names;
}

}  // namespace hone::cpython
