// SPDX-License-Identifier: Apache-2.0
#include "measure/scratch_program.h"

#include "measure/ticks.h"

namespace hone::measure {

namespace {

using cpython::Ref;
using cpython::steal;

// The code object and all that are made in it. False: a Python error is set.
[[nodiscard]] bool collect(PyCodeObject* code, std::vector<PyCodeObject*>& to) {
    to.push_back(code);
    const Ref<> constants =
        steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(code), "co_consts"));
    if (!constants) return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(constants.get()); ++i) {
        PyObject* const constant = PyTuple_GET_ITEM(constants.get(), i);
        if (PyCode_Check(constant) && !collect(reinterpret_cast<PyCodeObject*>(constant), to))
            return false;
    }
    return true;
}

void add_functions(PyObject* names, std::vector<PyObject*>& to) {
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(names, &at, &name, &value) != 0) {
        if (PyFunction_Check(value)) to.push_back(value);
        if (PyType_Check(value)) add_functions(reinterpret_cast<PyTypeObject*>(value)->tp_dict, to);
    }
}

}  // namespace

bool ScratchProgram::load(const char* source, const char* file) {
    names_ = steal(PyDict_New());
    const Ref<> name = steal(PyUnicode_FromString("scratch"));
    if (!names_ || !name || !set("__builtins__", PyEval_GetBuiltins()) ||
        !set("__name__", name.get()))
        return false;
    code_ = steal(Py_CompileString(source, file, Py_file_input));
    if (!code_ || !steal(PyEval_EvalCode(code_.get(), names_.get(), names_.get()))) return false;
    return collect(reinterpret_cast<PyCodeObject*>(code_.get()), codes_);
}

std::vector<PyObject*> ScratchProgram::functions() const {
    std::vector<PyObject*> found;
    add_functions(names_.get(), found);
    return found;
}

std::optional<double> ScratchProgram::time(const char* name, PyObject* argument) const {
    PyObject* const called = function(name);
    const Ticks start = now_ticks();
    const Ref<> result = steal(PyObject_CallOneArg(called, argument));
    const Ticks end = now_ticks();
    if (!result) return std::nullopt;
    return static_cast<double>(end - start);
}

std::optional<double> ScratchProgram::processor_time(const char* name, PyObject* argument) const {
    PyObject* const called = function(name);
    const std::int64_t start = thread_ns();
    const Ref<> result = steal(PyObject_CallOneArg(called, argument));
    const std::int64_t end = thread_ns();
    if (!result) return std::nullopt;
    return static_cast<double>(end - start) * 1e-9 / tick_scale().seconds_per_tick();
}

}  // namespace hone::measure
