// SPDX-License-Identifier: Apache-2.0
// Attributes: by the object's own slots. CPython's per-type method cache makes these look-ups; the
// inline cache of the site (AttrCache) is not used yet. Needs the GIL. Tested by tests/conform.
#include <Python.h>

#include "cpython/portable.h"
#include "runtime/functions.h"

// Exported by every CPython served; declared in its private headers only. Returns 1 when *method is
// an unbound function to be called with the object first.
extern "C" int _PyObject_GetMethod(PyObject* object, PyObject* name, PyObject** method);

extern "C" {

hone_obj* hone_rt_get_attr(hone_obj* o, hone_obj* name, hone_cache*) noexcept {
    return PyObject_GetAttr(o, name);
}

std::int64_t hone_rt_set_attr(hone_obj* o, hone_obj* name, hone_obj* v, hone_cache*) noexcept {
    return PyObject_SetAttr(o, name, v);
}

std::int64_t hone_rt_attribute_added(hone_obj* o, std::int64_t index) noexcept {
    using namespace hone::cpython;
    static_cast<void>(
        add_to_insertion_order(inline_values(o, Py_TYPE(o)), static_cast<unsigned>(index)));
    return 0;
}

std::int64_t hone_rt_delete_attr(hone_obj* o, hone_obj* name) noexcept {
    return PyObject_SetAttr(o, name, nullptr);
}

hone_obj* hone_rt_load_method(hone_obj* o, hone_obj* name, hone_cache*, hone_obj** self) noexcept {
    PyObject* method = nullptr;
    const int unbound = _PyObject_GetMethod(o, name, &method);
    *self = unbound == 1 ? Py_NewRef(o) : nullptr;
    return method;
}
}
