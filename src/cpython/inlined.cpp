// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/inlined.h"

#include "base/check.h"
#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/unit.h"
#include "cpython/exits.h"
#include "cpython/run_frame.h"
#include "cpython/trampoline.h"

namespace hone::cpython {

namespace {

PyObject* roomy = nullptr;  // a function with a large frame: calling it brings a fresh chunk
PyObject* roomy_op = nullptr;
constexpr int kRoomySize = 1200;  // words; a chunk has 2,000 or so

thread_local InlinedRun* waiting_run = nullptr;  // for roomy_op

PyCodeObject* code_for(const ir::FrameRow& row, const InlinedRun& run) {
    PyObject* function = run.maker.objects().at(row.function);
    return reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
}

std::size_t words_needed(const InlinedRun& run) {
    std::size_t words = 0;
    for (std::size_t i = 1; i < run.row.frames.size(); ++i)
        words += raw::frame_words(code_for(run.row.frames[i], run));
    return words;
}

std::uint32_t offset_in(PyCodeObject* code) {
    Entry* entry = entry_of(code);
    return entry == nullptr ? 0 : entry->body_offset;
}

// A frame for one row, linked on top, with its locals and its stack.
Frame* build_frame(PyThreadState* thread, const ir::FrameRow& row, const InlinedRun& run) {
    PyCodeObject* code = code_for(row, run);
    Frame* frame = link_frame(thread, run.maker.objects().at(row.function), code);
    SlotArray old;
    const ir::SlotRow* bottom = write_locals(frame, row, run.maker, old);
    SlotArray stack = make_stack(bottom, row.stack, run.buffer, run.maker);
    raw::Slot* base = raw::slots_of(frame) + code->co_nlocalsplus;
    for (std::uint32_t i = 0; i < stack.size(); ++i) base[i] = stack[i];
    raw::set_depth(frame, static_cast<std::uint32_t>(code->co_nlocalsplus) + stack.size());
    raw::set_running(frame, row.resume + offset_in(code));
    return frame;
}

// The call at which `frame` stands has returned.
void finish_call(Frame* frame, const ir::FrameRow& row, PyObject* result) {
    PyCodeObject* code = raw::code_of(frame);
    std::uint32_t unit = row.resume + offset_in(code);
    std::uint32_t depth = raw::depth_of(frame);
    raw::slots_of(frame)[depth] = raw::slot_of(result);
    raw::set_depth(frame, depth + 1);
    raw::set_start(frame, unit + instruction_length(code, unit));
}

PyObject* run_linked(InlinedRun& run) {
    PyThreadState* thread = raw::thread_now();
    Frame* base = raw::current(thread);
    Frame* top = base;
    const auto& rows = run.row.frames;
    for (std::size_t i = 1; i < rows.size(); ++i) top = build_frame(thread, rows[i], run);
    if (run.maker.failed() && !run.error) run.error = steal(raw::take_error());

    PyObject* result = nullptr;
    for (std::size_t i = rows.size() - 1; i > 0; --i) {
        Frame* frame = top;
        top = frame->previous;
        std::uint32_t unit = rows[i].resume + offset_in(raw::code_of(frame));
        if (run.error) {
            set_failed_at(frame, unit);
        } else if (i + 1 == rows.size()) {
            raw::set_start(frame, unit);
        } else {
            finish_call(frame, rows[i], result);
        }
        raw::current(thread) = top;
        // The inlined callers of this one are levels of the program's recursion, too.
        const int callers = static_cast<int>(i) - 1;
        raw::recursion_left(thread) -= callers;
        result = run_frame(thread, frame, run.error.release());
        raw::recursion_left(thread) += callers;
        if (result == nullptr) run.error = steal(raw::take_error());
    }
    return result;
}

PyObject* roomy_negative(PyObject*) {
    InlinedRun* run = std::exchange(waiting_run, nullptr);
    if (run == nullptr) {
        PyErr_SetString(PyExc_SystemError, "hone: no exit is pending here");
        return nullptr;
    }
    PyObject* result = run_inlined(*run);
    return result != nullptr ? result : Py_NewRef(roomy_op);  // the error stays in the run
}

}  // namespace

PyObject* run_inlined(InlinedRun& run) {
    if (has_room(raw::thread_now(), words_needed(run))) return run_linked(run);
    waiting_run = &run;
    PyObject* result = PyObject_CallOneArg(roomy, Py_None);
    if (result == roomy_op) {
        Py_DECREF(result);
        return nullptr;
    }
    if (result == nullptr) {  // the recursion limit: thrown where the inlined code stands
        waiting_run = nullptr;
        run.error = steal(raw::take_error());
    }
    return result;
}

Result<void> start_inlined() {
    PyType_Slot slots[] = {{Py_nb_negative, reinterpret_cast<void*>(roomy_negative)}, {0, nullptr}};
    PyType_Spec spec = {
        "hone._jit.Room", sizeof(PyObject), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    PyObject* type = PyType_FromSpec(&spec);
    if (type == nullptr) return fail("the exit's type can't be made");
    roomy_op = PyObject_New(PyObject, reinterpret_cast<PyTypeObject*>(type));
    Assembler code;
    code.add(LOAD_CONST, 0);
    code.add(UNARY_NEGATIVE);
    code.add(RETURN_VALUE);
    roomy = bare_function("_room", code.bytes(), roomy_op, Py_None, kRoomySize);
    if (roomy == nullptr) return fail("the exit function can't be made");
    return start_run_frame();
}

}  // namespace hone::cpython
