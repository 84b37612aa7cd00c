// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/inlined.h"

#include <vector>

#include "base/check.h"
#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/unit.h"
#include "cpython/exits.h"
#include "cpython/late_frames.h"
#include "cpython/run_frame.h"
#include "cpython/trampoline.h"

namespace hone::cpython {

namespace {

PyObject* roomy = nullptr;  // a function with a large frame: calling it brings a fresh chunk
PyObject* roomy_op = nullptr;
constexpr int kRoomySize = 1200;  // words; a chunk has 2,000 or so

thread_local InlinedRun* waiting_run = nullptr;  // for roomy_op

// The entered frame whose inlined frames are linked already, waiting for its exit.
thread_local Frame* shown_above = nullptr;

PyCodeObject* code_for(const ir::FrameRow& row, const Materialiser& maker) {
    PyObject* function = maker.objects().at(row.function);
    return reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
}

std::size_t words_needed(const ir::ExitRow& row, const Materialiser& maker) {
    std::size_t words = 0;
    for (std::size_t i = 1; i < row.frames.size(); ++i)
        words += raw::frame_words(code_for(row.frames[i], maker));
    return words;
}

std::uint32_t offset_in(PyCodeObject* code) {
    Entry* entry = entry_of(code);
    return entry == nullptr ? 0 : entry->body_offset;
}

Frame* link_row(PyThreadState* thread, const ir::FrameRow& row, const Materialiser& maker) {
    return link_frame(thread, maker.objects().at(row.function), code_for(row, maker));
}

// The locals and the position of a linked frame. Returns the row of the bottom of its stack.
const ir::SlotRow* show_row(Frame* frame, const ir::FrameRow& row, Materialiser& maker) {
    SlotArray old;
    raw::set_running(frame, row.resume + offset_in(raw::code_of(frame)));
    const ir::SlotRow* const bottom = write_locals(frame, row, maker, old);
    close_slots(old);
    return bottom;
}

void fill_frame(Frame* frame, const ir::FrameRow& row, const InlinedRun& run) {
    const ir::SlotRow* const bottom = show_row(frame, row, run.maker);
    const SlotArray stack = make_stack(bottom, row.stack, run.buffer, run.maker);
    const int locals = raw::code_of(frame)->co_nlocalsplus;
    raw::Slot* const base = raw::slots_of(frame) + locals;
    for (std::uint32_t i = 0; i < stack.size(); ++i) base[i] = stack[i];
    raw::set_depth(frame, static_cast<std::uint32_t>(locals) + stack.size());
}

// The innermost of the frames, which are filled: linked now, or shown before.
Frame* fill_frames(PyThreadState* thread, const InlinedRun& run) {
    const auto& rows = run.row.frames;
    if (shown_above != run.entered) {
        for (std::size_t i = 1; i < rows.size(); ++i)
            fill_frame(link_row(thread, rows[i], run.maker), rows[i], run);
        return raw::current(thread);
    }
    shown_above = nullptr;
    Frame* const top = raw::current(thread);
    std::vector<Frame*> frames;
    for (Frame* frame = top; frame != run.entered; frame = frame->previous) frames.push_back(frame);
    HONE_CHECK(frames.size() + 1 == rows.size(), "other frames are shown than the exit's");
    for (std::size_t i = 1; i < rows.size(); ++i)
        fill_frame(frames[rows.size() - 1 - i], rows[i], run);
    return top;
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
    const auto& rows = run.row.frames;
    Frame* top = fill_frames(thread, run);
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

bool show_inlined(const ir::ExitRow& row, Materialiser& maker) {
    PyThreadState* const thread = raw::thread_now();
    if (!has_room(thread, words_needed(row, maker))) return false;
    for (std::size_t i = 1; i < row.frames.size(); ++i)
        show_row(link_row(thread, row.frames[i], maker), row.frames[i], maker);
    return true;
}

bool hide_inlined(Frame* entered, const ir::ExitRow& row) {
    PyThreadState* const thread = raw::thread_now();
    bool kept = false;
    for (Frame* frame = raw::current(thread); frame != entered; frame = frame->previous)
        kept |= frame_kept(frame);
    if (kept) return false;
    for (std::size_t i = 1; i < row.frames.size(); ++i) drop_late_frame(raw::current(thread));
    return true;
}

void leave_shown(Frame* entered) noexcept {
    shown_above = entered;
}

PyObject* run_inlined(InlinedRun& run) {
    PyThreadState* const thread = raw::thread_now();
    if (shown_above == run.entered || has_room(thread, words_needed(run.row, run.maker)))
        return run_linked(run);
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
