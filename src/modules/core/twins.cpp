// SPDX-License-Identifier: Apache-2.0
// _core.fingerprint(object) and _core.compare_call(…): see tune/compare/fingerprint.h and
// tune/twin/twin.h.
#include <Python.h>

#include "cpython/ref.h"
#include "modules/core/part.h"
#include "tune/compare/fingerprint.h"
#include "tune/twin/twin.h"

namespace hone::modules {
namespace {

PyObject* fingerprint(PyObject*, PyObject* object) {
    tune::Fingerprint found;
    if (!tune::fingerprint(object, found)) return nullptr;
    return Py_BuildValue("(snn)", found.digest.c_str(), found.objects, found.opaque);
}

const char* verdict_name(tune::TwinVerdict verdict) {
    switch (verdict) {
        case tune::TwinVerdict::Equal:
            return "equal";
        case tune::TwinVerdict::Different:
            return "different";
        case tune::TwinVerdict::HadEffects:
            return "had effects";
        default:
            return "not compared";
    }
}

PyObject* compare_call(PyObject*, PyObject* args, PyObject* kwargs) {
    static const char* words[] = {"original", "compiled", "args", "seconds", nullptr};
    PyObject *original = nullptr, *compiled = nullptr, *arguments = nullptr;
    double seconds = 10;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|O!$d", const_cast<char**>(words), &original,
                                     &compiled, &PyTuple_Type, &arguments, &seconds))
        return nullptr;
    const cpython::Ref<> given =
        arguments != nullptr ? cpython::own(arguments) : cpython::steal(PyTuple_New(0));
    if (!given) return nullptr;
    const tune::TwinCall call{
        .original = [&] { return PyObject_Call(original, given.get(), nullptr); },
        .compiled = [&] { return PyObject_Call(compiled, given.get(), nullptr); },
        .state = [&] { return Py_NewRef(given.get()); }};
    const tune::TwinAnswer answer = tune::compare_on_twins(call, seconds);
    return Py_BuildValue("(ss)", verdict_name(answer.verdict), answer.detail.c_str());
}

PyMethodDef functions[] = {
    {"fingerprint", fingerprint, METH_O,
     "fingerprint(object) -> (digest, objects, opaque)\n\nEqual digests: nothing tells the two "
     "graphs apart. opaque: "
     "how many objects have state in C that was not looked at."},
    {"compare_call", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(compare_call)),
     METH_VARARGS | METH_KEYWORDS,
     "compare_call(original, compiled, args=(), *, seconds=10) -> (verdict, detail)\n\nMakes the "
     "call twice, on forked twins that can only compute. The verdict is 'equal', 'different', 'had "
     "effects' or 'not compared'."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_twins(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
