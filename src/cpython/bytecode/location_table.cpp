// SPDX-License-Identifier: Apache-2.0
#include "cpython/bytecode/location_table.h"

#include "cpython/ref.h"

namespace hone::cpython {

namespace {

constexpr unsigned kEntryStart = 0x80;  // first byte of an entry: kind << 3 | units - 1
constexpr unsigned kMostUnits = 8;

// Kinds of entries.
constexpr unsigned kNoColumns = 13, kLong = 14, kNoLocation = 15;

// Six bits a byte, least significant first; bit 6 = more follow.
void write_number(std::string& out, unsigned value) {
    while (value >= 0x40) {
        out.push_back(static_cast<char>(0x40 | (value & 0x3f)));
        value >>= 6;
    }
    out.push_back(static_cast<char>(value));
}
void write_signed(std::string& out, int value) {
    write_number(out, value < 0 ? static_cast<unsigned>(-value) << 1 | 1
                                : static_cast<unsigned>(value) << 1);
}

// `line` is that of the entry before, and becomes this one's.
void write_entry(std::string& out, const Location& at, unsigned units, int& line) {
    const bool whole = at.end_line >= at.line && at.column >= 0 && at.end_column >= 0;
    const unsigned kind = at.line < 0 ? kNoLocation : whole ? kLong : kNoColumns;
    out.push_back(static_cast<char>(kEntryStart | kind << 3 | (units - 1)));
    if (kind == kNoLocation) return;
    write_signed(out, at.line - line);
    line = at.line;
    if (kind == kNoColumns) return;
    write_number(out, static_cast<unsigned>(at.end_line - at.line));
    write_number(out, static_cast<unsigned>(at.column + 1));
    write_number(out, static_cast<unsigned>(at.end_column + 1));
}

int number_or_none(PyObject* item) {
    return item == Py_None ? -1 : static_cast<int>(PyLong_AsLong(item));
}

}  // namespace

std::optional<std::vector<Location>> read_locations(PyCodeObject* code) {
    const Ref<> positions =
        steal(PyObject_CallMethod(reinterpret_cast<PyObject*>(code), "co_positions", nullptr));
    const Ref<> iterator = steal(positions ? PyObject_GetIter(positions.get()) : nullptr);
    if (!iterator) return std::nullopt;
    std::vector<Location> out;
    // (line, end_line, column, end_column)
    while (const Ref<> item = steal(PyIter_Next(iterator.get()))) {
        out.push_back({.line = number_or_none(PyTuple_GET_ITEM(item.get(), 0)),
                       .end_line = number_or_none(PyTuple_GET_ITEM(item.get(), 1)),
                       .column = number_or_none(PyTuple_GET_ITEM(item.get(), 2)),
                       .end_column = number_or_none(PyTuple_GET_ITEM(item.get(), 3))});
    }
    if (PyErr_Occurred() != nullptr) return std::nullopt;
    return out;
}

std::string write_locations(const std::vector<Location>& locations, int first_line) {
    std::string out;
    int line = first_line;
    for (std::size_t i = 0; i < locations.size();) {
        unsigned units = 1;
        while (units < kMostUnits && i + units < locations.size() &&
               locations[i + units] == locations[i])
            ++units;
        write_entry(out, locations[i], units, line);
        i += units;
    }
    return out;
}

}  // namespace hone::cpython
