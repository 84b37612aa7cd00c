// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/trampoline.h"

#include <string>

#include "base/check.h"
#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/opcode_tables.h"
#include "cpython/bytecode/unit.h"
#include "cpython/exits.h"

namespace hone::cpython {

namespace {

PyTypeObject* entry_type = nullptr;
PyTypeObject* sentinel_type = nullptr;
PyObject* sentinel = nullptr;
PyObject* cold_entry_function = nullptr;  // what a pickled entry becomes
int extra_index = -1;                     // co_extra slot of our copies: a CopyNote
void (*release_owner)(void*) = nullptr;

PyObject* decline(Entry*, Frame*, PyThreadState*) {
    return declined();
}

Entry* as_entry(PyObject* object) {
    return reinterpret_cast<Entry*>(object);
}

PyObject* entry_negative(PyObject* self) {
    Entry* entry = as_entry(self);
    PyThreadState* thread = raw::thread_now();
    Frame* frame = raw::current(thread);
    // Somebody may apply minus to the constant by hand, with another frame running.
    if (raw::code_of(frame) != entry->installed) [[unlikely]]
        return declined();
    raw::set_position(frame, entry->body_start);
    forget_exit(frame);
    return entry->call(entry, frame, thread);
}

void entry_dealloc(PyObject* self) {
    Entry* entry = as_entry(self);
    if (entry->owner != nullptr && release_owner != nullptr) release_owner(entry->owner);
    Py_XDECREF(entry->original);
    PyTypeObject* type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(type);
}

PyObject* entry_reduce(PyObject*, PyObject*) {
    return Py_BuildValue("O()", cold_entry_function);
}

// The sentinel, inverted, says whether the running frame has an exit pending.
PyObject* sentinel_invert(PyObject*) {
    bool pending = exit_pending(raw::current(raw::thread_now()));
    return Py_NewRef(pending ? Py_True : Py_None);
}
PyObject* sentinel_reduce(PyObject*, PyObject*) {
    return PyUnicode_FromString("_sentinel");
}

PyMethodDef entry_methods[] = {
    {"__reduce__", entry_reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef sentinel_methods[] = {
    {"__reduce__", sentinel_reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyObject* make_cold_entry(PyObject*, PyObject*) {
    Ref<Entry> entry = make_entry(nullptr);
    return reinterpret_cast<PyObject*>(entry.release());
}
PyMethodDef cold_entry_method = {
    "_entry", make_cold_entry, METH_NOARGS,
    "What the native constant of a prepared code object is pickled as."};

template <class Function>
PyType_Slot type_slot(int slot, Function* function) {
    return {slot, reinterpret_cast<void*>(function)};
}

PyTypeObject* make_types_entry() {
    PyType_Slot slots[] = {type_slot(Py_nb_negative, entry_negative),
                           type_slot(Py_tp_dealloc, entry_dealloc),
                           {Py_tp_methods, entry_methods},
                           {0, nullptr}};
    PyType_Spec spec = {
        "hone._jit.Entry", sizeof(Entry), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
}

PyTypeObject* make_types_sentinel() {
    PyType_Slot slots[] = {
        type_slot(Py_nb_invert, sentinel_invert), {Py_tp_methods, sentinel_methods}, {0, nullptr}};
    PyType_Spec spec = {
        "hone._jit.Sentinel", sizeof(PyObject), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
}

// What a copy made here knows of itself.
struct CopyNote {
    Ref<PyCodeObject> original;
    Entry* entry = nullptr;  // strong; none if only nested code was prepared
};

// The copy dies: nobody may compare with its address any more.
void drop_note(void* extra) {
    auto* note = static_cast<CopyNote*>(extra);
    if (note == nullptr) return;
    if (note->entry != nullptr) {
        note->entry->installed = nullptr;
        Py_DECREF(reinterpret_cast<PyObject*>(note->entry));
    }
    delete note;
}

CopyNote* note_of(PyCodeObject* code) {
    void* extra = nullptr;
    if (extra_index < 0) return nullptr;
    if (raw::get_code_extra(code, extra_index, &extra) < 0) PyErr_Clear();
    return static_cast<CopyNote*>(extra);
}

bool set_note(PyCodeObject* copy, PyCodeObject* original, Entry* entry) {
    auto* note = new CopyNote{Ref<PyCodeObject>::own(original), entry};
    Py_XINCREF(reinterpret_cast<PyObject*>(entry));
    if (raw::set_code_extra(copy, extra_index, note) == 0) return true;
    drop_note(note);
    return false;
}

constexpr int kNotPlain = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
constexpr int kFunction = CO_OPTIMIZED | CO_NEWLOCALS;

// Called often, from its first line.
bool enterable(PyCodeObject* code) {
    return (code->co_flags & kNotPlain) == 0 && (code->co_flags & kFunction) == kFunction;
}

const char* unpreparable(PyCodeObject* code) {
    if (entry_of(code) != nullptr) return "this code is prepared already";
    if (enterable(code) || !read_loops(code).empty()) return nullptr;
    return (code->co_flags & kNotPlain) != 0
               ? "generators and coroutines are entered at their loops only, and this has none"
               : "module and class bodies are entered at their loops only, and this has none";
}

// The unit behind RESUME, or 0.
std::uint32_t behind_resume(const std::string& code) {
    for (std::size_t i = 0; i + 1 < code.size();) {
        unsigned opcode = static_cast<unsigned char>(code[i]);
        i += 2 + 2u * hone_opcode_caches[opcode];
        if (opcode == RESUME) return static_cast<std::uint32_t>(i / 2);
    }
    return 0;
}

struct Prologue {
    Assembler code;
    std::uint32_t pad = 0, landing = 0;  // units within
};

void add_call_of_exit_function(Assembler& code, std::uint32_t function, std::uint32_t none) {
    if (raw::kNullFirst) code.add(PUSH_NULL);
    code.add(LOAD_CONST, function);
    if (!raw::kNullFirst) code.add(PUSH_NULL);
    code.add(LOAD_CONST, none);
    code.add(raw::kPrecall, 1);
    code.add(CALL, 1);
    code.add(POP_TOP);
}

// Calls E, constant `first`, with None behind it; what is entered falls through to the body.
void add_pad(Prologue& out, std::uint32_t first, bool needs_landing) {
    Assembler& code = out.code;
    out.pad = code.size();
    add_call_of_exit_function(code, first, first + 1);
    if (!needs_landing) return;
    // An exit to an empty stack in a frame without locals: there is no slot E's result could
    // fall into without being seen, so it lands here; exit_op sets the distance.
    std::size_t over = code.jump(JUMP_FORWARD);
    out.landing = code.size();
    code.add(POP_TOP);
    code.add(EXTENDED_ARG);
    code.add(EXTENDED_ARG);
    code.add(JUMP_FORWARD);
    code.bind(over);
}

// Of code that is entered at its loops only.
Prologue make_pad(std::uint32_t first, bool needs_landing) {
    Prologue out;
    std::size_t over = out.code.jump(JUMP_FORWARD);
    add_pad(out, first + 2, needs_landing);
    out.code.bind(over);
    return out;
}

// Constants from `first` on: entry, sentinel, E, None.
Prologue make_prologue(std::uint32_t first, bool needs_landing) {
    Prologue out;
    Assembler& code = out.code;
    code.add(LOAD_CONST, first);
    code.add(UNARY_NEGATIVE);
    code.add(COPY, 1);
    code.add(LOAD_CONST, first + 1);
    code.add(IS_OP, 0);
    std::size_t no_result = code.jump(raw::kPopJumpIfTrue);
    code.add(raw::kNotTaken);
    code.add(RETURN_VALUE);
    code.bind(no_result);
    code.add(UNARY_INVERT);
    std::size_t to_body = code.jump(raw::kPopJumpIfNone);
    code.add(raw::kNotTaken);
    add_pad(out, first + 2, needs_landing);
    code.bind(to_body);
    return out;
}

// Entry, sentinel, E, None.
constexpr Py_ssize_t kOwnConstants = 4;

// The original's constants (or those with prepared nested code) and what the prologue loads.
Ref<> longer_consts(PyObject* consts, Entry* entry) {
    Py_ssize_t count = PyTuple_GET_SIZE(consts);
    Ref<> longer = steal(PyTuple_New(count + kOwnConstants));
    if (!longer) return {};
    for (Py_ssize_t i = 0; i < count; ++i) {
        PyTuple_SET_ITEM(longer.get(), i, Py_NewRef(PyTuple_GET_ITEM(consts, i)));
    }
    PyTuple_SET_ITEM(longer.get(), count, Py_NewRef(reinterpret_cast<PyObject*>(entry)));
    PyTuple_SET_ITEM(longer.get(), count + 1, Py_NewRef(sentinel));
    PyTuple_SET_ITEM(longer.get(), count + 2, Py_NewRef(exit_function()));
    PyTuple_SET_ITEM(longer.get(), count + 3, Py_NewRef(Py_None));
    return longer;
}

std::vector<ir::Handler> moved_handlers(PyCodeObject* code, std::uint32_t from, std::uint32_t by) {
    std::vector<ir::Handler> handlers = read_exception_table(code);
    for (ir::Handler& handler : handlers) {
        if (handler.start >= from) handler.start += by;
        if (handler.end > from) handler.end += by;
        if (handler.target >= from) handler.target += by;
    }
    return handlers;
}

std::string python_error() {
    Ref<> error = steal(raw::take_error());
    Ref<> text = steal(PyObject_Str(error.get()));
    const char* utf8 = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
    std::string out = utf8 != nullptr ? utf8 : Py_TYPE(error.get())->tp_name;
    PyErr_Clear();
    return out;
}

void attach(Entry* entry, PyCodeObject* original, PyCodeObject* installed, std::uint32_t at,
            const Prologue& prologue) {
    PyCodeObject* old = std::exchange(
        entry->original,
        reinterpret_cast<PyCodeObject*>(Py_NewRef(reinterpret_cast<PyObject*>(original))));
    Py_XDECREF(reinterpret_cast<PyObject*>(old));
    entry->installed = installed;
    entry->prologue = at;
    entry->body_offset = prologue.code.size();
    entry->pad = at + prologue.pad;
    entry->enterable = enterable(original);
    entry->landing = prologue.landing == 0 ? 0 : at + prologue.landing;
    entry->body_unit = at + entry->body_offset;
    entry->body_start = raw::running_position(installed, entry->body_unit);
}

// `consts`: the original's, or the same with prepared nested code.
Result<Ref<PyCodeObject>> prepare_with(PyCodeObject* original, PyObject* consts, Entry* entry) {
    if (const char* reason = unpreparable(original)) return fail(reason);
    std::string code = base_code(original);
    std::uint32_t at = behind_resume(code);
    if (at == 0) return fail("this code has no RESUME instruction");
    const auto make = enterable(original) ? make_prologue : make_pad;
    Prologue prologue =
        make(static_cast<std::uint32_t>(PyTuple_GET_SIZE(consts)), original->co_nlocalsplus == 0);
    std::string lines(PyBytes_AS_STRING(original->co_linetable),
                      static_cast<std::size_t>(PyBytes_GET_SIZE(original->co_linetable)));
    lines = insert_units(lines, at, prologue.code.size());
    if (lines.empty()) return fail("the line table of this code is not the compiler's");
    code.insert(2 * at, prologue.code.bytes());

    constexpr int kPrologueStack = 4;
    std::string handlers =
        write_exception_table(moved_handlers(original, at, prologue.code.size()));
    Fields fields;
    fields.emplace_back("co_code", bytes_object(code));
    fields.emplace_back("co_consts", longer_consts(consts, entry));
    fields.emplace_back("co_linetable", bytes_object(lines));
    fields.emplace_back("co_exceptiontable", bytes_object(handlers));
    fields.emplace_back("co_stacksize",
                        steal(PyLong_FromLong(std::max(original->co_stacksize, kPrologueStack))));
    Ref<PyCodeObject> installed = replace_fields(original, std::move(fields));
    if (!installed || !set_note(installed.get(), original, entry)) return fail(python_error());
    attach(entry, original, installed.get(), at, prologue);
    return installed;
}

// The constants with nested code replaced; the tuple itself if nothing changed.
Ref<> prepared_consts(PyObject* consts, const ChooseEntry& choose) {
    Py_ssize_t count = PyTuple_GET_SIZE(consts);
    Ref<> made = steal(PyTuple_New(count));
    if (!made) return {};
    bool changed = false;
    for (Py_ssize_t i = 0; i < count; ++i) {
        Ref<> constant = own(PyTuple_GET_ITEM(consts, i));
        if (PyCode_Check(constant.get())) {
            Ref<PyCodeObject> nested =
                prepare_tree(reinterpret_cast<PyCodeObject*>(constant.get()), choose);
            if (!nested) return {};
            changed = changed || nested.object() != constant.get();
            constant = steal(reinterpret_cast<PyObject*>(nested.release()));
        }
        PyTuple_SET_ITEM(made.get(), i, constant.release());
    }
    return changed ? std::move(made) : own(consts);
}

}  // namespace

PyObject* declined() noexcept {
    return Py_NewRef(sentinel);
}

void set_entry_release(void (*release)(void* owner)) noexcept {
    release_owner = release;
}

Result<void> start_trampolines() {
    if (sentinel != nullptr) return {};
    if (auto started = start_exits(); !started) return started;
    entry_type = make_types_entry();
    sentinel_type = make_types_sentinel();
    if (entry_type == nullptr || sentinel_type == nullptr) return fail(python_error());
    Ref<> module = steal(PyUnicode_FromString("hone._jit"));
    cold_entry_function = PyCFunction_NewEx(&cold_entry_method, nullptr, module.get());
    extra_index = raw::code_extra_index(drop_note);
    if (extra_index < 0)
        return fail("no room for data on code objects: other tools have taken all of it");
    sentinel = PyObject_New(PyObject, sentinel_type);
    if (sentinel == nullptr || cold_entry_function == nullptr) return fail(python_error());
    return {};
}

bool add_trampoline_names(PyObject* module) {
    return PyModule_AddObjectRef(module, "_entry", cold_entry_function) == 0 &&
           PyModule_AddObjectRef(module, "_sentinel", sentinel) == 0 &&
           PyModule_AddObjectRef(module, "_leave", exit_function()) == 0;
}

Ref<Entry> make_entry(PyCodeObject* original) {
    Entry* entry = PyObject_New(Entry, entry_type);
    if (entry == nullptr) return {};
    entry->call = decline;
    entry->owner = nullptr;
    entry->original =
        reinterpret_cast<PyCodeObject*>(Py_XNewRef(reinterpret_cast<PyObject*>(original)));
    entry->installed = nullptr;
    entry->body_offset = 0;
    entry->prologue = 0;
    entry->body_unit = 0;
    entry->pad = 0;
    entry->enterable = false;
    entry->landing = 0;
    entry->body_start = nullptr;
    return Ref<Entry>::steal(entry);
}

Result<Ref<PyCodeObject>> prepare(PyCodeObject* original, Entry* entry) {
    return prepare_with(original, original->co_consts, entry);
}

Ref<PyCodeObject> prepare_tree(PyCodeObject* code, const ChooseEntry& choose) {
    if (note_of(code) != nullptr) return Ref<PyCodeObject>::own(code);
    Ref<> consts = prepared_consts(code->co_consts, choose);
    if (!consts) return {};
    if (unpreparable(code) == nullptr) {
        Ref<Entry> entry = choose(code);
        if (!entry && PyErr_Occurred() != nullptr) return {};
        // Code that is not the compiler's own may fail here; it stays as it is.
        if (entry) {
            if (auto prepared = prepare_with(code, consts.get(), entry.get()))
                return std::move(*prepared);
        }
    }
    if (consts.get() == code->co_consts) return Ref<PyCodeObject>::own(code);
    Fields fields;
    fields.emplace_back("co_consts", std::move(consts));
    Ref<PyCodeObject> copy = replace_fields(code, std::move(fields));
    if (!copy || !set_note(copy.get(), code, nullptr)) return {};
    return copy;
}

Entry* entry_of(PyCodeObject* code) noexcept {
    CopyNote* note = note_of(code);
    return note == nullptr ? nullptr : note->entry;
}

Entry* entry_in_constants(PyCodeObject* code) noexcept {
    const Py_ssize_t at = PyTuple_GET_SIZE(code->co_consts) - kOwnConstants;
    if (at < 0) return nullptr;
    PyObject* const constant = PyTuple_GET_ITEM(code->co_consts, at);
    if (Py_TYPE(constant) != entry_type) return nullptr;
    Entry* const entry = as_entry(constant);
    return entry->installed == code && entry->enterable ? entry : nullptr;
}

PyCodeObject* original_of(PyCodeObject* code) noexcept {
    CopyNote* note = note_of(code);
    return note == nullptr ? code : note->original.get();
}

const void* body_units(const Entry& entry) noexcept {
    return raw::units_of(entry.installed) + entry.body_offset;
}

bool switch_prologue(Entry* entry, bool on) noexcept {
    if (entry->installed == nullptr || !entry->enterable) return false;
    _Py_CODEUNIT* unit = raw::units_of(entry->installed) + entry->prologue;
    auto* bytes = reinterpret_cast<unsigned char*>(unit);
    // What stands there: JUMP_FORWARD when off; on, LOAD_CONST in one of its forms, or the
    // EXTENDED_ARG of a large index. Anything else was put there by a tool.
    unsigned general = hone_opcode_deopt[bytes[0]];
    if (general != JUMP_FORWARD && general != LOAD_CONST && general != EXTENDED_ARG) return false;
    if (bytes[0] != general && general == JUMP_FORWARD) return false;
    if (on == (general != JUMP_FORWARD)) return true;
    unsigned index = static_cast<unsigned>(PyTuple_GET_SIZE(entry->installed->co_consts)) - 4;
    if (!on) {
        bytes[1] = static_cast<unsigned char>(entry->body_offset - 1);
        bytes[0] = JUMP_FORWARD;
        return true;
    }
    unsigned shift = index > 0xffff ? 16 : index > 0xff ? 8 : 0;
    bytes[1] = static_cast<unsigned char>(index >> shift);
    bytes[0] = shift == 0 ? LOAD_CONST : EXTENDED_ARG;
    return true;
}

}  // namespace hone::cpython
