// SPDX-License-Identifier: Apache-2.0
#include "cpython/objects.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "cpython/direct_calls.h"
#include "cpython/kept.h"
#include "cpython/ref.h"

namespace hone::cpython {

ObjectTable::~ObjectTable() {
    clear();
}

ObjectTable& ObjectTable::operator=(ObjectTable&& other) noexcept {
    if (this != &other) {
        clear();
        objects_ = std::move(other.objects_);
        index_ = std::move(other.index_);
        other.objects_.clear();
        other.index_.clear();
    }
    return *this;
}

void ObjectTable::clear() {
    index_.clear();
    for (PyObject* object : std::exchange(objects_, {})) Py_DECREF(object);
}

ir::ObjectId ObjectTable::id_of(PyObject* object) {
    auto [at, added] = index_.try_emplace(object, static_cast<std::uint32_t>(objects_.size()));
    if (added) objects_.push_back(Py_NewRef(object));
    return ir::ObjectId(at->second);
}

ir::TypeKind type_kind(PyTypeObject* type) noexcept {
    using ir::TypeKind;
    static const std::array<std::pair<PyTypeObject*, TypeKind>, 20> kinds = {{
        {&PyLong_Type, TypeKind::Int},
        {&PyFloat_Type, TypeKind::Float},
        {&PyBool_Type, TypeKind::Bool},
        {Py_TYPE(Py_None), TypeKind::None},
        {&PyUnicode_Type, TypeKind::Str},
        {&PyBytes_Type, TypeKind::Bytes},
        {&PyComplex_Type, TypeKind::Complex},
        {&PyTuple_Type, TypeKind::Tuple},
        {&PyList_Type, TypeKind::List},
        {&PyDict_Type, TypeKind::Dict},
        {&PySet_Type, TypeKind::Set},
        {&PyRange_Type, TypeKind::Range},
        {&PySlice_Type, TypeKind::Slice},
        {&PyListIter_Type, TypeKind::ListIter},
        {&PyTupleIter_Type, TypeKind::TupleIter},
        {&PyRangeIter_Type, TypeKind::RangeIter},
        {&PyFunction_Type, TypeKind::Function},
        {&PyCFunction_Type, TypeKind::Builtin},
        {&PyModule_Type, TypeKind::Module},
        {&PyType_Type, TypeKind::Type},
    }};
    for (auto [known, kind] : kinds) {
        if (known == type) return kind;
    }
    return TypeKind::Unknown;
}

namespace {

// The object that "module.name" or "type.name" stood for when it was first asked; strong.
PyObject* resolve(std::string_view text) {
    std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return nullptr;
    std::string owner(text.substr(0, dot)), name(text.substr(dot + 1));
    Ref<> builtins = steal(PyImport_ImportModule("builtins"));
    Ref<> holder = steal(builtins && PyObject_HasAttrString(builtins.get(), owner.c_str()) != 0
                             ? PyObject_GetAttrString(builtins.get(), owner.c_str())
                             : PyImport_ImportModule(owner.c_str()));
    PyObject* found = holder ? PyObject_GetAttrString(holder.get(), name.c_str()) : nullptr;
    PyErr_Clear();
    return found;
}

const std::unordered_map<PyObject*, ir::Known>* find_known_callables() {
    auto* made = new std::unordered_map<PyObject*, ir::Known>;
    auto add = [made](ir::Known known, std::string_view text) {
        if (PyObject* object = resolve(text)) made->emplace(object, known);
    };
#define HONE_X(name, text) add(ir::Known::name, text);
    HONE_KNOWN_CALLABLES(HONE_X)
#undef HONE_X
    return made;
}

void describe_value(PyObject* object, ObjectTable& table, ir::ObjectFact& fact) {
    switch (fact.type) {
        case ir::TypeKind::Int: {
            int overflow = 0;
            fact.int_value = PyLong_AsLongLongAndOverflow(object, &overflow);
            fact.int_fits = overflow == 0;
            return;
        }
        case ir::TypeKind::Bool:
            fact.int_value = object == Py_True ? 1 : 0;
            fact.int_fits = true;
            return;
        case ir::TypeKind::Float:
            fact.float_value = PyFloat_AS_DOUBLE(object);
            return;
        case ir::TypeKind::Complex:
            fact.float_value = PyComplex_RealAsDouble(object);
            fact.imaginary_value = PyComplex_ImagAsDouble(object);
            return;
        case ir::TypeKind::Slice: {
            const auto* slice = reinterpret_cast<PySliceObject*>(object);
            for (PyObject* part : {slice->start, slice->stop, slice->step})
                fact.items.push_back(describe_object(part, table));
            return;
        }
        case ir::TypeKind::Tuple:
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); ++i) {
                fact.items.push_back(describe_object(PyTuple_GET_ITEM(object, i), table));
            }
            return;
        default:
            return;
    }
}

}  // namespace

ir::Known known_callable(PyObject* object) noexcept {
    const auto& table = *kept<find_known_callables>();
    auto found = table.find(object);
    return found == table.end() ? ir::Known::None : found->second;
}

ir::ObjectFact describe_object(PyObject* object, ObjectTable& table) {
    ir::ObjectFact fact;
    fact.id = table.id_of(object);
    fact.type = type_kind(Py_TYPE(object));
    fact.known = known_callable(object);
    fact.plain_class = fact.type == ir::TypeKind::Type && is_plain_class(object);
    describe_value(object, table, fact);
    return fact;
}

}  // namespace hone::cpython
