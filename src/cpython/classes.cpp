// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/classes.h"

#include <structmember.h>

#include "cpython/portable.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

using ir::AttributeKind;

constexpr int kObjectMember = T_OBJECT_EX;  // a member whose absence is an AttributeError: a slot

// Does look-up on instances follow the generic rules where the attribute is found?
bool finds_generically(PyTypeObject* type) {
    if (type->tp_getattro == PyObject_GenericGetAttr) return true;
    static PyObject* const name = PyUnicode_InternFromString("__getattribute__");
    return lookup_in_type(type, name) == lookup_in_type(&PyBaseObject_Type, name);
}

// An AttributeError of a property is no end where the class has a __getattr__.
bool has_fallback(PyTypeObject* type) {
    return type->tp_getattro != PyObject_GenericGetAttr;
}

bool stores_generically(PyTypeObject* type) {
    return type->tp_setattro == PyObject_GenericSetAttr;
}

bool has_no_dict(PyTypeObject* type) {
    return type->tp_dictoffset == 0 && (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) == 0;
}

// By value: a key that came in through __dict__ need not be interned.
Py_ssize_t shared_key_index(PyTypeObject* type, PyObject* name) {
    DictKeys* const keys = shared_keys(type);
    if (keys == nullptr || keys->kind == kKeysGeneral) return -1;
    const UnicodeEntry* const entries = unicode_entries(keys);
    for (Py_ssize_t i = 0; i < keys->nentries; ++i)
        if (entries[i].key == name || PyUnicode_Compare(entries[i].key, name) == 0) return i;
    return -1;
}

TypeAttribute member(PyTypeObject* type, PyObject* descriptor) {
    const PyMemberDef* const def = reinterpret_cast<PyMemberDescrObject*>(descriptor)->d_member;
    const bool plain = def->type == kObjectMember && (def->flags & ~READONLY) == 0;
    if (!plain) return {};
    return {AttributeKind::Slot, static_cast<std::uint32_t>(def->offset),
            stores_generically(type) && (def->flags & READONLY) == 0, nullptr};
}

TypeAttribute property(PyTypeObject* type, PyObject* descriptor) {
    static PyObject* const name = PyUnicode_InternFromString("fget");
    if (has_fallback(type)) return {};
    const Ref<> getter = steal(PyObject_GenericGetAttr(descriptor, name));
    if (!getter || !PyFunction_Check(getter.get())) {
        PyErr_Clear();
        return {};
    }
    return {AttributeKind::Property, 0, false, getter.get()};  // the property holds it
}

// What a class attribute stands for when it is taken from an instance, if it is no data descriptor.
TypeAttribute of_the_class(PyObject* found) {
    static PyObject* const callable = PyUnicode_InternFromString("__func__");
    PyTypeObject* const kind = Py_TYPE(found);
    if (kind == &PyFunction_Type) return {AttributeKind::Method, 0, false, found};
    if (kind == &PyStaticMethod_Type || kind == &PyClassMethod_Type) {
        const Ref<> function = steal(PyObject_GenericGetAttr(found, callable));
        PyErr_Clear();
        if (!function) return {};
        if (kind == &PyStaticMethod_Type)
            return {AttributeKind::Constant, 0, false, function.get()};
        return Py_TYPE(function.get()) == &PyFunction_Type
                   ? TypeAttribute{AttributeKind::Bound, 0, false, function.get()}
                   : TypeAttribute{};
    }
    if (kind->tp_descr_get != nullptr) return {};
    // Its own class could become a descriptor later: only of classes that can't change.
    if ((kind->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) == 0) return {};
    return {AttributeKind::Constant, 0, false, found};
}

}  // namespace

TypeAttribute instance_attribute(PyTypeObject* type, PyObject* name) {
    if (!finds_generically(type)) return {};
    PyObject* const found = lookup_in_type(type, name);
    if (found != nullptr && Py_TYPE(found)->tp_descr_set != nullptr) {
        if (Py_TYPE(found) == &PyMemberDescr_Type) return member(type, found);
        if (Py_TYPE(found) == &PyProperty_Type) return property(type, found);
        return {};
    }
    const bool values = has_inline_values(type);
    if (!values && !has_no_dict(type)) return {};
    if (const Py_ssize_t index = values ? shared_key_index(type, name) : -1; index >= 0) {
        // A class attribute that is no data descriptor now could become one only if its class may
        // change.
        const bool fixed =
            found == nullptr || (Py_TYPE(found)->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) != 0;
        if (!fixed) return {};
        return {AttributeKind::Value, static_cast<std::uint32_t>(index), stores_generically(type),
                nullptr};
    }
    if (found != nullptr) return of_the_class(found);
    return values ? TypeAttribute{AttributeKind::OwnDict, 0, stores_generically(type), nullptr}
                  : TypeAttribute{};
}

TypeAttribute class_attribute(PyTypeObject* type, PyObject* name) {
    if (Py_TYPE(type) != &PyType_Type) return {};
    PyObject* const meta = lookup_in_type(&PyType_Type, name);
    if (meta != nullptr && Py_TYPE(meta)->tp_descr_set != nullptr) return {};
    PyObject* const found = lookup_in_type(type, name);
    if (found == nullptr) return {};
    TypeAttribute attribute = of_the_class(found);
    // A function taken from the class is the function.
    if (attribute.kind == AttributeKind::Method) attribute.kind = AttributeKind::Constant;
    return attribute;
}

bool describe_class(PyTypeObject* type, ir::ClassFact& fact) {
    fact.version = assign_type_version(type);
    fact.basic_size = static_cast<std::uint32_t>(type->tp_basicsize);
    fact.inline_values = has_inline_values(type);
    fact.no_dict = has_no_dict(type);
    const DictKeys* const keys = fact.inline_values ? shared_keys(type) : nullptr;
    fact.shared_keys = keys != nullptr ? static_cast<std::uint32_t>(keys->nentries) : 0;
    return fact.version != 0 && (!fact.inline_values || keys != nullptr);
}

void ClassesByVersion::collect(PyTypeObject* type) {
    if (const std::uint32_t version = type_version(type); version != 0)
        if (!classes_.emplace(version, type).second) return;  // seen by another base
    const Ref<> subclasses = steal(PyObject_CallMethod(reinterpret_cast<PyObject*>(&PyType_Type),
                                                       "__subclasses__", "O", type));
    if (!subclasses) return PyErr_Clear();
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses.get()); ++i) {
        PyObject* const each = PyList_GET_ITEM(subclasses.get(), i);
        if (each != reinterpret_cast<PyObject*>(&PyType_Type))
            collect(reinterpret_cast<PyTypeObject*>(each));
    }
}

PyTypeObject* ClassesByVersion::find(std::uint32_t version) {
    if (!collected_) collect(&PyBaseObject_Type);
    collected_ = true;
    const auto found = classes_.find(version);
    return found == classes_.end() ? nullptr : found->second;
}

}  // namespace hone::cpython
