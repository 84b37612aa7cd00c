// SPDX-License-Identifier: Apache-2.0
// Attributes: by the object's own slots, and the inline cache of the site before them
// (attribute_cache.h). The cached forms are tried first, while the frame is not written; what they
// decline is done by the others, which fill the cache. Needs the GIL. Tested by tests/conform.
#include <Python.h>

#include "cpython/classes.h"
#include "cpython/portable.h"
#include "runtime/attribute_cache.h"
#include "runtime/functions.h"
#include "runtime/quiet.h"

namespace hone::runtime {

using namespace cpython;
using ir::AttributeKind;

const CachedAttribute* AttributeCache::find(PyTypeObject* type) const noexcept {
    const std::uint32_t version = type_version(type);
    if (version == 0) return nullptr;
    for (const CachedAttribute& entry : entries)
        if (entry.version == version) return &entry;
    return nullptr;
}

void AttributeCache::fill(PyTypeObject* type, PyObject* name) noexcept {
    if (fills >= kMaxFills || find(type) != nullptr) return;
    ir::ClassFact fact;
    if (!describe_class(type, fact)) return;
    const TypeAttribute found = instance_attribute(type, name);
    const std::uint32_t free = fills++ % kEntries;  // looked up in vain: not for ever, either
    if (found.kind == AttributeKind::Unknown) return;
    entries[free] = {fact.version, found.kind,       found.writable, fact.no_dict,
                     found.index,  fact.shared_keys, found.value};
}

namespace {

AttributeCache& cache_of(AttrCache* cache) noexcept {
    return *reinterpret_cast<AttributeCache*>(cache);
}

PyObject* slot_value(PyObject* o, std::uint32_t offset) noexcept {
    return word_at<PyObject*>(o, static_cast<std::ptrdiff_t>(offset));
}

// Whose attributes moved into a dict of their own: borrowed; null: absent or not told without
// running Python code.
PyObject* moved_value(PyObject* o, PyObject* name) noexcept {
    PyObject* const dict = instance_dict(o);
    return dict != nullptr ? plain_dict_value(dict, name) : nullptr;
}

PyObject* own_value(PyObject* o, PyTypeObject* type, PyObject* name, std::uint32_t index) noexcept {
    PyObject** const values = inline_values(o, type);
    return values != nullptr ? values[index] : moved_value(o, name);
}

// No attribute of the instance comes before the class' own?
bool unshadowed(PyObject* o, PyTypeObject* type, PyObject* name,
                const CachedAttribute& entry) noexcept {
    if (entry.no_dict) return true;
    if (inline_values(o, type) != nullptr)
        return shared_keys(type)->nentries == static_cast<Py_ssize_t>(entry.shared_keys);
    PyObject* const dict = instance_dict(o);
    return dict != nullptr && dict_has_str_keys(dict) && plain_dict_value(dict, name) == nullptr;
}

// Borrowed; null: declined.
PyObject* cached_value(PyObject* o, PyTypeObject* type, PyObject* name,
                       const CachedAttribute& entry) noexcept {
    switch (entry.kind) {
        case AttributeKind::Value:
            return own_value(o, type, name, entry.index);
        case AttributeKind::OwnDict:
            return inline_values(o, type) == nullptr ? moved_value(o, name) : nullptr;
        case AttributeKind::Slot:
            return slot_value(o, entry.index);
        case AttributeKind::Constant:
            return unshadowed(o, type, name, entry) ? entry.value : nullptr;
        default:
            return nullptr;
    }
}

// Where a new value can be stored without anybody noticing but the reader of the attribute.
PyObject** place_for(PyObject* o, PyTypeObject* type, const CachedAttribute& entry) noexcept {
    if (!entry.writable) return nullptr;
    if (entry.kind == AttributeKind::Slot)
        return &word_at<PyObject*>(o, static_cast<std::ptrdiff_t>(entry.index));
    if (entry.kind != AttributeKind::Value) return nullptr;
    PyObject** const values = inline_values(o, type);
    return values != nullptr && values_are_private(o) ? values + entry.index : nullptr;
}

// Replaces what the instance's own dict has by that name, if that dies quietly.
bool set_in_dict(PyObject* o, PyTypeObject* type, PyObject* name, PyObject* v,
                 const CachedAttribute& entry) noexcept {
    if (!entry.writable || entry.kind == AttributeKind::Slot) return false;
    PyObject* const old = inline_values(o, type) == nullptr ? moved_value(o, name) : nullptr;
    if (old == nullptr || !dies_quietly(old)) return false;
    if (PyDict_SetItem(instance_dict(o), name, v) == 0) return true;
    PyErr_Clear();
    return false;
}

// The two slots of a call: the one that is always filled is the result. Takes both references over.
PyObject* call_slots(PyObject* callable, PyObject* self, PyObject** other) noexcept {
    const bool swapped = kNullBeforeCallable && self != nullptr;
    *other = swapped ? callable : self;
    return swapped ? self : callable;
}

}  // namespace

}  // namespace hone::runtime

extern "C" {

using namespace hone::cpython;
using namespace hone::runtime;

hone_obj* hone_rt_get_attr(hone_obj* o, hone_obj* name, hone_cache* cache) noexcept {
    cache_of(cache).fill(Py_TYPE(o), name);
    return PyObject_GetAttr(o, name);
}

hone_obj* hone_rt_get_attr_cached(hone_obj* o, hone_obj* name, hone_cache* cache) noexcept {
    PyTypeObject* const type = Py_TYPE(o);
    const CachedAttribute* const entry = cache_of(cache).find(type);
    return entry != nullptr ? Py_XNewRef(cached_value(o, type, name, *entry)) : nullptr;
}

std::int64_t hone_rt_set_attr(hone_obj* o, hone_obj* name, hone_obj* v,
                              hone_cache* cache) noexcept {
    cache_of(cache).fill(Py_TYPE(o), name);
    return PyObject_SetAttr(o, name, v);
}

std::int64_t hone_rt_set_attr_cached(hone_obj* o, hone_obj* name, hone_obj* v,
                                     hone_cache* cache) noexcept {
    PyTypeObject* const type = Py_TYPE(o);
    const CachedAttribute* const entry = cache_of(cache).find(type);
    if (entry == nullptr) return -1;
    PyObject** const place = place_for(o, type, *entry);
    if (place == nullptr) return set_in_dict(o, type, name, v, *entry) ? 0 : -1;
    PyObject* const old = *place;
    if (old != nullptr && !dies_quietly(old)) return -1;
    *place = Py_NewRef(v);
    if (old != nullptr)
        Py_DECREF(old);
    else if (entry->kind == AttributeKind::Value)
        hone_rt_attribute_added(o, entry->index);
    return 0;
}

std::int64_t hone_rt_attribute_added(hone_obj* o, std::int64_t index) noexcept {
    static_cast<void>(
        add_to_insertion_order(inline_values(o, Py_TYPE(o)), static_cast<unsigned>(index)));
    return 0;
}

std::int64_t hone_rt_delete_attr(hone_obj* o, hone_obj* name) noexcept {
    return PyObject_SetAttr(o, name, nullptr);
}

hone_obj* hone_rt_load_method(hone_obj* o, hone_obj* name, hone_cache* cache,
                              hone_obj** other) noexcept {
    cache_of(cache).fill(Py_TYPE(o), name);
    PyObject* method = nullptr;
    const int unbound = find_method(o, name, &method);
    return call_slots(method, unbound == 1 ? Py_NewRef(o) : nullptr, other);
}

hone_obj* hone_rt_load_method_cached(hone_obj* o, hone_obj* name, hone_cache* cache,
                                     hone_obj** other) noexcept {
    PyTypeObject* const type = Py_TYPE(o);
    const CachedAttribute* const entry = cache_of(cache).find(type);
    if (entry == nullptr) return nullptr;
    if (entry->kind == AttributeKind::Method) {
        if (!unshadowed(o, type, name, *entry)) return nullptr;
        return call_slots(Py_NewRef(entry->value), Py_NewRef(o), other);
    }
    PyObject* const value = cached_value(o, type, name, *entry);
    return value != nullptr ? call_slots(Py_NewRef(value), nullptr, other) : nullptr;
}
}
