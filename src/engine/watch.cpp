// SPDX-License-Identifier: Apache-2.0
#include "engine/watch.h"

#include "cpython/ref.h"
#include "engine/engine.h"
#include "engine/loops.h"

namespace hone::engine {
namespace {

using cpython::own;
using cpython::Ref;
using cpython::steal;

Observer& observer() {
    static Observer current;
    return current;
}

bool muted = false;  // the observer may be running: it is not taken away

// An argument that inner functions use lies in a cell already.
Ref<> argument(PyCodeObject* code, cpython::Frame* frame, PyObject* cells, int index) {
    PyObject* const value = cpython::frame_local(frame, static_cast<std::uint32_t>(index));
    if (value == nullptr) return {};
    const Ref<> names = steal(PyCode_GetVarnames(code));
    if (!names) return {};
    const bool in_cell = PyCell_Check(value) &&
                         PySequence_Contains(cells, PyTuple_GET_ITEM(names.get(), index)) == 1;
    return in_cell ? steal(PyCell_Get(value)) : own(value);
}

struct Arguments {
    Ref<> args, kwargs;
};

// The values lie in the order positional, keyword only, *args, **kwargs.
bool read_positional(PyCodeObject* code, cpython::Frame* frame, PyObject* cells, Ref<>& out) {
    const int count = code->co_argcount;
    Ref<> rest = (code->co_flags & CO_VARARGS) != 0
                     ? argument(code, frame, cells, count + code->co_kwonlyargcount)
                     : steal(PyTuple_New(0));
    Ref<> first = steal(PyTuple_New(count));
    if (!rest || !first) return false;
    for (int i = 0; i < count; ++i) {
        Ref<> value = argument(code, frame, cells, i);
        if (!value) return false;
        PyTuple_SET_ITEM(first.get(), i, value.release());
    }
    out = steal(PySequence_Concat(first.get(), rest.get()));
    return static_cast<bool>(out);
}

bool read_keywords(PyCodeObject* code, cpython::Frame* frame, PyObject* cells, Ref<>& out) {
    const int first = code->co_argcount, count = code->co_kwonlyargcount;
    out = steal(PyDict_New());
    const Ref<> names = steal(PyCode_GetVarnames(code));
    if (!out || !names) return false;
    for (int i = first; i < first + count; ++i) {
        const Ref<> value = argument(code, frame, cells, i);
        if (!value || PyDict_SetItem(out.get(), PyTuple_GET_ITEM(names.get(), i), value.get()) < 0)
            return false;
    }
    if ((code->co_flags & CO_VARKEYWORDS) == 0) return true;
    const int at = first + count + ((code->co_flags & CO_VARARGS) != 0 ? 1 : 0);
    const Ref<> more = argument(code, frame, cells, at);
    return more && PyDict_Update(out.get(), more.get()) == 0;
}

}  // namespace

void watch_calls(Observer watcher) {
    observer() = std::move(watcher);
}

bool watching() noexcept {
    return static_cast<bool>(observer());
}

void stop_watching() noexcept {
    muted = true;
}

void interpret_everything() {
    stop_watching();
    stop_loops();
    for (Code* const code : all_codes()) close_entry(*code);
    settings().threshold = ~std::uint32_t{0};
}

void show_call(Code& code, cpython::Frame* frame) {
    if (muted || !code.sample.take()) return;
    PyCodeObject* const original = code.original();
    const Ref<> cells = steal(PyCode_GetCellvars(original));
    Arguments given;
    if (!cells || !read_positional(original, frame, cells.get(), given.args) ||
        !read_keywords(original, frame, cells.get(), given.kwargs))
        return PyErr_Clear();
    const Ref<> function = own(cpython::frame_function(frame));
    observer()({code, function.get(), given.args.get(), given.kwargs.get()});
}

}  // namespace hone::engine
