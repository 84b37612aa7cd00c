// SPDX-License-Identifier: Apache-2.0
// How a value is held (Rep) and what is known of an object's type (TypeKind).
// An object of a TypeKind other than Unknown has *exactly* that type, never a subclass.
#pragma once

#include <cstdint>
#include <string_view>

namespace hone::ir {

// Representation of an SSA value in native code.
enum class Rep : std::uint8_t {
    None,  // no value
    Obj,   // PyObject*, may not be null
    Null,  // PyObject*, may be null: an unbound local, or the NULL of a call
    I64,   // exact int that fits
    F64,   // float
    Bool,  // i1
    Ptr,   // raw address (inline cache cell, frame)
};

// One row per exact type that compiled code tells apart: name in IR text, Python's name.
#define HONE_TYPE_KINDS(X)         \
    X(Unknown, "object")           \
    X(Int, "int")                  \
    X(Float, "float")              \
    X(Bool, "bool")                \
    X(None, "NoneType")            \
    X(Str, "str")                  \
    X(Bytes, "bytes")              \
    X(Complex, "complex")          \
    X(Tuple, "tuple")              \
    X(List, "list")                \
    X(Dict, "dict")                \
    X(Set, "set")                  \
    X(Range, "range")              \
    X(Slice, "slice")              \
    X(ListIter, "list_iterator")   \
    X(TupleIter, "tuple_iterator") \
    X(RangeIter, "range_iterator") \
    X(Function, "function")        \
    X(Builtin, "builtin_function") \
    X(Module, "module")            \
    X(Type, "type")

enum class TypeKind : std::uint8_t {
#define HONE_X(name, text) name,
    HONE_TYPE_KINDS(HONE_X)
#undef HONE_X
};

[[nodiscard]] constexpr std::string_view type_name(TypeKind kind) {
    constexpr std::string_view names[] = {
#define HONE_X(name, text) text,
        HONE_TYPE_KINDS(HONE_X)
#undef HONE_X
    };
    return names[static_cast<std::size_t>(kind)];
}

// Dropping the last reference to an object of this type runs no Python code.
[[nodiscard]] constexpr bool dies_quietly(TypeKind kind) {
    switch (kind) {
        case TypeKind::Int:
        case TypeKind::Float:
        case TypeKind::Bool:
        case TypeKind::None:
        case TypeKind::Str:
        case TypeKind::Bytes:
        case TypeKind::Complex:
        case TypeKind::Range:
        case TypeKind::RangeIter:
            return true;  // (a builtin function may hold the last reference to the object it is
                          // bound to)
        default:
            return false;
    }
}

}  // namespace hone::ir
