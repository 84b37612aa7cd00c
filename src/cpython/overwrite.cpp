// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/overwrite.h"

#include <bit>

#include "cpython/layout.h"

namespace hone::cpython {

namespace {

constexpr std::uint64_t kDigit = (1ULL << PyLong_SHIFT) - 1;

std::uint64_t magnitude(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    return value < 0 ? 0 - bits : bits;
}

bool overwrite_int(PyObject* number, std::int64_t value) {
    const ir::Layout& layout = known_layout();  // 3.15 has more ints that exist once
    if (value >= layout.small_int_min && value <= layout.small_int_max) return false;
    std::uint64_t left = magnitude(value);
    const int digits = left <= kDigit ? 1 : left >> (2 * PyLong_SHIFT) == 0 ? 2 : 3;
    auto* const made = reinterpret_cast<PyLongObject*>(number);
    if (raw::int_digits(made) != digits) return false;
    raw::set_int_sign(made, digits, value < 0);
    for (int i = 0; i < digits; ++i, left >>= PyLong_SHIFT)
        raw::digits_of(made)[i] = static_cast<digit>(left & kDigit);
    return true;
}

bool same_int(PyObject* number, std::int64_t value) {
    int overflow = 0;
    return PyLong_AsLongLongAndOverflow(number, &overflow) == value && overflow == 0;
}

}  // namespace

bool becomes_int(PyObject* object, bool only_here, std::int64_t value) noexcept {
    if (!PyLong_CheckExact(object)) return false;
    return (only_here && overwrite_int(object, value)) || same_int(object, value);
}

bool becomes_float(PyObject* object, bool only_here, double value) noexcept {
    if (!PyFloat_CheckExact(object)) return false;
    double& number = reinterpret_cast<PyFloatObject*>(object)->ob_fval;
    if (only_here) number = value;
    return std::bit_cast<std::uint64_t>(number) == std::bit_cast<std::uint64_t>(value);
}

}  // namespace hone::cpython
