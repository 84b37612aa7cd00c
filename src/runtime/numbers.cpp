// SPDX-License-Identifier: Apache-2.0
// Operators on objects, and the arithmetic on unboxed numbers that is too long to be inlined.
// Results are those of CPython's int, float and math, bit for bit; where CPython would raise or
// leave the type, the float functions decline (kPowDeclined) and the interpreter does it.
// Needs the GIL except for the unboxed arithmetic. Tested by tests/conform.
#include <Python.h>

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <limits>

#include "cpython/kept.h"
#include "ir/unit.h"
#include "runtime/functions.h"

namespace {

using BinaryFunction = PyObject* (*)(PyObject*, PyObject*);

PyObject* find_hypot() {
    PyObject* module = PyImport_ImportModule("math");
    PyObject* found = module != nullptr ? PyObject_GetAttrString(module, "hypot") : nullptr;
    Py_XDECREF(module);
    return found;
}

PyObject* power(PyObject* a, PyObject* b) noexcept {
    return PyNumber_Power(a, b, Py_None);
}
PyObject* power_in_place(PyObject* a, PyObject* b) noexcept {
    return PyNumber_InPlacePower(a, b, Py_None);
}

// In the order of ir::BinOp.
constexpr BinaryFunction kOperators[] = {
    PyNumber_Add,
    PyNumber_And,
    PyNumber_FloorDivide,
    PyNumber_Lshift,
    PyNumber_MatrixMultiply,
    PyNumber_Multiply,
    PyNumber_Remainder,
    PyNumber_Or,
    power,
    PyNumber_Rshift,
    PyNumber_Subtract,
    PyNumber_TrueDivide,
    PyNumber_Xor,
};
constexpr BinaryFunction kInPlaceOperators[] = {
    PyNumber_InPlaceAdd,
    PyNumber_InPlaceAnd,
    PyNumber_InPlaceFloorDivide,
    PyNumber_InPlaceLshift,
    PyNumber_InPlaceMatrixMultiply,
    PyNumber_InPlaceMultiply,
    PyNumber_InPlaceRemainder,
    PyNumber_InPlaceOr,
    power_in_place,
    PyNumber_InPlaceRshift,
    PyNumber_InPlaceSubtract,
    PyNumber_InPlaceTrueDivide,
    PyNumber_InPlaceXor,
};
static_assert(std::size(kOperators) == static_cast<std::size_t>(hone::ir::BinOp::Xor) + 1);
static_assert(std::size(kInPlaceOperators) == std::size(kOperators));
static_assert(static_cast<int>(hone::ir::CmpOp::Lt) == Py_LT &&
              static_cast<int>(hone::ir::CmpOp::Eq) == Py_EQ &&
              static_cast<int>(hone::ir::CmpOp::Ge) == Py_GE);

const double kDeclined = std::bit_cast<double>(hone::runtime::kPowDeclined);
const double kNan = std::numeric_limits<double>::quiet_NaN();

bool is_odd_integer(double x) noexcept {
    return std::fmod(std::fabs(x), 2.0) == 1.0;
}

// The remainder with the sign of the divisor, and the zero it is where the division is exact.
double signed_remainder(double a, double b) noexcept {
    double rest = std::fmod(a, b);
    if (rest == 0.0) return std::copysign(0.0, b);
    if ((b < 0.0) != (rest < 0.0)) rest += b;
    return rest;
}

// a ** b where an operand is NaN or infinite, or a is 0 or ±1: what IEEE 754 fixes.
// False: none of these.
bool special_power(double a, double b, double& result) noexcept {
    if (b == 0.0)
        result = 1.0;
    else if (std::isnan(a))
        result = a;
    else if (std::isnan(b))
        result = a == 1.0 ? 1.0 : b;
    else if (std::isinf(b)) {
        const double size = std::fabs(a);
        if (size == 1.0)
            result = 1.0;
        else
            result = (b > 0.0) == (size > 1.0) ? std::fabs(b) : 0.0;
    } else if (std::isinf(a)) {
        const bool odd = is_odd_integer(b);
        if (b > 0.0)
            result = odd ? a : std::fabs(a);
        else
            result = odd ? std::copysign(0.0, a) : 0.0;
    } else if (a == 0.0) {
        if (b < 0.0)
            result = kDeclined;  // ZeroDivisionError
        else
            result = is_odd_integer(b) ? a : 0.0;
    } else
        return false;
    return true;
}

// An error that libm reported for a result, as the math module judges it: underflow is none.
bool is_math_error(double result) noexcept {
    return errno == EDOM || (errno == ERANGE && std::fabs(result) >= 1.5);
}

// A function of one float as the math module calls it; overflow, domain errors: declined.
double math_one(double (*function)(double), double x) noexcept {
    errno = 0;
    const double result = function(x);
    if (std::isfinite(result)) return errno != 0 && is_math_error(result) ? kDeclined : result;
    const bool error = std::isnan(result) ? !std::isnan(x) : std::isfinite(x);
    return error ? kDeclined : result;
}

}  // namespace

extern "C" {

hone_obj* hone_rt_binary(hone_obj* a, hone_obj* b, std::int64_t op) noexcept {
    const auto index = static_cast<std::size_t>(op & 0xff);
    return (op & hone::ir::kInplace) != 0 ? kInPlaceOperators[index](a, b)
                                          : kOperators[index](a, b);
}

hone_obj* hone_rt_unary_negative(hone_obj* a) noexcept {
    return PyNumber_Negative(a);
}
hone_obj* hone_rt_unary_positive(hone_obj* a) noexcept {
    return PyNumber_Positive(a);
}
hone_obj* hone_rt_unary_invert(hone_obj* a) noexcept {
    return PyNumber_Invert(a);
}

hone_obj* hone_rt_compare(hone_obj* a, hone_obj* b, std::int64_t op) noexcept {
    return PyObject_RichCompare(a, b, static_cast<int>(op));
}

std::int64_t hone_rt_truth(hone_obj* a) noexcept {
    return PyObject_IsTrue(a);
}

double hone_rt_float_mod(double a, double b) noexcept {
    return signed_remainder(a, b);
}

double hone_rt_float_floor_div(double a, double b) noexcept {
    const double rest = std::fmod(a, b);
    double quotient = (a - rest) / b;
    if (rest != 0.0 && (b < 0.0) != (rest < 0.0)) quotient -= 1.0;
    if (quotient == 0.0) return std::copysign(0.0, a / b);
    const double whole = std::floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

double hone_rt_float_pow(double a, double b) noexcept {
    double result;
    if (special_power(a, b, result)) return result;
    bool negate = false;
    if (a < 0.0) {
        if (b != std::floor(b)) return kDeclined;  // complex
        a = -a;
        negate = is_odd_integer(b);
    }
    if (a == 1.0) return negate ? -1.0 : 1.0;
    errno = 0;
    result = std::pow(a, b);
    // libm may report an underflow to a tiny number, which CPython raises as an overflow; to 0,
    // which is fine.
    if (errno == 0 ? std::isinf(result) : !(errno == ERANGE && result == 0.0)) return kDeclined;
    return negate ? -result : result;
}

std::int64_t hone_rt_float_cmp_i64(double a, std::int64_t b) noexcept {
    if (std::isnan(a)) return 2;
    if (a >= 0x1p63) return 1;
    if (a < -0x1p63) return -1;
    const auto whole = static_cast<std::int64_t>(a);  // towards zero, in range
    if (whole != b) return whole < b ? -1 : 1;
    const double fraction = a - static_cast<double>(whole);
    return fraction > 0.0 ? 1 : (fraction < 0.0 ? -1 : 0);
}

std::int64_t hone_rt_i64_pow(std::int64_t a, std::int64_t b) noexcept {
    constexpr std::int64_t kTooLarge = std::numeric_limits<std::int64_t>::min();
    if (b < 0) return kTooLarge;
    std::int64_t result = 1;
    for (;;) {
        if ((b & 1) != 0 && __builtin_mul_overflow(result, a, &result)) return kTooLarge;
        b >>= 1;
        if (b == 0) return result;
        if (__builtin_mul_overflow(a, a, &a)) return kTooLarge;
    }
}

double hone_rt_complex_quot_real(double ar, double ai, double br, double bi) noexcept {
    return _Py_c_quot({ar, ai}, {br, bi}).real;
}
double hone_rt_complex_quot_imag(double ar, double ai, double br, double bi) noexcept {
    return _Py_c_quot({ar, ai}, {br, bi}).imag;
}
double hone_rt_hypot(double x, double y) noexcept {
    return std::hypot(x, y);
}

double hone_rt_math_sin(double x) noexcept {
    return math_one(std::sin, x);
}
double hone_rt_math_cos(double x) noexcept {
    return math_one(std::cos, x);
}
double hone_rt_math_tan(double x) noexcept {
    return math_one(std::tan, x);
}
double hone_rt_math_atan(double x) noexcept {
    return math_one(std::atan, x);
}
double hone_rt_math_exp(double x) noexcept {
    return math_one(std::exp, x);
}

double hone_rt_math_log(double x) noexcept {
    if (x > 0.0) return std::isinf(x) ? x : std::log(x);
    return std::isnan(x) ? x : kDeclined;
}

double hone_rt_math_atan2(double y, double x) noexcept {
    return std::isnan(x) || std::isnan(y) ? kNan : std::atan2(y, x);
}

double hone_rt_math_pow(double x, double y) noexcept {
    double result;
    if (!std::isfinite(x) || !std::isfinite(y)) {
        if (std::isinf(y) && x == 0.0) return y > 0.0 ? 0.0 : std::fabs(y);
        special_power(x, y, result);
        return result;
    }
    errno = 0;
    result = std::pow(x, y);
    if (!std::isfinite(result)) return kDeclined;
    return errno != 0 && is_math_error(result) ? kDeclined : result;
}

// math.hypot has its own scaling and compensation, which changed between versions: only CPython's
// own function has the same bits. Found at the first use.
double hone_rt_math_hypot(double x, double y) noexcept {
    PyObject* const function = hone::cpython::kept<find_hypot>();
    PyObject* args[] = {PyFloat_FromDouble(x), PyFloat_FromDouble(y)};
    PyObject* boxed = nullptr;
    if (function != nullptr && args[0] != nullptr && args[1] != nullptr)
        boxed = PyObject_Vectorcall(function, args, 2, nullptr);
    Py_XDECREF(args[0]);
    Py_XDECREF(args[1]);
    if (boxed == nullptr || !PyFloat_CheckExact(boxed)) {
        Py_XDECREF(boxed);
        PyErr_Clear();
        return kDeclined;
    }
    const double result = PyFloat_AS_DOUBLE(boxed);
    Py_DECREF(boxed);
    return result;
}

double hone_rt_round_half_even(double x) noexcept {
    return std::nearbyint(x);
}

hone_obj* hone_rt_box_i64(std::int64_t v) noexcept {
    static_assert(sizeof(long) == sizeof v);
    PyObject* made = PyLong_FromLong(v);  // from_long_long has no path for one digit
    if (made == nullptr) Py_FatalError("hone: no memory for an int");
    return made;
}

hone_obj* hone_rt_box_f64(double v) noexcept {
    PyObject* made = PyFloat_FromDouble(v);
    if (made == nullptr) Py_FatalError("hone: no memory for a float");
    return made;
}

hone_obj* hone_rt_box_complex(double real, double imaginary) noexcept {
    PyObject* made = PyComplex_FromDoubles(real, imaginary);
    if (made == nullptr) Py_FatalError("hone: no memory for a complex");
    return made;
}

void hone_rt_dealloc(hone_obj* o) noexcept {
    _Py_Dealloc(o);
}
}
