// SPDX-License-Identifier: Apache-2.0
// Declarations of the functions in functions.def, C linkage, prefix hone_rt_. Free of
// Python.h, so that the compiler can take the signatures; `Object` is CPython's PyObject.
// All need the GIL; all are noexcept: no C++ exception may cross generated code.
#pragma once

#include <cstdint>

struct _object;  // PyObject
struct _PyInterpreterFrame;

namespace hone::runtime {

using Object = ::_object;
using Frame = ::_PyInterpreterFrame;

// The inline cache of one attribute site, all zero at first: up to four classes, told apart by
// version, each with where the attribute is. Layout is attribute_cache.h's own; take the size
// from here.
struct AttrCache {
    std::uint64_t words[17];
};

inline constexpr std::uint64_t kPowDeclined =
    0x7ff8'0000'0000'dec1ULL;  // bits of the NaN that float_pow and math_* decline with

}  // namespace hone::runtime

extern "C" {
using hone_obj = hone::runtime::Object;
using hone_frame = hone::runtime::Frame;
using hone_cache = hone::runtime::AttrCache;

hone_obj* hone_rt_binary(hone_obj* a, hone_obj* b, std::int64_t op) noexcept;
hone_obj* hone_rt_binary_plain(hone_obj* a, hone_obj* b, std::int64_t op) noexcept;
hone_obj* hone_rt_compare_plain(hone_obj* a, hone_obj* b, std::int64_t op) noexcept;
std::int64_t hone_rt_truth_plain(hone_obj* a) noexcept;
std::int64_t hone_rt_length_plain(hone_obj* a) noexcept;
std::int64_t hone_rt_truth_quick(hone_obj* a) noexcept;
hone_obj* hone_rt_unary_negative(hone_obj* a) noexcept;
hone_obj* hone_rt_unary_positive(hone_obj* a) noexcept;
hone_obj* hone_rt_unary_invert(hone_obj* a) noexcept;
hone_obj* hone_rt_compare(hone_obj* a, hone_obj* b, std::int64_t op) noexcept;
std::int64_t hone_rt_truth(hone_obj* a) noexcept;
std::int64_t hone_rt_contains(hone_obj* container, hone_obj* item) noexcept;
std::int64_t hone_rt_length(hone_obj* a) noexcept;
hone_obj* hone_rt_get_item(hone_obj* a, hone_obj* i) noexcept;
std::int64_t hone_rt_set_item(hone_obj* a, hone_obj* i, hone_obj* v) noexcept;
std::int64_t hone_rt_delete_item(hone_obj* a, hone_obj* i) noexcept;
hone_obj* hone_rt_get_slice(hone_obj* a, hone_obj* lo, hone_obj* hi) noexcept;
std::int64_t hone_rt_set_slice(hone_obj* a, hone_obj* lo, hone_obj* hi, hone_obj* v) noexcept;
hone_obj* hone_rt_list_pick(hone_obj* list, std::int64_t start, std::int64_t step,
                            std::int64_t count) noexcept;
std::int64_t hone_rt_list_store_slice(hone_obj* list, std::int64_t at, std::int64_t n,
                                      hone_obj* from, std::int64_t start, std::int64_t step,
                                      std::int64_t count) noexcept;
hone_obj* hone_rt_str_get_index(hone_obj* text, std::int64_t i) noexcept;
std::int64_t hone_rt_str_equal(hone_obj* a, hone_obj* b) noexcept;
hone_obj* hone_rt_list_get_index(hone_obj* list, std::int64_t i) noexcept;
hone_obj* hone_rt_get_attr(hone_obj* o, hone_obj* name, hone_cache* cache) noexcept;
std::int64_t hone_rt_set_attr(hone_obj* o, hone_obj* name, hone_obj* v, hone_cache* cache) noexcept;
hone_obj* hone_rt_get_attr_cached(hone_obj* o, hone_obj* name, hone_cache* cache) noexcept;
std::int64_t hone_rt_set_attr_cached(hone_obj* o, hone_obj* name, hone_obj* v,
                                     hone_cache* cache) noexcept;
hone_obj* hone_rt_load_method_cached(hone_obj* o, hone_obj* name, hone_cache* cache,
                                     hone_obj** other) noexcept;
hone_obj* hone_rt_get_item_plain(hone_obj* a, hone_obj* i) noexcept;
std::int64_t hone_rt_set_item_plain(hone_obj* a, hone_obj* i, hone_obj* v) noexcept;
std::int64_t hone_rt_contains_plain(hone_obj* container, hone_obj* item) noexcept;
std::int64_t hone_rt_length_quick(hone_obj* a) noexcept;
std::int64_t hone_rt_delete_attr(hone_obj* o, hone_obj* name) noexcept;
hone_obj* hone_rt_load_method(hone_obj* o, hone_obj* name, hone_cache* cache,
                              hone_obj** other) noexcept;
std::int64_t hone_rt_replace_by_float(hone_obj** place, double v) noexcept;
std::int64_t hone_rt_attribute_added(hone_obj* o, std::int64_t index) noexcept;
hone_obj* hone_rt_load_global(hone_frame* frame, hone_obj* name) noexcept;
hone_obj* hone_rt_load_variable(hone_frame* frame, hone_obj* name, hone_obj* held) noexcept;
std::int64_t hone_rt_store_variable(hone_frame* frame, hone_obj* name, hone_obj* v) noexcept;
std::int64_t hone_rt_store_global(hone_frame* frame, hone_obj* name, hone_obj* v) noexcept;
std::int64_t hone_rt_delete_global(hone_frame* frame, hone_obj* name) noexcept;
hone_obj* hone_rt_call(hone_obj** argv, std::int64_t count, hone_obj* kwnames) noexcept;
hone_obj* hone_rt_call_ex(hone_obj* callable, hone_obj* args, hone_obj* kwargs) noexcept;
hone_obj* hone_rt_get_iter(hone_obj* a) noexcept;
hone_obj* hone_rt_iter_next(hone_obj* iterator) noexcept;
std::int64_t hone_rt_iter_failed() noexcept;
hone_obj* hone_rt_unpack(hone_obj* a, std::int64_t n) noexcept;
hone_obj* hone_rt_unpack_star(hone_obj* a, std::int64_t before, std::int64_t after) noexcept;
hone_obj* hone_rt_build_tuple(hone_obj** items, std::int64_t n) noexcept;
hone_obj* hone_rt_build_list(hone_obj** items, std::int64_t n) noexcept;
hone_obj* hone_rt_build_set(hone_obj** items, std::int64_t n) noexcept;
hone_obj* hone_rt_build_map(hone_obj** items, std::int64_t n) noexcept;
hone_obj* hone_rt_build_string(hone_obj** items, std::int64_t n) noexcept;
hone_obj* hone_rt_build_slice(hone_obj** items, std::int64_t n) noexcept;
std::int64_t hone_rt_list_append(hone_obj* list, hone_obj* v) noexcept;
std::int64_t hone_rt_list_extend(hone_obj* list, hone_obj* v) noexcept;
hone_obj* hone_rt_list_pop(hone_obj* list, std::int64_t i) noexcept;
std::int64_t hone_rt_list_insert(hone_obj* list, std::int64_t i, hone_obj* v) noexcept;
hone_obj* hone_rt_bind(hone_obj* method, hone_obj* self) noexcept;
hone_obj* hone_rt_list_repeat(hone_obj* list, std::int64_t n) noexcept;
hone_obj* hone_rt_list_from_range(std::int64_t start, std::int64_t stop,
                                  std::int64_t step) noexcept;
hone_obj* hone_rt_list_to_tuple(hone_obj* list) noexcept;
std::int64_t hone_rt_set_add(hone_obj* set, hone_obj* v) noexcept;
std::int64_t hone_rt_set_update(hone_obj* set, hone_obj* iterable) noexcept;
std::int64_t hone_rt_dict_set(hone_obj* dict, hone_obj* key, hone_obj* v) noexcept;
std::int64_t hone_rt_dict_update(hone_obj* dict, hone_obj* other) noexcept;
std::int64_t hone_rt_dict_merge(hone_obj* dict, hone_obj* other, hone_obj* callable) noexcept;
hone_obj* hone_rt_format_value(hone_obj* v, hone_obj* spec, std::int64_t conversion) noexcept;
hone_obj* hone_rt_make_function(hone_frame* frame, hone_obj* code) noexcept;
std::int64_t hone_rt_set_function_part(hone_obj* function, std::int64_t which,
                                       hone_obj* value) noexcept;
hone_obj* hone_rt_new_cell(hone_obj* contents) noexcept;
std::int64_t hone_rt_cell_set(hone_obj* cell, hone_obj* v) noexcept;
double hone_rt_float_mod(double a, double b) noexcept;
double hone_rt_float_floor_div(double a, double b) noexcept;
double hone_rt_float_pow(double a, double b) noexcept;
std::int64_t hone_rt_float_cmp_i64(double a, std::int64_t b) noexcept;
std::int64_t hone_rt_i64_pow(std::int64_t a, std::int64_t b) noexcept;
double hone_rt_complex_quot_real(double ar, double ai, double br, double bi) noexcept;
double hone_rt_complex_quot_imag(double ar, double ai, double br, double bi) noexcept;
double hone_rt_hypot(double x, double y) noexcept;
double hone_rt_math_sin(double x) noexcept;
double hone_rt_math_cos(double x) noexcept;
double hone_rt_math_tan(double x) noexcept;
double hone_rt_math_atan(double x) noexcept;
double hone_rt_math_atan2(double y, double x) noexcept;
double hone_rt_math_exp(double x) noexcept;
double hone_rt_math_log(double x) noexcept;
double hone_rt_math_pow(double x, double y) noexcept;
double hone_rt_math_hypot(double x, double y) noexcept;
double hone_rt_round_half_even(double x) noexcept;
hone_obj* hone_rt_box_i64(std::int64_t v) noexcept;
hone_obj* hone_rt_box_f64(double v) noexcept;
hone_obj* hone_rt_box_complex(double real, double imaginary) noexcept;
void hone_rt_dealloc(hone_obj* o) noexcept;
}
