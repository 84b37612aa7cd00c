// SPDX-License-Identifier: Apache-2.0
// What CPython 3.12 and all later versions have in common; their v3NN.h include it.
#pragma once

namespace hone::cpython::raw {

// A fork warns of other threads, after the handlers of os.register_at_fork().
inline constexpr bool kForkWarnsOfThreads = true;

// An int's digits, and their number with the sign.
inline Py_ssize_t int_digits(const PyLongObject* number) {
    return _PyLong_DigitCount(number);
}
inline void set_int_sign(PyLongObject* number, Py_ssize_t digits, bool negative) {
    _PyLong_SetSignAndDigitCount(number, negative ? -1 : 1, digits);
}
inline digit* digits_of(PyLongObject* number) {
    return number->long_value.ob_digit;
}

// Garbage is collected at the eval breaker only, never by an allocation.
inline bool may_collect(PyThreadState*) {
    return false;
}

}  // namespace hone::cpython::raw
