// SPDX-License-Identifier: Apache-2.0
#include "modules/testing/runtime_door.h"

#include <array>
#include <string_view>
#include <vector>

#include "cpython/frame.h"
#include "cpython/ref.h"
#include "runtime/addresses.h"
#include "runtime/table.h"

namespace hone {
namespace {

using cpython::Ref;
using cpython::steal;
using runtime::RtArg;
using runtime::RtRet;

// runtime_rows() -> list of (name, raises)
PyObject* runtime_rows(PyObject*, PyObject*) {
    Ref<> list = steal(PyList_New(0));
    for (const runtime::RtRow& row : runtime::kRtRows) {
        const std::string_view name = row.name();
        const bool raises = ir::has(row.effects, ir::Effects::Raises);
        const Ref<> item = steal(Py_BuildValue(
            "(NO)", PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size())),
            raises ? Py_True : Py_False));
        if (!list || !item || PyList_Append(list.get(), item.get()) < 0) return nullptr;
    }
    return list.release();
}

const runtime::RtRow* find_row(std::string_view name) {
    for (const runtime::RtRow& row : runtime::kRtRows)
        if (row.name() == name) return &row;
    return nullptr;
}

// What the x86-64 calling convention hands over: integers and pointers in one set of registers,
// floats in another, each in order, and what is over on the stack; so one signature fits all rows.
struct Registers {
    std::array<std::int64_t, 8> words{};
    std::array<double, 4> floats{};
    std::size_t nwords = 0, nfloats = 0;

    void add(const void* pointer) { words[nwords++] = reinterpret_cast<std::int64_t>(pointer); }
};

template <class R>
R call_with(void* address, const Registers& r) {
    using Word = std::int64_t;
    using Function =
        R (*)(Word, Word, Word, Word, Word, Word, double, double, double, double, Word, Word);
    const auto& w = r.words;
    const auto& f = r.floats;
    return reinterpret_cast<Function>(address)(w[0], w[1], w[2], w[3], w[4], w[5], f[0], f[1], f[2],
                                               f[3], w[6], w[7]);
}

// NotImplemented stands for NULL.
PyObject* object_or_null(PyObject* argument) {
    return argument == Py_NotImplemented ? nullptr : argument;
}

struct Call {
    Registers registers;
    std::vector<PyObject*> array;
    runtime::AttrCache cache{};
    PyObject* out = nullptr;

    bool add(RtArg kind, PyObject* argument) {
        switch (kind) {
            case RtArg::Obj:
                registers.add(object_or_null(argument));
                break;
            case RtArg::I64:
                registers.words[registers.nwords++] = PyLong_AsLongLong(argument);
                break;
            case RtArg::F64:
                registers.floats[registers.nfloats++] = PyFloat_AsDouble(argument);
                break;
            default:  // a list for the array; its number comes by itself
                for (Py_ssize_t i = 0; i < PyList_GET_SIZE(argument); ++i)
                    array.push_back(object_or_null(PyList_GET_ITEM(argument, i)));
                registers.add(array.data());
                registers.words[registers.nwords++] = static_cast<std::int64_t>(array.size());
        }
        return PyErr_Occurred() == nullptr;
    }
};

PyObject* result_of(const runtime::RtRow& row, void* address, Call& call) {
    const bool raises = ir::has(row.effects, ir::Effects::Raises);
    switch (row.ret) {
        case RtRet::Obj: {
            auto* const object = call_with<PyObject*>(address, call.registers);
            if (object == nullptr && PyErr_Occurred() == nullptr)
                return raises ? PyErr_Format(PyExc_SystemError, "NULL without an error")
                              : Py_NewRef(Py_NotImplemented);
            if (object == nullptr || call.out == nullptr) return object;
            return Py_BuildValue("(NN)", object, call.out);
        }
        case RtRet::I64: {
            const auto number = call_with<std::int64_t>(address, call.registers);
            if (PyErr_Occurred() == nullptr) return PyLong_FromLongLong(number);
            return number == -1 ? nullptr
                                : PyErr_Format(PyExc_SystemError, "an error with a result");
        }
        case RtRet::F64:
            return PyFloat_FromDouble(call_with<double>(address, call.registers));
        default:
            call_with<void>(address, call.registers);
            return Py_NewRef(Py_None);
    }
}

// call_row(name, *arguments): frame, cache and out parameter come by themselves.
PyObject* call_row(PyObject*, PyObject* arguments) {
    const char* const name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(arguments, 0));
    const runtime::RtRow* const row = name != nullptr ? find_row(name) : nullptr;
    if (row == nullptr) return PyErr_Format(PyExc_KeyError, "no such row");
    Call call;
    Py_ssize_t next = 1;
    for (std::size_t i = 0; i < row->nargs; ++i) {
        const RtArg kind = row->args[i];
        if (kind == RtArg::Frame)
            call.registers.add(cpython::current_frame(cpython::current_thread()));
        else if (kind == RtArg::Cache)
            call.registers.add(&call.cache);
        else if (kind == RtArg::ObjOut)
            call.registers.add(&call.out);
        else if (kind == RtArg::I64 && i > 0 && row->args[i - 1] == RtArg::ObjArray)
            continue;  // the array's number
        else if (next >= PyTuple_GET_SIZE(arguments))
            return PyErr_Format(PyExc_TypeError, "%s takes more arguments", name);
        else if (!call.add(kind, PyTuple_GET_ITEM(arguments, next++)))
            return nullptr;
    }
    return result_of(*row, runtime::rt_address(row->symbol), call);
}

PyMethodDef functions[] = {
    {"runtime_rows", runtime_rows, METH_NOARGS, nullptr},
    {"call_row", call_row, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_runtime_door(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone
