// SPDX-License-Identifier: Apache-2.0
// The facts of one CPython build that generated code leans on, as plain data, so that
// the compiler is built once for all of them. Filled and checked at start-up by
// cpython/layout.cpp; all offsets in bytes.
#pragma once

#include <cstdint>

namespace hone::ir {

enum class RefcountRule : std::uint8_t {
    Plain,          // 3.11: 64-bit count, always counted
    ImmortalLow32,  // 3.12, 3.13: low 32 bits; negative as int32 = immortal; increment of
                    // 0xffffffff skipped
    ImmortalFlags,  // 3.14+: low 32 bits are the count, upper hold flags; count >= 3<<30 = immortal
};

enum class IntRule : std::uint8_t {
    SignedSize,  // 3.11: ob_size = sign * number of 30-bit digits
    Tag,  // 3.12+: lv_tag = ndigits << 3 | flags; sign in the low two bits (0 +, 1 zero, 2 -)
};

enum class ValuesRule : std::uint8_t {
    Pointer,  // 3.11: a word before the object points at the array, or is NULL
    Tagged,   // 3.12: a word before the object: address - 1 with bit 0 set, or a dict
    Behind,   // 3.13+: behind the object: header with a valid flag, then the array
};

struct Layout {
    std::uint8_t minor = 0;  // 3.minor
    RefcountRule refcount = RefcountRule::Plain;
    IntRule int_rule = IntRule::SignedSize;
    std::uint32_t float_value = 16;
    std::uint32_t complex_value = 16;  // real, imaginary: two doubles
    std::uint32_t int_tag = 16;        // ob_size or lv_tag
    std::uint32_t int_digits = 24;     // uint32, 30 bits each
    std::uint32_t list_size = 16;
    std::uint32_t list_items = 24;  // PyObject**
    std::uint32_t tuple_size = 16;
    // Attributes of instances: the word of ValuesRule (Pointer, Tagged), the word of the dict; the
    // header before the array and the flag in it (Behind).
    ValuesRule values = ValuesRule::Pointer;
    std::int32_t values_word = -32, dict_word = -24;
    std::uint32_t values_header = 8, values_valid = 3;
    std::uint32_t type_version = 384;    // uint32
    std::uint32_t type_shared_keys = 0;  // pointer to the keys that instances share
    std::uint32_t keys_entries = 24;     // int64: how many names these are
    std::uint32_t tuple_items = 24;      // inline array
    std::uint32_t frame_locals = 72;     // localsplus
    std::uint32_t frame_instr = 56;      // prev_instr or instr_ptr
    std::uint32_t frame_object = 0;      // the frame object somebody asked for, or null
    bool stack_refs = false;             // frame slots carry tag bits (3.14+): object = slot & ~1
    bool dict_versions = false;  // 3.11: globals are guarded by ma_version_tag, else by watchers
    std::uint32_t dict_version = 24;
    std::int64_t small_int_min = -5;
    std::int64_t small_int_max = 256;
    std::uint32_t small_int_stride = 32;  // from one cached int to the next
    // Breaker word: absolute address (3.11, 3.12) when nonzero, else offset in the thread state.
    std::uint64_t breaker_address = 0;
    std::uint32_t breaker_offset = 0;
    std::uint64_t breaker_mask = 0xff;
    std::uint32_t tstate_recursion = 0;      // int32: Python calls left
    std::uint32_t function_code = 0;         // of a function object: its code …
    std::uint32_t function_defaults = 0;     // … and the tuple of its defaults
    std::uint32_t tstate_current_frame = 0;  // 3.11/3.12: in the cframe, see cpython/
    bool null_before_callable = true;        // 3.11, 3.12: NULL, f, args; later: f, NULL, args
    std::uint32_t for_iter_slots = 1;        // 3.15: iterator, index/NULL
};

}  // namespace hone::ir
