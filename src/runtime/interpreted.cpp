// SPDX-License-Identifier: Apache-2.0
// Errors in the interpreter's own words (interpreted.h). The functions live as long as the process.
#include "runtime/interpreted.h"

#include <map>
#include <new>
#include <string>

#include "cpython/portable.h"
#include "cpython/ref.h"

namespace hone::runtime {
namespace {

using cpython::Ref;
using cpython::steal;

// The function f that `source` defines, in a namespace of its own; null with an error set.
PyObject* define(const std::string& source) {
    Ref<> code = steal(Py_CompileString(source.c_str(), "<hone>", Py_file_input));
    Ref<> names = steal(code ? PyDict_New() : nullptr);
    if (!names) return nullptr;
    Ref<> done = steal(PyEval_EvalCode(code.get(), names.get(), names.get()));
    return done ? Py_XNewRef(PyDict_GetItemString(names.get(), "f")) : nullptr;
}

PyObject* function_for(std::string_view source) {
    static std::map<std::string, PyObject*, std::less<>> functions;
    if (const auto found = functions.find(source); found != functions.end()) return found->second;
    PyObject* made = define(std::string(source));
    if (made != nullptr) functions.emplace(source, made);
    return made;
}

// Ensures: an error is set, without the traceback of what was run for it.
void expect_error(PyObject* result) {
    if (result == nullptr) {
        cpython::forget_traceback();
        return;
    }
    Py_DECREF(result);
    PyErr_SetString(PyExc_SystemError, "hone: the interpreter accepted what compiled code refused");
}

}  // namespace

void raise_interpreted(std::string_view source, std::initializer_list<PyObject*> args) noexcept {
    PyErr_Clear();
    try {
        PyObject* function = function_for(source);
        if (function != nullptr)
            expect_error(PyObject_Vectorcall(function, args.begin(), args.size(), nullptr));
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    }
}

void raise_undefined(PyObject* name) noexcept {
    PyErr_Clear();
    PyObject* function = nullptr;
    try {
        function = function_for("def f(): return undefined\n");
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    }
    if (function == nullptr) return;
    // The same code with the one name changed, run where there are no globals and no builtins.
    Ref<> names = steal(PyTuple_Pack(1, name));
    Ref<> replace = steal(PyObject_GetAttrString(PyFunction_GetCode(function), "replace"));
    Ref<> keywords = steal(Py_BuildValue("{s:O}", "co_names", names.get()));
    Ref<> nothing = steal(PyTuple_New(0));
    if (!names || !replace || !keywords || !nothing) return;
    Ref<> code = steal(PyObject_Call(replace.get(), nothing.get(), keywords.get()));
    Ref<> globals = steal(Py_BuildValue("{s:{}}", "__builtins__"));
    if (!code || !globals) return;
    Ref<> asker = steal(PyFunction_New(code.get(), globals.get()));
    if (asker) expect_error(PyObject_CallNoArgs(asker.get()));
}

}  // namespace hone::runtime
