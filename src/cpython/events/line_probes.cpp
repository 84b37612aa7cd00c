// SPDX-License-Identifier: Apache-2.0
// Lines on 3.11: probes in copies of the code.
#include "cpython/private.h"

#include "cpython/events/line_events.h"

#if PY_VERSION_HEX < 0x030C0000

#include "cpython/events/compiled_calls.h"
#include "cpython/events/probe_insertion.h"
#include "cpython/frame.h"
#include "cpython/kept.h"

namespace hone::cpython {

namespace {

LineSink* current_sink = nullptr;

struct ProbeObject {
    PyObject_HEAD ProbeKind kind;
    int line;
    PyCodeObject* source;  // strong; of probes of kind Enter, so that the copy knows what it is of
};

void tell(const ProbeObject& probe, bool compiled) {
    PyThreadState* const thread = raw::thread_now();
    Frame* const frame = raw::current(thread);
    const LinePlace place{raw::code_of(frame), frame, thread->id, compiled};
    switch (probe.kind) {
        case ProbeKind::Enter:
            return current_sink->entered(place);
        case ProbeKind::Resume:
            return current_sink->resumed(place, probe.line);
        case ProbeKind::Hit:
            return current_sink->hit(place, probe.line);
        case ProbeKind::OnLine:
            return current_sink->on_line(place, probe.line);
        case ProbeKind::Stray:
            return current_sink->strayed(place);
        case ProbeKind::Caught:
            return current_sink->caught(place);
        case ProbeKind::Again:
            return current_sink->raised_again(place);
        case ProbeKind::Leave:
            return current_sink->left(place, LineEnd::Return);
        case ProbeKind::Unwind:
            return current_sink->left(place, LineEnd::Unwind);
        case ProbeKind::Yield:
            current_sink->yielded_from(place);
            return current_sink->left(place, LineEnd::Yield);
    }
}

int probe_is_true(PyObject* self) {
    if (current_sink != nullptr) tell(*reinterpret_cast<ProbeObject*>(self), false);
    return 1;
}

void speak(PyObject* self) noexcept {
    if (current_sink != nullptr) tell(*reinterpret_cast<ProbeObject*>(self), true);
}

void free_probe(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    Py_XDECREF(reinterpret_cast<ProbeObject*>(self)->source);
    PyObject_Free(self);
    Py_DECREF(type);
}

// Pickled code (cloudpickle's) is unpickled with True where the probes were: it says nothing.
PyObject* reduce_probe(PyObject*, PyObject*) {
    return Py_BuildValue("O(i)", &PyBool_Type, 1);
}

PyObject* make_probe_type() {
    static PyMethodDef methods[] = {
        {"__reduce__", reduce_probe, METH_NOARGS, nullptr},
        {nullptr, nullptr, 0, nullptr},
    };
    static PyType_Slot slots[] = {
        {Py_nb_bool, reinterpret_cast<void*>(probe_is_true)},
        {Py_tp_dealloc, reinterpret_cast<void*>(free_probe)},
        {Py_tp_methods, methods},
        {0, nullptr},
    };
    static PyType_Spec spec{
        "hone._core.LineProbe", sizeof(ProbeObject), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    return PyType_FromSpec(&spec);
}

Ref<> make_probe(ProbeKind kind, int line, PyCodeObject* code) {
    PyObject* const type = kept<make_probe_type>();
    if (type == nullptr) return {};
    auto* const probe = PyObject_New(ProbeObject, reinterpret_cast<PyTypeObject*>(type));
    if (probe == nullptr) return {};
    probe->kind = kind;
    probe->line = line;
    probe->source = kind == ProbeKind::Enter ? Ref<PyCodeObject>::own(code).release() : nullptr;
    return steal(reinterpret_cast<PyObject*>(probe));
}

}  // namespace

const bool LineEvents::kWatchesAnyCode = false;

Ref<PyCodeObject> LineEvents::copy(PyCodeObject* code) {
    compiled_calls().probe_type = reinterpret_cast<PyTypeObject*>(kept<make_probe_type>());
    compiled_calls().speak = &speak;
    return insert_probes(code, make_probe);
}

PyCodeObject* LineEvents::source_of(PyCodeObject* code) noexcept {
    PyObject* const type = kept<make_probe_type>();
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); ++i) {
        PyObject* const constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (reinterpret_cast<PyObject*>(Py_TYPE(constant)) != type) continue;
        const auto* probe = reinterpret_cast<ProbeObject*>(constant);
        if (probe->source != nullptr) return probe->source;
    }
    return code;
}

bool LineEvents::start(LineSink& sink) {
    on_ = true;
    current_sink = &sink;
    compiled_calls().lines = &sink;
    return true;
}

bool LineEvents::watch(PyCodeObject*) {
    return true;
}

void LineEvents::unwatch(PyCodeObject*) noexcept {}

void LineEvents::stop() noexcept {
    if (!on_) return;
    on_ = false;
    current_sink = nullptr;
    compiled_calls().lines = nullptr;
}

}  // namespace hone::cpython

#endif
