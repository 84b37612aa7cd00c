// SPDX-License-Identifier: Apache-2.0
#include "tune/compare/fingerprint.h"

#include <structmember.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tune/compare/digest.h"

namespace hone::tune {
namespace {

class Walker {
  public:
    // A worklist, not recursion: a linked list of a million nodes is an ordinary graph. Children
    // are numbered when they are written, in order, so the digest does not depend on the visiting
    // order.
    bool walk(PyObject* root) {
        meet(root);
        while (next_ < pending_.size()) {
            PyObject* const object = pending_[next_++];
            if (!write(object)) return false;
        }
        return true;
    }

    [[nodiscard]] Fingerprint result() const {
        return {digest_.hex(), static_cast<Py_ssize_t>(numbers_.size()), opaque_};
    }

    ~Walker() {
        for (PyObject* object : pending_) Py_DECREF(object);
    }

  private:
    void put(std::uint64_t value) { digest_.add(&value, sizeof value); }
    void put(std::string_view text) {
        put(static_cast<std::uint64_t>(text.size()));
        digest_.add(text.data(), text.size());
    }
    void put_address(const void* pointer) {
        put(static_cast<std::uint64_t>(std::bit_cast<std::uintptr_t>(pointer)));
    }

    // Writes the object's number; a new one is kept alive and visited later.
    void meet(PyObject* object) {
        if (object == nullptr) return put(~std::uint64_t{0});
        const auto [place, is_new] = numbers_.try_emplace(object, numbers_.size());
        put(place->second);
        if (is_new) pending_.push_back(Py_NewRef(object));
    }

    bool write(PyObject* object) {
        PyTypeObject* const type = Py_TYPE(object);
        put_address(type);
        if (PyLong_Check(object)) {
            if (!write_int(object)) return false;
        } else if (PyFloat_Check(object)) {
            put(std::bit_cast<std::uint64_t>(PyFloat_AS_DOUBLE(object)));
        } else if (PyComplex_Check(object)) {
            const Py_complex value = PyComplex_AsCComplex(object);
            put(std::bit_cast<std::uint64_t>(value.real));
            put(std::bit_cast<std::uint64_t>(value.imag));
        } else if (PyUnicode_Check(object)) {
            write_text(object);
        } else if (PyBytes_Check(object)) {
            put({PyBytes_AS_STRING(object), static_cast<std::size_t>(PyBytes_GET_SIZE(object))});
        } else if (PyByteArray_Check(object)) {
            put({PyByteArray_AS_STRING(object),
                 static_cast<std::size_t>(PyByteArray_GET_SIZE(object))});
        } else if (PyTuple_Check(object) || PyList_Check(object)) {
            write_sequence(object);
        } else if (PyDict_Check(object)) {
            write_dict(object);
        } else if (PyAnySet_Check(object)) {
            if (!write_set(object)) return false;
        } else if (PyExceptionInstance_Check(object)) {
            write_exception(object);
        } else if (!write_other(object)) {
            return false;
        }
        return write_attributes(object);
    }

    bool write_int(PyObject* object) {
        int overflow = 0;
        const long long small = PyLong_AsLongLongAndOverflow(object, &overflow);
        if (overflow == 0) return put(static_cast<std::uint64_t>(small)), true;
        PyObject* const text = PyNumber_ToBase(object, 16);
        if (text == nullptr) return false;
        write_text(text);
        Py_DECREF(text);
        return true;
    }

    void write_text(PyObject* text) {
        put(static_cast<std::uint64_t>(PyUnicode_KIND(text)));
        put({static_cast<const char*>(PyUnicode_DATA(text)),
             static_cast<std::size_t>(PyUnicode_GET_LENGTH(text)) * PyUnicode_KIND(text)});
    }

    void write_sequence(PyObject* sequence) {
        const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence);
        put(static_cast<std::uint64_t>(size));
        for (Py_ssize_t i = 0; i < size; ++i) meet(PySequence_Fast_GET_ITEM(sequence, i));
    }

    void write_dict(PyObject* dict) {
        PyObject *key = nullptr, *value = nullptr;
        Py_ssize_t position = 0;
        put(static_cast<std::uint64_t>(PyDict_GET_SIZE(dict)));
        while (PyDict_Next(dict, &position, &key, &value)) {
            meet(key);
            meet(value);
        }
    }

    // In iteration order: the twin has the same hash seed and the same addresses.
    bool write_set(PyObject* set) {
        PyObject* const iterator =
            (PyFrozenSet_Check(set) ? PyFrozenSet_Type : PySet_Type).tp_iter(set);
        if (iterator == nullptr) return false;
        put(static_cast<std::uint64_t>(PySet_GET_SIZE(set)));
        while (PyObject* const item = PyIter_Next(iterator)) {
            meet(item);
            Py_DECREF(item);
        }
        Py_DECREF(iterator);
        return PyErr_Occurred() == nullptr;
    }

    void write_exception(PyObject* object) {
        const auto* exception = reinterpret_cast<PyBaseExceptionObject*>(object);
        meet(exception->args);
        meet(exception->cause);
        meet(exception->context);
        put(static_cast<std::uint64_t>(exception->suppress_context));
    }

    bool write_other(PyObject* object) {
        if (PyObject_CheckBuffer(object)) return write_buffer(object);
        if (PyCell_Check(object)) return meet(PyCell_GET(object)), true;
        if (Py_IS_TYPE(object, &PyRange_Type) || PySlice_Check(object))
            return write_members(object);
        if (PyMethod_Check(object)) {
            meet(PyMethod_GET_FUNCTION(object));
            meet(PyMethod_GET_SELF(object));
            return true;
        }
        if (PyFunction_Check(object)) {
            write_function(object);
        } else if (PyCFunction_Check(object)) {
            put_address(reinterpret_cast<const void*>(PyCFunction_GET_FUNCTION(object)));
            meet(PyCFunction_GET_SELF(object));
        } else if (PyType_Check(object) || PyModule_Check(object) || PyCode_Check(object)) {
            put_address(object);
        } else if (has_hidden_state(Py_TYPE(object))) {
            ++opaque_;
        }
        return true;
    }

    void write_function(PyObject* function) {
        put_address(PyFunction_GET_CODE(function));
        meet(PyFunction_GET_CLOSURE(function));
        meet(PyFunction_GET_DEFAULTS(function));
        meet(PyFunction_GET_KW_DEFAULTS(function));
    }

    // Does an instance hold more than what object, __slots__, a dict and weak references take?
    static bool has_hidden_state(const PyTypeObject* type) {
        constexpr auto kWord = static_cast<Py_ssize_t>(sizeof(PyObject*));
        Py_ssize_t known = PyBaseObject_Type.tp_basicsize;
        if (type->tp_dictoffset > 0) known += kWord;
        if (type->tp_weaklistoffset > 0) known += kWord;
        for (const PyTypeObject* base = type; base != nullptr; base = base->tp_base) {
            if ((base->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) known += kWord * Py_SIZE(base);
        }
        return type->tp_basicsize > known || type->tp_itemsize > 0;
    }

    bool write_buffer(PyObject* object) {
        Py_buffer view;
        if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0) {
            PyErr_Clear();
            ++opaque_;
            return true;
        }
        put(view.format != nullptr ? std::string_view(view.format) : std::string_view("B"));
        put(static_cast<std::uint64_t>(view.ndim));
        for (int i = 0; i < view.ndim; ++i) put(static_cast<std::uint64_t>(view.shape[i]));
        std::vector<char> bytes(static_cast<std::size_t>(view.len));
        const bool copied = PyBuffer_ToContiguous(bytes.data(), &view, view.len, 'C') == 0;
        PyBuffer_Release(&view);
        if (copied) put({bytes.data(), bytes.size()});
        return copied;
    }

    // start, stop and step of ranges and slices are plain members of builtin types.
    bool write_members(PyObject* object) {
        for (const char* name : {"start", "stop", "step"}) {
            PyObject* const value = PyObject_GetAttrString(object, name);
            if (value == nullptr) return false;
            meet(value);
            Py_DECREF(value);
        }
        return true;
    }

    // __slots__ of every class of the object, and its __dict__.
    bool write_attributes(PyObject* object) {
        for (PyTypeObject* type = Py_TYPE(object); type != nullptr; type = type->tp_base) {
            if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) write_slots(object, type);
        }
        if (PyType_Check(object) || PyModule_Check(object) || PyFunction_Check(object)) return true;
        if (_PyObject_GetDictPtr(object) == nullptr && Py_TYPE(object)->tp_dictoffset == 0)
            return true;
        PyObject* const names = PyObject_GenericGetDict(object, nullptr);
        if (names == nullptr) return PyErr_Clear(), true;
        write_dict(names);
        Py_DECREF(names);
        return true;
    }

    void write_slots(PyObject* object, PyTypeObject* type) {
        const auto* members = reinterpret_cast<const PyMemberDef*>(
            reinterpret_cast<const char*>(type) + Py_TYPE(type)->tp_basicsize);
        for (Py_ssize_t i = 0; i < Py_SIZE(type); ++i) {
            if (members[i].type != T_OBJECT_EX) continue;
            meet(
                *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + members[i].offset));
        }
    }

    Digest digest_;
    std::unordered_map<PyObject*, std::uint64_t> numbers_;
    std::vector<PyObject*> pending_;
    std::size_t next_ = 0;
    Py_ssize_t opaque_ = 0;
};

}  // namespace

bool fingerprint(PyObject* object, Fingerprint& out) {
    Walker walker;
    if (!walker.walk(object)) return false;
    out = walker.result();
    return true;
}

}  // namespace hone::tune
