// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/slots.h"

#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/opcode_tables.h"
#include "cpython/pause.h"
#include "ir/text.h"

namespace hone::cpython {

namespace {

// What was there dies quietly; the name was bound when the loop was entered, so there is room.
void write_variable(Frame* frame, PyObject* name, PyObject* made) {
    if (made == nullptr) return;
    if (PyDict_SetItem(frame->f_globals, name, made) < 0) PyErr_Clear();
    Py_DECREF(made);
}

}  // namespace

std::uint32_t own_locals(const ir::FrameRow& row) {
    return row.locals - static_cast<std::uint32_t>(row.variables.size());
}

void write_variables(Frame* frame, const ir::FrameRow& row, const ir::SlotRow*& at,
                     Materialiser& maker) {
    for (const ir::ObjectId name : row.variables)
        write_variable(frame, maker.objects().at(name), maker.make(at));
}

const ir::SlotRow* write_locals(Frame* frame, const ir::FrameRow& row, Materialiser& maker,
                                SlotArray& old) {
    const ir::SlotRow* at = row.slots.data();
    raw::Slot* slots = raw::slots_of(frame);
    for (std::uint32_t i = 0; i < own_locals(row); ++i) {
        if (at->form == ir::SlotForm::Keep) {
            ++at;
            continue;
        }
        raw::Slot made = raw::slot_of(maker.make(at));
        old.push(slots[i]);
        slots[i] = made;
    }
    write_variables(frame, row, at, maker);
    return at;
}

namespace {

// Behind the slot that begins at `row`, its parts included.
const ir::SlotRow* behind(const ir::SlotRow* row) {
    std::uint32_t parts = ir::text::slot_word(row->form).parts;
    if (parts == ir::text::kCounted) parts = row->a;
    ++row;
    while (parts-- > 0) row = behind(row);
    return row;
}

}  // namespace

SlotArray put_back_locals(Frame* frame, const ir::FrameRow& row, const SlotArray& old) {
    SlotArray shown;
    const ir::SlotRow* at = row.slots.data();
    raw::Slot* slots = raw::slots_of(frame);
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; next < old.size(); ++i, at = behind(at)) {
        if (at->form == ir::SlotForm::Keep) continue;
        shown.push(slots[i]);
        slots[i] = old[next++];
    }
    return shown;
}

SlotArray make_stack(const ir::SlotRow* bottom, std::uint32_t depth, const std::int64_t* buffer,
                     Materialiser& maker) {
    SlotArray stack;
    for (std::uint32_t i = 0; i < depth; ++i) {
        ir::SlotForm form = bottom->form;
        std::uint32_t word = bottom->a;
        PyObject* made = maker.make(bottom);
        stack.push(form == ir::SlotForm::TaggedIndex ? raw::tagged_slot(buffer[word])
                                                     : raw::slot_of(made));
    }
    return stack;
}

void close_slots(SlotArray& slots) {
    for (std::uint32_t i = 0; i < slots.size(); ++i) raw::close_slot(slots[i]);
    slots.clear();
}

namespace {

const ir::Handler* handler_at(const std::vector<ir::Handler>& handlers, std::uint32_t unit) {
    for (const ir::Handler& handler : handlers) {
        if (handler.start <= unit && unit < handler.end) return &handler;
    }
    return nullptr;
}

// 3.13+ looks the handler up one unit before the position and takes the line from the position.
// One unit behind the instruction's first serves both if that unit is the instruction's own
// (a cache, or the instruction behind its EXTENDED_ARG). Else the instruction itself does,
// where the one before it is under the same handler.
std::uint32_t failed_unit(PyCodeObject* code, std::uint32_t unit) {
    unsigned opcode =
        hone_opcode_deopt[reinterpret_cast<unsigned char*>(raw::units_of(code) + unit)[0]];
    if (hone_opcode_caches[opcode] > 0 || opcode == EXTENDED_ARG || unit == 0) return unit + 1;
    std::vector<ir::Handler> handlers = read_exception_table(code);
    return handler_at(handlers, unit) == handler_at(handlers, unit - 1) ? unit : unit + 1;
}

}  // namespace

void set_failed_at(Frame* frame, std::uint32_t unit) {
    std::uint32_t position = unit;
    if constexpr (raw::kFailsBehind) {
        position = failed_unit(raw::code_of(frame), unit);
        raw::share_line(raw::code_of(frame), unit, position);
    }
    raw::set_running(frame, position);
}

// E. 3.12+: LOAD_FAST_AND_CLEAR moves the slot untouched, so NULL and tagged integers pass. 3.11:
// the result itself, with a way for NULL.
std::string leave_code() {
    Assembler code;
    code.add(LOAD_CONST, 0);
    code.add(UNARY_NEGATIVE);
    if constexpr (raw::kMoveLocal >= 0) {
        code.add(POP_TOP);
        code.add(raw::kMoveLocal, 0);
        code.add(RETURN_VALUE);
        return code.bytes();
    }
    code.add(COPY, 1);
    code.add(LOAD_CONST, 0);
    code.add(IS_OP, 0);
    std::size_t null = code.jump(raw::kPopJumpIfTrue);
    code.add(RETURN_VALUE);
    code.bind(null);
    code.add(POP_TOP);
    code.add(PUSH_NULL);
    code.add(RETURN_VALUE);
    return code.bytes();
}

namespace {

// Frames of these functions are nobody's to see, in a handler or in a traceback: none comes to the
// first traceable instruction. Code with a RESUME has to have one, though: without it, it is never
// up to date with sys.monitoring, and the RESUME turns for ever (_Py_Instrument of 3.12). And on
// 3.15 code has to have a RESUME, or it has no monitoring data, which PY_UNWIND reads when an error
// passes; one of a kind (2) that looks at no eval breaker.
struct Hidden {
    std::string code;
    int first_traceable = -1;  // -1: as it comes, behind the end
};

Hidden hidden(const std::string& code) {
    const bool resumes = static_cast<unsigned char>(code[0]) == RESUME;
    if (!resumes && !raw::kUnwindsByCode) return {code};
    Assembler head, tail;
    if (!resumes) head.add(RESUME, 2);
    tail.add(RETURN_VALUE);
    const std::string whole = head.bytes() + code;
    return {whole + tail.bytes(), static_cast<int>(whole.size() / 2)};
}

}  // namespace

PyObject* bare_function(const char* name, const std::string& given, PyObject* constant,
                        PyObject* second, int stack_size) {
    const auto [code, first_traceable] = hidden(given);
    Ref<> globals = steal(Py_BuildValue("{s:s}", "__name__", "hone._jit"));
    if (!globals) return nullptr;
    PyObject* builtins = PyEval_GetBuiltins();
    if (PyDict_SetItemString(globals.get(), "__builtins__", builtins) < 0) return nullptr;
    Ref<> ran =
        steal(PyRun_String("def leave(a): pass\n", Py_file_input, globals.get(), globals.get()));
    Ref<> model = own(PyDict_GetItemString(globals.get(), "leave"));
    if (!ran || !model || PyDict_DelItemString(globals.get(), "leave") < 0) return nullptr;

    Fields fields;
    fields.emplace_back("co_code", bytes_object(code));
    fields.emplace_back("co_consts", steal(PyTuple_Pack(2, constant, second)));
    fields.emplace_back("co_linetable",
                        bytes_object(no_location(static_cast<std::uint32_t>(code.size() / 2))));
    fields.emplace_back("co_stacksize", steal(PyLong_FromLong(stack_size)));
    fields.emplace_back("co_name", steal(PyUnicode_FromString(name)));
    fields.emplace_back("co_qualname", steal(PyUnicode_FromString(name)));
    fields.emplace_back("co_filename", steal(PyUnicode_FromString(kHelperFile)));
    auto* model_code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(model.get()));
    Ref<PyCodeObject> made = replace_fields(model_code, std::move(fields));
    if (!made) return nullptr;
    if (first_traceable >= 0) made.get()->_co_firsttraceable = first_traceable;
    return PyFunction_New(made.object(), globals.get());
}

}  // namespace hone::cpython
