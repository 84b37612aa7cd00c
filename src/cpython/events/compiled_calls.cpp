// SPDX-License-Identifier: Apache-2.0
#include "cpython/events/compiled_calls.h"

#include "cpython/ref.h"

namespace hone::cpython {

namespace {

constexpr char kName[] = "hone.compiled_calls";

// Borrowed, or null: the record that the other module made.
CompiledCalls* find(PyObject* names) {
    PyObject* const capsule = PyDict_GetItemString(names, kName);
    return capsule == nullptr ? nullptr
                              : static_cast<CompiledCalls*>(PyCapsule_GetPointer(capsule, kName));
}

CompiledCalls& find_or_make() {
    auto* const own = new CompiledCalls;  // lives as long as the process
    PyObject* const names = PyInterpreterState_GetDict(PyInterpreterState_Main());
    if (names == nullptr) return *own;
    if (CompiledCalls* const found = find(names); found != nullptr) {
        delete own;
        return *found;
    }
    const Ref<> capsule = steal(PyCapsule_New(own, kName, nullptr));
    if (!capsule || PyDict_SetItemString(names, kName, capsule.get()) < 0) PyErr_Clear();
    return *own;
}

}  // namespace

CompiledCalls& compiled_calls() noexcept {
    static CompiledCalls& record = find_or_make();
    return record;
}

}  // namespace hone::cpython
