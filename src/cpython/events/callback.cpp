// SPDX-License-Identifier: Apache-2.0
#include "cpython/events/callback.h"

#include <structmember.h>

#include <cstddef>

#include "cpython/kept.h"

namespace hone::cpython {

namespace {

struct Callback {
    PyObject_HEAD vectorcallfunc call;
};

void free_callback(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(type);
}

PyObject* make_callback_type() {
    static PyMemberDef members[] = {
        {"__vectorcalloffset__", T_PYSSIZET, offsetof(Callback, call), READONLY, nullptr},
        {nullptr, 0, 0, 0, nullptr},
    };
    static PyType_Slot slots[] = {
        {Py_tp_members, members},
        {Py_tp_dealloc, reinterpret_cast<void*>(free_callback)},
        {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
        {0, nullptr},
    };
    static PyType_Spec spec{"hone._core.CallEventCallback", sizeof(Callback), 0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL |
                                Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                            slots};
    return PyType_FromSpec(&spec);
}

}  // namespace

Ref<> make_event_callback(vectorcallfunc call) {
    PyObject* const type = kept<make_callback_type>();
    if (type == nullptr) return {};
    auto* self = PyObject_New(Callback, reinterpret_cast<PyTypeObject*>(type));
    if (self != nullptr) self->call = call;
    return steal(reinterpret_cast<PyObject*>(self));
}

}  // namespace hone::cpython
