// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/bytecode/unit.h"

#include <utility>

#include "cpython/events/compiled_calls.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/opcode_tables.h"
#include "cpython/kept.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

using ir::Bc;

// How an opcode's argument becomes Instr::arg, and what it splits into.
enum class Shape : std::uint8_t {
    Unknown,  // no row: Bc::Unsupported
    Vanish,
    None,
    Same,
    Global,     // name in arg >> 1, low bit: push NULL too
    Attribute,  // name in arg >> 1, low bit: a method
    Binary,     // NB_* number
    Compare4,
    Compare5,  // operator above four or five bits; 3.13+: bit 4 = result converted to bool
    Forward,
    Backward,
    Loop,
    Call,
    KwNames,
    Precall,
    LoadLoad,
    StoreLoad,
    StoreStore,  // two locals of four bits
    ReturnConst,
    SmallInt,
    CommonConstant,
    Intrinsic,
};

struct OpRow {
    Bc op = Bc::Unsupported;
    Shape shape = Shape::Unknown;
};

struct Tables {
    std::array<OpRow, 256> ops{};
    std::array<ir::Seen, 256> seen{};
};

consteval Tables make_tables() {
    Tables tables;
#define HONE_OP(name, bc, shape_name) tables.ops[name] = {Bc::bc, Shape::shape_name};
#define HONE_SEEN(name, what) tables.seen[name] = ir::Seen::what;
#include HONE_BYTECODE_TABLE
#undef HONE_OP
#undef HONE_SEEN
    return tables;
}
constexpr Tables tables = make_tables();

// CPython's numbers of binary operators: ours in the same order, in-place from 13 on.
constexpr std::uint32_t kOperators = 13;
constexpr std::uint32_t kSubscript = 26;
constexpr std::uint32_t kIntrinsicUnaryPositive = 5, kIntrinsicListToTuple = 6;

struct Decoded {
    unsigned opcode;
    std::uint32_t arg;
    std::uint32_t start;  // unit of the first EXTENDED_ARG, or of the instruction
    std::uint32_t at;     // unit of the instruction itself
    std::uint32_t next;   // unit behind its caches
};

class Decoder {
  public:
    explicit Decoder(const std::string& code) : code_(code) {}
    [[nodiscard]] bool done() const { return 2 * unit_ + 1 >= code_.size(); }
    Decoded next() {
        Decoded out{.opcode = 0, .arg = 0, .start = unit_, .at = 0, .next = 0};
        for (;;) {
            out.opcode = static_cast<unsigned char>(code_[2 * unit_]);
            out.arg = out.arg << 8 | static_cast<unsigned char>(code_[2 * unit_ + 1]);
            out.at = unit_++;
            if (out.opcode != EXTENDED_ARG || done()) break;
        }
        unit_ += hone_opcode_caches[out.opcode];
        out.next = unit_;
        return out;
    }

  private:
    const std::string& code_;
    std::uint32_t unit_ = 0;
};

std::string text_of(PyObject* text) {
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (utf8 == nullptr) {  // lone surrogates: the name is for people only
        PyErr_Clear();
        return "?";
    }
    return {utf8, static_cast<std::size_t>(size)};
}

const std::vector<std::string>* read_opcode_names() {
    auto* made = new std::vector<std::string>(256, "?");
    Ref<> module = steal(PyImport_ImportModule("opcode"));
    Ref<> list = steal(module ? PyObject_GetAttrString(module.get(), "opname") : nullptr);
    for (Py_ssize_t i = 0; list && i < std::min<Py_ssize_t>(256, PyList_GET_SIZE(list.get())); ++i)
        (*made)[static_cast<std::size_t>(i)] = text_of(PyList_GET_ITEM(list.get(), i));
    PyErr_Clear();
    return made;
}

const std::string& opcode_name(unsigned opcode) {
    return (*kept<read_opcode_names>())[opcode];
}

// The interpreter itself has put an event in (3.12+).
bool starts_line(PyCodeObject* installed, std::uint32_t unit) {
#ifdef INSTRUMENTED_LINE
    return reinterpret_cast<const unsigned char*>(raw::units_of(installed))[2 * unit] ==
           INSTRUMENTED_LINE;
#else
    return unit > ~std::uint32_t{0} - (installed != nullptr ? 0 : 1);
#endif
}

class Reader {
  public:
    Reader(PyCodeObject* original, PyCodeObject* installed, std::uint32_t body_offset,
           ObjectTable& objects)
        : original_(original),
          installed_(installed),
          body_offset_(body_offset),
          objects_(objects) {}

    Result<ir::Unit> read();

  private:
    void read_head();
    void read_locals();
    void read_names();
    void read_methods();
    void read_instruction(const Decoded& in);
    void read_call(const Decoded& in);
    void add(Bc op, std::int32_t arg, const Decoded& in, std::int32_t extra = 0);
    void add_jump(Bc op, std::uint32_t target, const Decoded& in, std::int32_t extra = 0);
    void add_binary(const Decoded& in);
    void add_compare(const Decoded& in, unsigned shift);
    void add_loop(const Decoded& in);
    void add_constant(PyObject* object, const Decoded& in);
    void add_common_constant(const Decoded& in);
    void add_unsupported(const Decoded& in);
    [[nodiscard]] bool is_probe(std::uint32_t constant) const;
    void add_probe(const Decoded& in);
    [[nodiscard]] ir::Seen seen_at(std::uint32_t unit) const;
    [[nodiscard]] std::uint32_t type_version_at(std::uint32_t unit) const;
    [[nodiscard]] bool resolve_jumps();
    void read_line_starts();

    PyCodeObject* original_;
    PyCodeObject* installed_;
    std::uint32_t body_offset_;
    ObjectTable& objects_;
    ir::Unit unit_;
    std::vector<std::int32_t> index_of_unit_;  // first instr at or behind a code unit
    std::vector<std::size_t> jumps_;           // instrs whose arg is a code unit still
    // KW_NAMES and PRECALL in front of a call: where the interpreter would resume, and the names.
    bool after_probe_ = false;  // the jump of a probe comes next
    bool call_open_ = false;
    std::uint32_t call_start_ = 0;
    std::int32_t call_names_ = -1;
    ir::Seen call_seen_ = ir::Seen::Nothing;
};

void Reader::read_head() {
    PyCodeObject* code = original_;
    unit_.name = text_of(code->co_name);
    unit_.qualname = text_of(code->co_qualname);
    unit_.filename = text_of(code->co_filename);
    unit_.first_line = code->co_firstlineno;
    unit_.argcount = static_cast<std::uint32_t>(code->co_argcount);
    unit_.posonly = static_cast<std::uint32_t>(code->co_posonlyargcount);
    unit_.kwonly = static_cast<std::uint32_t>(code->co_kwonlyargcount);
    unit_.varargs = (code->co_flags & CO_VARARGS) != 0;
    unit_.varkeywords = (code->co_flags & CO_VARKEYWORDS) != 0;
    unit_.generator = (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
    unit_.nested_free = code->co_nfreevars > 0;
    unit_.nlocals = static_cast<std::uint32_t>(code->co_nlocals);
    unit_.nlocalsplus = static_cast<std::uint32_t>(code->co_nlocalsplus);
    // RETURN_CONST, split in two, needs one slot where CPython's compiler saw none.
    unit_.stacksize = static_cast<std::uint32_t>(std::max(code->co_stacksize, 1));
    unit_.body_offset = body_offset_;
    unit_.handlers = read_exception_table(code);
}

void Reader::read_locals() {
    const char* kinds = PyBytes_AS_STRING(original_->co_localspluskinds);
    for (std::uint32_t i = 0; i < unit_.nlocalsplus; ++i) {
        unit_.local_names.push_back(text_of(PyTuple_GET_ITEM(original_->co_localsplusnames, i)));
        unit_.local_is_cell.push_back((kinds[i] & (CO_FAST_CELL | CO_FAST_FREE)) != 0);
    }
    unit_.argument_types.assign(unit_.arguments(), ir::TypeKind::Unknown);
}

// Names through which code looks at its own frame.
bool looks_at_frame(std::string_view name) {
    constexpr std::string_view names[] = {"locals", "vars",      "dir",         "eval",
                                          "exec",   "_getframe", "currentframe"};
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void Reader::read_names() {
    Py_ssize_t count = PyTuple_GET_SIZE(original_->co_names);
    for (Py_ssize_t i = 0; i < count; ++i) {
        PyObject* name = PyTuple_GET_ITEM(original_->co_names, i);
        unit_.names.push_back(text_of(name));
        unit_.name_objects.push_back(objects_.id_of(name));
        unit_.reads_frame = unit_.reads_frame || looks_at_frame(unit_.names.back());
    }
    unit_.globals.resize(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(original_->co_consts); ++i) {
        unit_.consts.push_back(
            describe_object(PyTuple_GET_ITEM(original_->co_consts, i), objects_));
    }
}

// Method descriptors of builtin types for the names that the code calls or binds.
void Reader::read_methods() {
    const std::pair<PyTypeObject*, ir::TypeKind> types[] = {{&PyList_Type, ir::TypeKind::List},
                                                            {&PyDict_Type, ir::TypeKind::Dict},
                                                            {&PySet_Type, ir::TypeKind::Set},
                                                            {&PyUnicode_Type, ir::TypeKind::Str}};
    std::vector<bool> called(unit_.names.size());
    for (const ir::Instr& in : unit_.instrs) {
        if (in.op == Bc::LoadMethod || in.op == Bc::LoadAttr)
            called[static_cast<std::size_t>(in.arg)] = true;
    }
    for (std::uint32_t name = 0; name < called.size(); ++name) {
        if (!called[name]) continue;
        for (auto [type, kind] : types) {
            PyObject* found = _PyType_Lookup(type, objects_.at(unit_.name_objects[name]));
            if (found == nullptr || Py_TYPE(found) != &PyMethodDescr_Type) continue;
            unit_.methods.push_back({kind, name, describe_object(found, objects_)});
        }
    }
}

ir::Seen Reader::seen_at(std::uint32_t unit) const {
    // The body is moved, what stands in front of the prologue is not; no feedback is there.
    std::uint32_t at = unit + body_offset_;
    if (at >= static_cast<std::uint32_t>(Py_SIZE(installed_))) return ir::Seen::Nothing;
    return tables.seen[reinterpret_cast<const unsigned char*>(raw::units_of(installed_) + at)[0]];
}

// Of a specialised attribute instruction: its inline cache is a counter of one unit, then the
// version of two.
std::uint32_t Reader::type_version_at(std::uint32_t unit) const {
    std::uint32_t version = 0;
    std::memcpy(&version, raw::units_of(installed_) + unit + body_offset_ + 2, sizeof version);
    return version;
}

void Reader::add(Bc op, std::int32_t arg, const Decoded& in, std::int32_t extra) {
    ir::Instr instr;
    instr.op = op;
    instr.arg = arg;
    instr.extra = extra;
    instr.offset = in.start;
    instr.seen = seen_at(in.at);
    if (instr.seen == ir::Seen::Instance || instr.seen == ir::Seen::ClassObject)
        instr.type_version = type_version_at(in.at);
    unit_.instrs.push_back(instr);
    unit_.lines.push_back(PyCode_Addr2Line(original_, static_cast<int>(2 * in.at)));
}

void Reader::add_jump(Bc op, std::uint32_t target, const Decoded& in, std::int32_t extra) {
    jumps_.push_back(unit_.instrs.size());
    add(op, static_cast<std::int32_t>(target), in, extra);
}

void Reader::add_binary(const Decoded& in) {
    if (in.arg == kSubscript) return add(Bc::BinarySubscr, 0, in);
    bool in_place = in.arg >= kOperators;
    auto op = static_cast<std::int32_t>(in_place ? in.arg - kOperators : in.arg);
    add(Bc::BinaryOp, in_place ? op | ir::kInplace : op, in);
}

void Reader::add_compare(const Decoded& in, unsigned shift) {
    bool to_bool = shift == 5 && (in.arg & 16) != 0;
    add(to_bool ? Bc::CompareOpBool : Bc::CompareOp, static_cast<std::int32_t>(in.arg >> shift),
        in);
}

// An exhausted loop goes on behind END_FOR. Until 3.12 the iterator is gone there; later the
// instruction there pops it.
void Reader::add_loop(const Decoded& in) {
    std::uint32_t end = in.next + in.arg;
    constexpr bool has_end_for = PY_VERSION_HEX >= 0x030c0000;
    constexpr std::int32_t pops = PY_VERSION_HEX >= 0x030d0000 ? 0 : 1;
    add_jump(Bc::ForIter, has_end_for ? end + 1 : end, in, pops);
}

void Reader::add_constant(PyObject* object, const Decoded& in) {
    unit_.consts.push_back(describe_object(object, objects_));
    add(Bc::LoadConst, static_cast<std::int32_t>(unit_.consts.size() - 1), in);
}

PyObject* find_common_constants() {
    Ref<> module = steal(PyImport_ImportModule("dis"));
    PyObject* list = module ? PyObject_GetAttrString(module.get(), "_common_constants") : nullptr;
    PyErr_Clear();
    return list;
}

void Reader::add_common_constant(const Decoded& in) {
    if (in.arg == 0) return add(Bc::LoadAssertionError, 0, in);
    PyObject* const constants = kept<find_common_constants>();
    if (constants == nullptr || !PyList_Check(constants) ||
        in.arg >= static_cast<std::size_t>(PyList_GET_SIZE(constants))) {
        return add_unsupported(in);
    }
    add_constant(PyList_GET_ITEM(constants, in.arg), in);
}

bool Reader::is_probe(std::uint32_t constant) const {
    const PyTypeObject* const type = compiled_calls().probe_type;
    return type != nullptr && Py_TYPE(PyTuple_GET_ITEM(original_->co_consts, constant)) == type;
}

// Its truth, which is asked for to let it speak, decides nothing: the jump leads to the next one.
void Reader::add_probe(const Decoded& in) {
    unit_.lines_watched = true;
    after_probe_ = true;
    add(Bc::Probe, static_cast<std::int32_t>(in.arg), in);
}

void Reader::read_line_starts() {
    for (const ir::Instr& in : unit_.instrs)
        unit_.line_starts.push_back(starts_line(installed_, in.offset + body_offset_));
}

void Reader::add_unsupported(const Decoded& in) {
    unit_.unsupported.emplace_back(static_cast<std::uint32_t>(unit_.instrs.size()),
                                   opcode_name(in.opcode));
    add(Bc::Unsupported, static_cast<std::int32_t>(in.opcode), in);
}

// 3.11: [KW_NAMES] PRECALL CALL, 3.12: [KW_NAMES] CALL are one instruction, resumed at its first
// part; 3.11's feedback is at PRECALL.
void Reader::read_call(const Decoded& in) {
    Decoded whole = in;
    if (call_open_) whole.start = call_start_;
    auto count = static_cast<std::int32_t>(in.arg);
    if (call_names_ >= 0) {
        add(Bc::CallKw, count, whole, call_names_);
    } else {
        add(Bc::Call, count, whole);
    }
    if (unit_.instrs.back().seen == ir::Seen::Nothing) unit_.instrs.back().seen = call_seen_;
    call_open_ = false;
    call_names_ = -1;
    call_seen_ = ir::Seen::Nothing;
}

void Reader::read_instruction(const Decoded& in) {
    if (std::exchange(after_probe_, false)) return;
    OpRow row = tables.ops[in.opcode];
    auto arg = static_cast<std::int32_t>(in.arg);
    switch (row.shape) {
        case Shape::Unknown:
            return add_unsupported(in);
        case Shape::Vanish:
            return;
        case Shape::None:
            return add(row.op, 0, in,
                       row.op == Bc::EndFor ? (PY_VERSION_HEX >= 0x030d0000 ? 1 : 2) : 0);
        case Shape::Same:
            if (row.op == Bc::LoadConst && is_probe(in.arg)) return add_probe(in);
            return add(row.op, arg, in);
        case Shape::Global:
            return add((arg & 1) != 0 ? Bc::LoadGlobalNull : Bc::LoadGlobal, arg >> 1, in);
        case Shape::Attribute:
            return add((arg & 1) != 0 ? Bc::LoadMethod : Bc::LoadAttr, arg >> 1, in);
        case Shape::Binary:
            return add_binary(in);
        case Shape::Compare4:
            return add_compare(in, 4);
        case Shape::Compare5:
            return add_compare(in, 5);
        case Shape::Forward:
            return add_jump(row.op, in.next + in.arg, in);
        case Shape::Backward:
            return add_jump(row.op, in.next - in.arg, in);
        case Shape::Loop:
            return add_loop(in);
        case Shape::Call:
            return read_call(in);
        case Shape::KwNames:
        case Shape::Precall:
            if (!call_open_) call_start_ = in.start;
            call_open_ = true;
            if (row.shape == Shape::KwNames)
                call_names_ = arg;
            else
                call_seen_ = seen_at(in.at);
            return;
        case Shape::LoadLoad:
            add(Bc::LoadFast, arg >> 4, in);
            return add(Bc::LoadFast, arg & 15, in);
        case Shape::StoreLoad:
            add(Bc::StoreFast, arg >> 4, in);
            return add(Bc::LoadFast, arg & 15, in);
        case Shape::StoreStore:
            add(Bc::StoreFast, arg >> 4, in);
            return add(Bc::StoreFast, arg & 15, in);
        case Shape::ReturnConst:
            add(Bc::LoadConst, arg, in);
            return add(Bc::ReturnValue, 0, in);
        case Shape::SmallInt:
            return add_constant(Ref<>::steal(PyLong_FromLong(arg)).get(), in);
        case Shape::CommonConstant:
            return add_common_constant(in);
        case Shape::Intrinsic:
            if (in.arg == kIntrinsicUnaryPositive) return add(Bc::UnaryPositive, 0, in);
            if (in.arg == kIntrinsicListToTuple) return add(Bc::ListToTuple, 0, in);
            return add(row.op, arg, in);
    }
}

bool Reader::resolve_jumps() {
    for (std::size_t jump : jumps_) {
        auto unit = static_cast<std::size_t>(unit_.instrs[jump].arg);
        if (unit >= index_of_unit_.size() || index_of_unit_[unit] < 0) return false;
        unit_.instrs[jump].arg = index_of_unit_[unit];
    }
    return true;
}

Result<ir::Unit> Reader::read() {
    read_head();
    read_locals();
    read_names();
    std::string code = base_code(original_);
    index_of_unit_.assign(code.size() / 2, -1);
    for (Decoder decoder(code); !decoder.done();) {
        Decoded in = decoder.next();
        auto index = static_cast<std::int32_t>(unit_.instrs.size());
        std::fill(index_of_unit_.begin() + in.start, index_of_unit_.begin() + in.at + 1, index);
        read_instruction(in);
    }
    // A jump to the very end has nowhere to go; so has one into caches.
    auto count = static_cast<std::int32_t>(unit_.instrs.size());
    for (std::int32_t& index : index_of_unit_) {
        if (index >= count) index = -1;
    }
    if (!resolve_jumps()) return fail("its bytecode jumps to where no instruction is");
    read_methods();
    read_line_starts();
    return std::move(unit_);
}

// Behind it 3.12 jumps back to where what was delegated to has ended.
bool ends_delegation(int opcode) {
#ifdef CLEANUP_THROW
    return opcode == CLEANUP_THROW;
#else
    return opcode < 0;
#endif
}

}  // namespace

Result<ir::Unit> read_unit(PyCodeObject* original, PyCodeObject* installed,
                           std::uint32_t body_offset, ObjectTable& objects) {
    return Reader(original, installed, body_offset, objects).read();
}

std::vector<LoopSpan> read_loops(PyCodeObject* original) {
    std::vector<LoopSpan> loops;
    std::string code = base_code(original);
    int before = NOP;
    for (Decoder decoder(code); !decoder.done();) {
        Decoded in = decoder.next();
        // The other backward jumps are those of await and yield from: none of the program's loops.
        if (tables.ops[in.opcode].shape == Shape::Backward &&
            in.opcode != JUMP_BACKWARD_NO_INTERRUPT && !ends_delegation(before))
            loops.push_back({in.next - in.arg, in.at});
        before = in.opcode;
    }
    return loops;
}

std::vector<std::uint32_t> names_stored(PyCodeObject* original, LoopSpan within) {
    std::vector<std::uint32_t> names;
    std::string code = base_code(original);
    for (Decoder decoder(code); !decoder.done();) {
        Decoded in = decoder.next();
        const Bc op = tables.ops[in.opcode].op;
        if (in.at < within.header || in.at > within.jump) continue;
        if (op != Bc::StoreName && op != Bc::StoreGlobal) continue;
        if (std::find(names.begin(), names.end(), in.arg) == names.end()) names.push_back(in.arg);
    }
    return names;
}

int line_come_to(PyCodeObject* installed, std::uint32_t from, std::uint32_t to) noexcept {
    if (!starts_line(installed, to)) return -1;
    const int line = PyCode_Addr2Line(installed, static_cast<int>(2 * to));
    return PyCode_Addr2Line(installed, static_cast<int>(2 * from)) == line ? -1 : line;
}

std::uint32_t instruction_length(PyCodeObject* code, std::uint32_t offset) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(raw::units_of(code));
    std::string base;  // only where a tool has put its own instructions in
    std::uint32_t unit = offset;
    for (;;) {
        if (raw::is_instrumented(bytes[2 * unit]) && base.empty()) {
            base = base_code(code);
            bytes = reinterpret_cast<const unsigned char*>(base.data());
        }
        // Specialised forms are as long as their general form.
        unsigned opcode = hone_opcode_deopt[bytes[2 * unit]];
        if (opcode == CACHE) opcode = bytes[2 * unit];
        unit += 1u + hone_opcode_caches[opcode];
        Shape shape = tables.ops[opcode].shape;
        if (opcode != EXTENDED_ARG && shape != Shape::KwNames && shape != Shape::Precall)
            return unit - offset;
    }
}

}  // namespace hone::cpython
