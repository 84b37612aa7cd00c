// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/bytecode/code_edit.h"

#include "base/check.h"
#include "cpython/bytecode/opcode_tables.h"

namespace hone::cpython {

namespace {

constexpr unsigned kEntryStart = 0x80;  // first byte of an entry in both tables
constexpr unsigned kNoLocation = 15;

unsigned byte_at(const std::string& bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

// Exception table numbers: six bits a byte, most significant first, bit 6 = more follow.
void write_number(std::string& out, std::uint32_t value, bool first) {
    bool started = false;
    for (int shift = 30; shift >= 0; shift -= 6) {
        unsigned digit = (value >> shift) & 0x3f;
        if (!started && digit == 0 && shift != 0) continue;
        unsigned byte = digit | (shift != 0 ? 0x40u : 0u) | (first && !started ? kEntryStart : 0u);
        out.push_back(static_cast<char>(byte));
        started = true;
    }
}

class NumberReader {
  public:
    explicit NumberReader(PyObject* bytes)
        : at_(reinterpret_cast<const unsigned char*>(PyBytes_AS_STRING(bytes))),
          end_(at_ + PyBytes_GET_SIZE(bytes)) {}
    [[nodiscard]] bool done() const { return at_ >= end_; }
    std::uint32_t next() {
        std::uint32_t value = 0;
        while (at_ < end_) {
            unsigned byte = *at_++;
            value = (value << 6) | (byte & 0x3f);
            if ((byte & 0x40) == 0) break;
        }
        return value;
    }

  private:
    const unsigned char* at_;
    const unsigned char* end_;
};

}  // namespace

void Assembler::add(int opcode, std::uint32_t arg) {
    if (opcode < 0) return;
    for (int shift = 24; shift > 0; shift -= 8) {
        if ((arg >> shift) == 0) continue;
        bytes_.push_back(static_cast<char>(EXTENDED_ARG));
        bytes_.push_back(static_cast<char>(arg >> shift));
    }
    bytes_.push_back(static_cast<char>(opcode));
    bytes_.push_back(static_cast<char>(arg));
    bytes_.append(2u * hone_opcode_caches[opcode], '\0');
}

std::size_t Assembler::jump(int opcode) {
    std::size_t at = bytes_.size();
    add(opcode, 0);
    return at;
}

void Assembler::bind(std::size_t jump) {
    std::size_t behind = jump + 2 + 2u * hone_opcode_caches[byte_at(bytes_, jump)];
    std::size_t distance = (bytes_.size() - behind) / 2;
    HONE_CHECK(distance < 256, "the jump has one byte");
    bytes_[jump + 1] = static_cast<char>(distance);
}

std::string no_location(std::uint32_t count) {
    std::string out;
    while (count > 0) {
        std::uint32_t step = count < 8 ? count : 8;
        out.push_back(static_cast<char>(kEntryStart | (kNoLocation << 3) | (step - 1)));
        count -= step;
    }
    return out;
}

std::string insert_units(const std::string& line_table, std::uint32_t at, std::uint32_t count) {
    std::uint32_t unit = 0;
    for (std::size_t i = 0; i < line_table.size(); ++i) {
        if ((byte_at(line_table, i) & kEntryStart) == 0) continue;
        if (unit == at) return line_table.substr(0, i) + no_location(count) + line_table.substr(i);
        unit += (byte_at(line_table, i) & 7) + 1;
    }
    return {};
}

std::vector<ir::Handler> read_exception_table(PyCodeObject* code) {
    std::vector<ir::Handler> handlers;
    NumberReader reader(code->co_exceptiontable);
    while (!reader.done()) {
        ir::Handler handler;
        handler.start = reader.next();
        handler.end = handler.start + reader.next();
        handler.target = reader.next();
        std::uint32_t depth = reader.next();
        handler.depth = depth >> 1;
        handler.lasti = (depth & 1) != 0;
        handlers.push_back(handler);
    }
    return handlers;
}

std::string write_exception_table(const std::vector<ir::Handler>& handlers) {
    std::string out;
    for (const ir::Handler& handler : handlers) {
        write_number(out, handler.start, true);
        write_number(out, handler.end - handler.start, false);
        write_number(out, handler.target, false);
        write_number(out, handler.depth << 1 | (handler.lasti ? 1u : 0u), false);
    }
    return out;
}

Ref<> bytes_object(const std::string& bytes) {
    return steal(PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
}

Ref<PyCodeObject> replace_fields(PyCodeObject* code, Fields fields) {
    Ref<> method = steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(code), "replace"));
    Ref<> keywords = steal(PyDict_New());
    Ref<> none = steal(PyTuple_New(0));
    if (!method || !keywords || !none) return {};
    for (auto& [name, value] : fields) {
        if (!value || PyDict_SetItemString(keywords.get(), name, value.get()) < 0) return {};
    }
    PyObject* made = PyObject_Call(method.get(), none.get(), keywords.get());
    return Ref<PyCodeObject>::steal(reinterpret_cast<PyCodeObject*>(made));
}

std::string base_code(PyCodeObject* code) {
    Ref<> bytes = steal(PyCode_GetCode(code));
    HONE_CHECK(bytes, "co_code can't be made");
    return {PyBytes_AS_STRING(bytes.get()),
            static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

}  // namespace hone::cpython
