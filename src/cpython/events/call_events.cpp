// SPDX-License-Identifier: Apache-2.0
// Native functions as call events show them: what identifies one, what it is called, what keeps
// its definition alive.
#include "cpython/events/call_events.h"

namespace hone::cpython {

namespace {

std::string text_of(PyObject* text) {
    if (text == nullptr || !PyUnicode_Check(text)) return {};
    Py_ssize_t length = 0;
    const char* characters = PyUnicode_AsUTF8AndSize(text, &length);
    if (characters != nullptr) return {characters, static_cast<std::size_t>(length)};
    PyErr_Clear();  // lone surrogates
    return {};
}

bool belongs_to_module(PyObject* self) {
    return self == nullptr || PyModule_Check(self) || PyCapsule_CheckExact(self);
}

// The class in whose body the method stands: the type of the instance or one of its bases.
PyTypeObject* defining_type(PyTypeObject* type, const PyMethodDef* definition) {
    const Ref<> name = steal(PyUnicode_InternFromString(definition->ml_name));
    if (!name) {
        PyErr_Clear();
        return type;
    }
    PyObject* found = _PyType_Lookup(type, name.get());
    return found != nullptr && definition_of(found) == definition ? PyDescr_TYPE(found) : type;
}

std::string qualifier_of(PyObject* function) {
    if (!PyCFunction_Check(function)) return PyDescr_TYPE(function)->tp_name;
    const auto* builtin = reinterpret_cast<PyCFunctionObject*>(function);
    PyObject* self = builtin->m_self;
    if (belongs_to_module(self)) return text_of(builtin->m_module);
    if (PyType_Check(self)) return reinterpret_cast<PyTypeObject*>(self)->tp_name;
    return defining_type(Py_TYPE(self), builtin->m_ml)->tp_name;
}

bool is_native_method(PyObject* object) {
    return PyCFunction_Check(object) || Py_IS_TYPE(object, &PyMethodDescr_Type) ||
           Py_IS_TYPE(object, &PyClassMethodDescr_Type);
}

// What the type has under this name, if it is native (so that its repr() runs no code of the
// user's); else the native method below it that has this definition. Borrowed, or null.
PyObject* method_on(PyTypeObject* type, PyObject* name, const PyMethodDef* definition) {
    PyObject* found = _PyType_Lookup(type, name);
    if (found == nullptr || is_native_method(found)) return found;
    PyObject* order = type->tp_mro;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(order); ++i) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(order, i));
        found = _PyType_Lookup(base, name);
        if (found != nullptr && definition_of(found) == definition) return found;
    }
    return nullptr;
}

Ref<> label_of_free_function(const PyCFunctionObject* function) {
    PyObject* module = function->m_module;
    const char* name = function->m_ml->ml_name;
    Ref<> text;
    if (module != nullptr && PyUnicode_Check(module)) text = own(module);
    if (module != nullptr && PyModule_Check(module)) text = steal(PyModule_GetNameObject(module));
    PyErr_Clear();
    if (!text || PyUnicode_CompareWithASCIIString(text.get(), "builtins") == 0)
        return steal(PyUnicode_FromFormat("<%s>", name));
    return steal(PyUnicode_FromFormat("<%U.%s>", text.get(), name));
}

}  // namespace

std::string native_name(PyObject* function) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    std::string name = qualifier_of(function);
    PyErr_Restore(type, value, traceback);
    if (!name.empty()) name += '.';
    return name + definition_of(function)->ml_name;
}

Ref<> native_label(PyObject* function) {
    if (!PyCFunction_Check(function)) return steal(PyObject_Repr(function));
    const auto* builtin = reinterpret_cast<PyCFunctionObject*>(function);
    const char* name = builtin->m_ml->ml_name;
    PyObject* self = builtin->m_self;
    if (self == nullptr) return label_of_free_function(builtin);
    const Ref<> key = steal(PyUnicode_FromString(name));
    if (!key) return {};
    PyObject* found = method_on(Py_TYPE(self), key.get(), builtin->m_ml);
    if (found != nullptr) return steal(PyObject_Repr(found));
    if (builtin->m_module != nullptr && PyUnicode_Check(builtin->m_module))
        return steal(PyUnicode_FromFormat("<built-in method %U.%s>", builtin->m_module, name));
    return steal(PyUnicode_FromFormat("<built-in method %s>", name));
}

Ref<> definition_owner(PyObject* function) noexcept {
    if (!PyCFunction_Check(function)) return own(function);
    PyObject* self = reinterpret_cast<PyCFunctionObject*>(function)->m_self;
    if (belongs_to_module(self)) return own(function);
    if (PyType_Check(self)) return own(self);
    return own(reinterpret_cast<PyObject*>(Py_TYPE(self)));
}

}  // namespace hone::cpython
