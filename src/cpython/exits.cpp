// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/exits.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/check.h"
#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/unit.h"
#include "cpython/inlined.h"
#include "cpython/iterators.h"
#include "cpython/materialise.h"
#include "cpython/pause.h"
#include "cpython/rebuild.h"
#include "cpython/slots.h"
#include "cpython/trampoline.h"

namespace hone::cpython {

namespace {

PyTypeObject* exit_type = nullptr;
PyObject* exit_op = nullptr;  // E's native constant
PyObject* leave = nullptr;    // E
PyObject* server = nullptr;

// What exit_op has to write into `frame` once the interpreter has let go of it.
struct Pending {
    Frame* frame = nullptr;
    std::uint32_t unit = 0;     // installed code
    PyObject* error = nullptr;  // strong; raise it at `unit` instead of going on there
    SlotArray stack;
};

// Innermost last, but found by frame: a finaliser in between may run compiled code that leaves
// too, and greenlets may interleave the frames of one thread. Of all threads, under the GIL:
// finding a thread's own took 5 % of an exit.
std::vector<Pending> pending;

std::vector<Pending>::iterator find_pending(Frame* frame) {
    auto found = std::find_if(pending.rbegin(), pending.rend(),
                              [frame](const Pending& p) { return p.frame == frame; });
    return found == pending.rend() ? pending.end() : std::prev(found.base());
}

PyObject* raise_in(Frame* frame, Pending& exit) {
    raw::Slot* base = raw::slots_of(frame) + raw::code_of(frame)->co_nlocalsplus;
    for (std::uint32_t i = 0; i < exit.stack.size(); ++i) base[i] = exit.stack[i];
    raw::set_depth(
        frame, static_cast<std::uint32_t>(raw::code_of(frame)->co_nlocalsplus) + exit.stack.size());
    set_failed_at(frame, exit.unit);
    raw::give_error(exit.error);
    return nullptr;
}

// Hands `slot` to the interpreter as what E returns.
PyObject* give_slot(Frame* self, raw::Slot slot) {
    if constexpr (raw::kMoveLocal >= 0) {
        raw::slots_of(self)[0] = slot;  // None, which is immortal, was there
        return Py_NewRef(Py_None);
    } else {
        // E tells NULL by this object and pushes it by itself.
        PyObject* object = raw::slot_object(slot);
        (void)self;
        return object != nullptr ? object : Py_NewRef(exit_op);
    }
}

// The distance of the landing pad's jump, which leads from behind it to `unit`.
void aim_landing(PyCodeObject* code, std::uint32_t landing, std::uint32_t unit) {
    std::uint32_t distance = unit - (landing + 4);
    auto* bytes = reinterpret_cast<unsigned char*>(raw::units_of(code) + landing);
    bytes[3] = static_cast<unsigned char>(distance >> 16);
    bytes[5] = static_cast<unsigned char>(distance >> 8);
    bytes[7] = static_cast<unsigned char>(distance);
}

// The top item is what E's return pushes; an empty stack takes the last local on this way.
PyObject* resume_in(Frame* self, Frame* frame, Pending& exit) {
    PyCodeObject* code = raw::code_of(frame);
    auto locals = static_cast<std::uint32_t>(code->co_nlocalsplus);
    raw::Slot* slots = raw::slots_of(frame);
    std::uint32_t depth = exit.stack.size();
    if (locals + depth == 0) {
        std::uint32_t landing = entry_of(code)->landing;
        aim_landing(code, landing, exit.unit);
        raw::set_depth(frame, 0);
        raw::set_next(frame, landing);
        return give_slot(self, raw::slot_of(Py_NewRef(Py_None)));
    }
    for (std::uint32_t i = 0; i + 1 < depth; ++i) slots[locals + i] = exit.stack[i];
    raw::set_depth(frame, locals + depth - 1);
    raw::set_next(frame, exit.unit);
    return give_slot(self, depth == 0 ? slots[locals - 1] : exit.stack[depth - 1]);
}

PyObject* exit_negative(PyObject*) {
    Frame* self = raw::current(raw::thread_now());
    Frame* frame = self->previous;
    auto found = frame == nullptr ? pending.end() : find_pending(frame);
    if (found == pending.end() ||
        raw::code_of(self) != reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(leave))) {
        PyErr_SetString(PyExc_SystemError, "hone: no exit is pending here");
        return nullptr;
    }
    Pending exit = std::move(*found);
    pending.erase(found);
    --raw::recursion_left(raw::thread_now());  // lent by take_exit for E
    return exit.error != nullptr ? raise_in(frame, exit) : resume_in(self, frame, exit);
}

PyObject* exit_reduce(PyObject*, PyObject*) {
    return PyUnicode_FromString("_exit");
}
PyMethodDef exit_methods[] = {
    {"__reduce__", exit_reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

void add_pending(Frame* frame, std::uint32_t unit, PyObject* error, SlotArray stack) {
    pending.push_back({frame, unit, error, std::move(stack)});
}

// RESUME of any Python function serves, on every version and without a hidden symbol; so an empty
// one is called.
PyObject* make_server() {
    Assembler code;
    code.add(RESUME, 0);
    code.add(LOAD_CONST, 0);
    code.add(RETURN_VALUE);
    return bare_function(kServer, code.bytes(), Py_None);
}

}  // namespace

Result<void> start_exits() {
    if (leave != nullptr) return {};
    if (!iterators_as_expected())
        return fail("this CPython's iterators are laid out in an unknown way");
    PyType_Slot slots[] = {{Py_nb_negative, reinterpret_cast<void*>(exit_negative)},
                           {Py_tp_methods, exit_methods},
                           {0, nullptr}};
    PyType_Spec spec = {
        "hone._jit.Exit", sizeof(PyObject), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    exit_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    if (exit_type == nullptr) return fail("the exit's type can't be made");
    exit_op = PyObject_New(PyObject, exit_type);
    leave = bare_function("_leave", leave_code(), exit_op);
    server = make_server();
    if (leave == nullptr || server == nullptr) return fail("the exit function can't be made");
    return start_inlined();
}

PyObject* exit_function() noexcept {
    return leave;
}

void forget_exit(Frame* frame) noexcept {
    if (pending.empty()) [[likely]]
        return;
    auto found = find_pending(frame);
    if (found == pending.end()) return;
    Pending lost = std::move(*found);
    pending.erase(found);
    close_slots(lost.stack);
    Py_XDECREF(lost.error);
}

bool exit_pending(Frame* frame) noexcept {
    return find_pending(frame) != pending.end();
}

namespace {

// The entered function's own part.
Rebuilt rebuild_outer(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                      Materialiser& maker, std::uint32_t body_offset) {
    Rebuilt out;
    if (row.kind == ir::ExitKind::Raise) out.error = steal(raw::take_error());
    const ir::FrameRow& outer = row.frames.front();
    out.unit = outer.resume + body_offset;
    raw::set_running(frame, out.unit);  // first: what is made is made there
    const ir::SlotRow* bottom = write_locals(frame, outer, maker, out.old);
    if (row.kind != ir::ExitKind::Sync) out.stack = make_stack(bottom, outer.stack, buffer, maker);
    if (maker.failed() && !out.error) out.error = steal(raw::take_error());
    return out;
}

}  // namespace

Rebuilt rebuild(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                const ObjectTable& objects, std::uint32_t body_offset) {
    Materialiser maker(buffer, objects);
    Rebuilt out = rebuild_outer(frame, row, buffer, maker, body_offset);
    if (row.frames.size() == 1) return out;

    InlinedRun run{frame, row, buffer, maker, out.error};
    if (PyObject* result = run_inlined(run)) {
        out.stack.push(raw::slot_of(result));
        out.unit += instruction_length(raw::code_of(frame), out.unit);
    }
    return out;
}

std::uint32_t landing_for(Frame* frame, std::uint32_t unit) {
    Entry* const entry = entry_of(raw::code_of(frame));
    if (entry == nullptr || entry->landing == 0) return 0;
    aim_landing(raw::code_of(frame), entry->landing, unit);
    return entry->landing;
}

PyObject* take_exit(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                    const ObjectTable& objects, std::uint32_t body_offset) {
    Rebuilt made = rebuild(frame, row, buffer, objects, body_offset);
    if (row.kind == ir::ExitKind::Sync) {
        close_slots(made.old);
        return nullptr;
    }
    add_pending(frame, made.unit, made.error.release(), std::move(made.stack));
    close_slots(made.old);
    for (std::uint32_t word : row.release) Py_XDECREF(reinterpret_cast<PyObject*>(buffer[word]));
    // E is one Python call deeper than the program is: it must not meet the recursion limit.
    ++raw::recursion_left(raw::thread_now());
    return declined();
}

namespace {

// The error that came of it, or null.
Ref<> serve() {
    const Ref<> done = steal(PyObject_CallOneArg(server, Py_None));
    return done ? Ref<>() : steal(raw::take_error());
}

// With the inlined frames on top: the interpreter would have counted their levels.
After serve_in_inlined(Frame* frame, const ir::ExitRow& row, Materialiser& maker, Ref<>& error) {
    if (!show_inlined(row, maker)) return After::Leave;
    if (maker.failed()) {
        error = steal(raw::take_error());
    } else {
        int& levels = raw::recursion_left(raw::thread_now());
        const int inlined = static_cast<int>(row.frames.size()) - 1;
        levels -= inlined;
        error = serve();
        levels += inlined;
    }
    if (!error && hide_inlined(frame, row)) return After::GoOn;
    leave_shown(frame);
    return error ? After::Raise : After::Leave;
}

}  // namespace

After serve_while_shown(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                        const ObjectTable& objects, std::uint32_t body_offset) {
    Materialiser maker(buffer, objects);
    Rebuilt made = rebuild_outer(frame, row, buffer, maker, body_offset);
    After after = After::GoOn;
    if (!made.error && row.frames.size() > 1)
        after = serve_in_inlined(frame, row, maker, made.error);
    else if (!made.error)
        made.error = serve();
    SlotArray shown = put_back_locals(frame, row.frames.front(), made.old);
    close_slots(shown);
    if (!made.error) return after;
    raw::give_error(made.error.release());
    return After::Raise;
}

PyObject* take_return(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                      const ObjectTable& objects, std::uint32_t body_offset, PyObject* result) {
    Rebuilt made = rebuild(frame, row, buffer, objects, body_offset);
    if (pushes_result(frame, row))
        made.stack.push(raw::slot_of(result));
    else
        Py_DECREF(result);
    add_pending(frame, made.unit, nullptr, std::move(made.stack));
    close_slots(made.old);
    ++raw::recursion_left(raw::thread_now());
    return declined();
}

bool pushes_result(Frame* frame, const ir::ExitRow& row) {
    PyCodeObject* const original = original_of(raw::code_of(frame));
    const auto* unit =
        reinterpret_cast<const unsigned char*>(raw::units_of(original) + row.frames.front().resume);
    return !raw::returns_constant(unit[0]);
}

}  // namespace hone::cpython
