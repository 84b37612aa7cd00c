// SPDX-License-Identifier: Apache-2.0
// hone._testing: the room cpython/ seen from Python, for tests/cpython only. Decodes code objects,
// prepares functions and leaves them by exit rows that a test describes. Not installed.
#include <Python.h>

#include <bit>
#include <memory>
#include <string>
#include <vector>

#include "cpython/bytecode/unit.h"
#include "cpython/exits.h"
#include "cpython/layout.h"
#include "cpython/objects.h"
#include "cpython/tools.h"
#include "cpython/trampoline.h"

namespace {

using namespace hone;
using cpython::Entry;
using cpython::Frame;
using cpython::own;
using cpython::Ref;
using cpython::steal;

PyObject* raise_failure(const Failure& failure) {
    PyErr_SetString(PyExc_ValueError, failure.reason.c_str());
    return nullptr;
}

const char* const bc_names[] = {
#define HONE_BC(name, arg) #name,
#include "ir/bytecode.def"
#undef HONE_BC
};

PyCodeObject* as_code(PyObject* object) {
    if (PyFunction_Check(object)) object = PyFunction_GET_CODE(object);
    if (PyCode_Check(object)) return reinterpret_cast<PyCodeObject*>(object);
    PyErr_SetString(PyExc_TypeError, "a function or a code object, please");
    return nullptr;
}

// decode(function or code) -> list of (op, arg, extra, offset, line, seen); feedback from the code
// itself.
PyObject* decode(PyObject*, PyObject* argument) {
    PyCodeObject* code = as_code(argument);
    if (code == nullptr) return nullptr;
    Entry* entry = cpython::entry_of(code);
    cpython::ObjectTable objects;
    auto unit = cpython::read_unit(cpython::original_of(code), code,
                                   entry == nullptr ? 0 : entry->body_offset, objects);
    if (!unit) return raise_failure(unit.error());
    Ref<> list = steal(PyList_New(0));
    for (std::size_t i = 0; i < unit->instrs.size(); ++i) {
        const ir::Instr& in = unit->instrs[i];
        Ref<> row =
            steal(Py_BuildValue("(siiIii)", bc_names[static_cast<int>(in.op)], in.arg, in.extra,
                                in.offset, unit->lines[i], static_cast<int>(in.seen)));
        if (!row || PyList_Append(list.get(), row.get()) < 0) return nullptr;
    }
    Ref<> unsupported = steal(PyList_New(0));
    for (const auto& [index, name] : unit->unsupported) {
        Ref<> row = steal(Py_BuildValue("(Is)", index, name.c_str()));
        if (!row || PyList_Append(unsupported.get(), row.get()) < 0) return nullptr;
    }
    return Py_BuildValue("(OOI)", list.get(), unsupported.get(), unit->stacksize);
}

// What an entry of this module does: give a result, or leave by a row.
struct Plan {
    Ref<> result;  // returned if set
    Ref<> error;   // raised by a Raise row
    ir::ExitRow row;
    std::vector<std::int64_t> buffer;  // objects in it are kept alive by `keep`
    Ref<> keep;
    cpython::ObjectTable objects;
    bool exits = false;
};

PyObject* run_plan(Entry* entry, Frame* frame, PyThreadState*) {
    auto* plan = static_cast<Plan*>(entry->owner);
    if (plan == nullptr || (cpython::tools_active != 0 && cpython::refresh_tools() != 0))
        return cpython::declined();
    if (plan->result) return Py_NewRef(plan->result.get());
    if (!plan->exits) return cpython::declined();
    if (plan->row.kind == ir::ExitKind::Raise) {
        // A fresh exception each time: one instance would collect the traceback entries of all.
        Ref<> arguments = steal(PyObject_GetAttrString(plan->error.get(), "args"));
        PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(plan->error.get())), arguments.get());
    }
    return cpython::take_exit(frame, plan->row, plan->buffer.data(), plan->objects,
                              entry->body_offset);
}

void release_plan(void* owner) {
    delete static_cast<Plan*>(owner);
}

// ---- rows from Python: a slot is (form, values...)
struct FormName {
    const char* name;
    ir::SlotForm form;
};
constexpr FormName kForms[] = {
    {"keep", ir::SlotForm::Keep},
    {"unbound", ir::SlotForm::Unbound},
    {"object", ir::SlotForm::Object},
    {"int", ir::SlotForm::Int},
    {"float", ir::SlotForm::Float},
    {"bool", ir::SlotForm::Boolean},
    {"constant", ir::SlotForm::Constant},
    {"tuple", ir::SlotForm::Tuple},
    {"range_iter", ir::SlotForm::RangeIter},
    {"list_iter", ir::SlotForm::ListIter},
    {"tuple_iter", ir::SlotForm::TupleIter},
    {"enumerate", ir::SlotForm::Enumerate},
    {"zip", ir::SlotForm::Zip},
    {"reversed", ir::SlotForm::Reversed},
    {"tagged", ir::SlotForm::TaggedIndex},
    {"method", ir::SlotForm::Method},
    {"slice", ir::SlotForm::Slice},
    {"range", ir::SlotForm::Range},
    {"complex", ir::SlotForm::Complex},
    {"maybe", ir::SlotForm::Maybe},
    {"list_slice", ir::SlotForm::ListSlice},
};

bool add_slot(PyObject* slot, ir::FrameRow& frame, Plan& plan);

bool add_parts(PyObject* slot, Py_ssize_t from, ir::FrameRow& frame, Plan& plan) {
    for (Py_ssize_t i = from; i < PyTuple_GET_SIZE(slot); ++i) {
        if (!add_slot(PyTuple_GET_ITEM(slot, i), frame, plan)) return false;
    }
    return true;
}

std::int64_t word_of(ir::SlotForm form, PyObject* value) {
    switch (form) {
        case ir::SlotForm::Object:
            return reinterpret_cast<std::int64_t>(value);
        case ir::SlotForm::Float:
            return std::bit_cast<std::int64_t>(PyFloat_AsDouble(value));
        default:
            return PyLong_AsLongLong(value);
    }
}

bool add_slot(PyObject* slot, ir::FrameRow& frame, Plan& plan) {
    if (!PyTuple_Check(slot) || PyTuple_GET_SIZE(slot) < 1) {
        PyErr_SetString(PyExc_TypeError, "a slot is a tuple (form, values...)");
        return false;
    }
    const char* name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(slot, 0));
    if (name == nullptr) return false;
    for (const FormName& known : kForms) {
        if (std::string(name) != known.name) continue;
        ir::SlotRow row{known.form, 0};
        PyObject* value = PyTuple_GET_SIZE(slot) > 1 ? PyTuple_GET_ITEM(slot, 1) : nullptr;
        switch (known.form) {
            case ir::SlotForm::Object:
            case ir::SlotForm::Int:
            case ir::SlotForm::Float:
            case ir::SlotForm::Boolean:
            case ir::SlotForm::TaggedIndex:
                row.a = static_cast<std::uint32_t>(plan.buffer.size());
                plan.buffer.push_back(word_of(known.form, value));
                frame.slots.push_back(row);
                return PyErr_Occurred() == nullptr;
            case ir::SlotForm::Constant:
                row.a = plan.objects.id_of(value).raw;
                frame.slots.push_back(row);
                return true;
            case ir::SlotForm::Keep:
            case ir::SlotForm::Unbound:
                frame.slots.push_back(row);
                return true;
            default:
                row.a = static_cast<std::uint32_t>(PyTuple_GET_SIZE(slot) - 1);
                frame.slots.push_back(row);
                return add_parts(slot, 1, frame, plan);
        }
    }
    PyErr_Format(PyExc_ValueError, "no form is called %s", name);
    return false;
}

// (function or None, resume, locals, stack)
bool add_frame(PyObject* description, Plan& plan) {
    PyObject *function, *locals, *stack;
    unsigned resume;
    if (!PyArg_ParseTuple(description, "OIO!O!", &function, &resume, &PyTuple_Type, &locals,
                          &PyTuple_Type, &stack)) {
        return false;
    }
    ir::FrameRow frame;
    if (function != Py_None) frame.function = plan.objects.id_of(function);
    frame.resume = resume;
    frame.locals = static_cast<std::uint32_t>(PyTuple_GET_SIZE(locals));
    frame.stack = static_cast<std::uint32_t>(PyTuple_GET_SIZE(stack));
    if (!add_parts(locals, 0, frame, plan) || !add_parts(stack, 0, frame, plan)) return false;
    plan.row.frames.push_back(std::move(frame));
    return true;
}

PyObject* install(PyObject* function, std::unique_ptr<Plan> plan) {
    PyCodeObject* code = as_code(function);
    if (code == nullptr) return nullptr;
    code = cpython::original_of(code);
    Ref<Entry> entry = cpython::make_entry(code);
    if (!entry) return nullptr;
    entry->owner = plan.release();
    entry->call = run_plan;
    auto prepared = cpython::prepare(code, entry.get());
    if (!prepared) return raise_failure(prepared.error());
    if (PyObject_SetAttrString(function, "__code__", prepared->object()) < 0) return nullptr;
    return Py_NewRef(function);
}

// decline(function), result(function, value): prepared so; the function itself is returned.
PyObject* decline_function(PyObject*, PyObject* function) {
    return install(function, std::make_unique<Plan>());
}

PyObject* result_function(PyObject*, PyObject* arguments) {
    PyObject *function, *value;
    if (!PyArg_ParseTuple(arguments, "OO", &function, &value)) return nullptr;
    auto plan = std::make_unique<Plan>();
    plan->result = own(value);
    return install(function, std::move(plan));
}

// leave(function, kind, frames, error=None): at each call, leaves by this row.
PyObject* leave_function(PyObject*, PyObject* arguments) {
    PyObject *function, *frames, *error = Py_None;
    const char* kind;
    if (!PyArg_ParseTuple(arguments, "OsO!|O", &function, &kind, &PyTuple_Type, &frames, &error))
        return nullptr;
    auto plan = std::make_unique<Plan>();
    plan->exits = true;
    plan->keep = own(frames);
    plan->error = own(error);
    plan->row.kind = std::string(kind) == "raise" ? ir::ExitKind::Raise : ir::ExitKind::Resume;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(frames); ++i) {
        if (!add_frame(PyTuple_GET_ITEM(frames, i), *plan)) return nullptr;
    }
    return install(function, std::move(plan));
}

PyObject* prepare_tree(PyObject*, PyObject* argument) {
    PyCodeObject* code = as_code(argument);
    if (code == nullptr) return nullptr;
    auto choose = [](PyCodeObject* original) { return cpython::make_entry(original); };
    return reinterpret_cast<PyObject*>(cpython::prepare_tree(code, choose).release());
}

PyObject* original(PyObject*, PyObject* argument) {
    PyCodeObject* code = as_code(argument);
    return code == nullptr ? nullptr
                           : Py_NewRef(reinterpret_cast<PyObject*>(cpython::original_of(code)));
}

PyObject* switch_prologue(PyObject*, PyObject* arguments) {
    PyObject* function;
    int on;
    if (!PyArg_ParseTuple(arguments, "Op", &function, &on)) return nullptr;
    PyCodeObject* code = as_code(function);
    if (code == nullptr) return nullptr;
    Entry* entry = cpython::entry_of(code);
    return PyBool_FromLong(entry != nullptr && cpython::switch_prologue(entry, on != 0));
}

// state() -> (resume, locals, stack) of the caller's caller, in the words of leave().
PyObject* state(PyObject*, PyObject*) {
    Frame* frame = cpython::caller_of(cpython::current_frame(cpython::current_thread()));
    if (frame == nullptr) Py_RETURN_NONE;
    auto locals = static_cast<std::uint32_t>(cpython::frame_code(frame)->co_nlocalsplus);
    std::uint32_t depth = cpython::saved_depth(frame);
    Ref<> lists[2] = {steal(PyTuple_New(locals)), steal(PyTuple_New(depth))};
    for (std::uint32_t i = 0; i < locals + depth; ++i) {
        cpython::SlotView slot = cpython::frame_slot(frame, i);
        PyObject* row = slot.tagged
                            ? Py_BuildValue("(sL)", "tagged", static_cast<long long>(slot.index))
                        : slot.object == nullptr ? Py_BuildValue("(s)", "unbound")
                                                 : Py_BuildValue("(sO)", "object", slot.object);
        PyTuple_SET_ITEM(lists[i < locals ? 0 : 1].get(), i < locals ? i : i - locals, row);
    }
    return Py_BuildValue("(IOO)", cpython::resume_unit(frame), lists[0].get(), lists[1].get());
}

PyObject* tools(PyObject*, PyObject*) {
    return PyLong_FromLong(cpython::refresh_tools());
}

PyMethodDef methods[] = {
    {"decode", decode, METH_O, nullptr},
    {"decline", decline_function, METH_O, nullptr},
    {"result", result_function, METH_VARARGS, nullptr},
    {"leave", leave_function, METH_VARARGS, nullptr},
    {"prepare_tree", prepare_tree, METH_O, nullptr},
    {"original", original, METH_O, nullptr},
    {"switch_prologue", switch_prologue, METH_VARARGS, nullptr},
    {"state", state, METH_NOARGS, nullptr},
    {"tools", tools, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "hone._testing",
                          nullptr,
                          -1,
                          methods,
                          nullptr,
                          nullptr,
                          nullptr,
                          nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__testing() {
    if (auto layout = cpython::read_layout(); !layout) return raise_failure(layout.error());
    if (auto started = cpython::start_trampolines(); !started)
        return raise_failure(started.error());
    if (auto watching = cpython::watch_tools(); !watching) return raise_failure(watching.error());
    cpython::set_entry_release(release_plan);
    PyObject* module = PyModule_Create(&definition);
    if (module != nullptr && !cpython::add_trampoline_names(module)) Py_CLEAR(module);
    return module;
}
