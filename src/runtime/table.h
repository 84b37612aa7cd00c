// SPDX-License-Identifier: Apache-2.0
// The runtime functions as data: one RtRow per row of functions.def, its argument and result
// kinds derived from the declaration in functions.h. This is all the compiler knows of them;
// constexpr and free of Python.h, so that it is built into libhone_compiler.so as well. Where
// the functions are in memory: addresses.h (only in the modules that link them).
//
// Invariant: only noexcept functions have a signature here, so a throwing one does not compile.
// To add one: a declaration in functions.h, a row in functions.def, the function, a test.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "ir/effects.h"
#include "runtime/functions.h"

namespace hone::runtime {

enum class RtId : std::uint32_t {
#define HONE_RT(name, own, effects, doc) name,
#include "runtime/functions.def"
#undef HONE_RT
};

enum class RtArg : std::uint8_t {
    None,
    Obj,       // PyObject*, borrowed; may be NULL where the row's text says so
    ObjArray,  // PyObject**, borrowed items; the next argument is their number
    ObjOut,    // PyObject**, where the function writes one more result
    I64,
    F64,
    Cache,  // AttrCache*, zeroed before its first use, kept for the life of the code
    Frame,  // the entered interpreter frame
};

enum class RtRet : std::uint8_t { None, Obj, I64, F64 };

inline constexpr std::size_t kRtMaxArgs = 8;

struct RtRow {
    const char* symbol;  // hone_rt_<name>, as the linker sees it
    const char* doc;
    RtArg args[kRtMaxArgs];
    std::uint8_t nargs;
    RtRet ret;
    ir::Own own;
    ir::Effects effects;

    [[nodiscard]] constexpr std::string_view name() const {
        return std::string_view(symbol).substr(8);
    }
};

namespace detail {

// An object array is known by its count, which follows it; any other PyObject** is an out
// parameter.
template <class Arg, class Next>
consteval RtArg arg_kind() {
    if constexpr (std::is_same_v<Arg, Object*>)
        return RtArg::Obj;
    else if constexpr (std::is_same_v<Arg, Object**>)
        return std::is_same_v<Next, std::int64_t> ? RtArg::ObjArray : RtArg::ObjOut;
    else if constexpr (std::is_same_v<Arg, std::int64_t>)
        return RtArg::I64;
    else if constexpr (std::is_same_v<Arg, double>)
        return RtArg::F64;
    else if constexpr (std::is_same_v<Arg, AttrCache*>)
        return RtArg::Cache;
    else {
        static_assert(std::is_same_v<Arg, Frame*>,
                      "this argument type has no kind in the runtime table");
        return RtArg::Frame;
    }
}

template <class Ret>
consteval RtRet ret_kind() {
    if constexpr (std::is_void_v<Ret>)
        return RtRet::None;
    else if constexpr (std::is_same_v<Ret, Object*>)
        return RtRet::Obj;
    else if constexpr (std::is_same_v<Ret, std::int64_t>)
        return RtRet::I64;
    else {
        static_assert(std::is_same_v<Ret, double>,
                      "this result type has no kind in the runtime table");
        return RtRet::F64;
    }
}

template <class... Args>
struct ArgKinds {
    static consteval void fill(RtRow&) {}
};
template <class First, class... Rest>
struct ArgKinds<First, Rest...> {
    static consteval void fill(RtRow& row) {
        row.args[row.nargs++] = arg_kind<First, typename Head<Rest...>::type>();
        ArgKinds<Rest...>::fill(row);
    }
    template <class...>
    struct Head {
        using type = void;
    };
    template <class Next, class... More>
    struct Head<Next, More...> {
        using type = Next;
    };
};

template <class Function>
struct Signature;  // no definition: the function is not noexcept
template <class Ret, class... Args>
struct Signature<Ret(Args...) noexcept> {
    static_assert(sizeof...(Args) <= kRtMaxArgs);
    static consteval RtRow row(const char* symbol, const char* doc, ir::Own own,
                               ir::Effects effects) {
        RtRow made{symbol, doc, {}, 0, ret_kind<Ret>(), own, effects};
        ArgKinds<Args...>::fill(made);
        return made;
    }
};

consteval auto make_rows() {
    using enum ir::Effects;
    using enum ir::Own;
    return std::array{
#define HONE_RT(name, own, effects, doc) \
    Signature<decltype(::hone_rt_##name)>::row("hone_rt_" #name, doc, own, effects),
#include "runtime/functions.def"
#undef HONE_RT
    };
}

}  // namespace detail

inline constexpr auto kRtRows = detail::make_rows();

[[nodiscard]] constexpr const RtRow& rt_row(RtId id) {
    return kRtRows[static_cast<std::size_t>(id)];
}

// The row called `name` (without the prefix), if there is one.
[[nodiscard]] constexpr std::optional<RtId> find_rt(std::string_view name) {
    for (std::size_t i = 0; i < kRtRows.size(); ++i)
        if (kRtRows[i].name() == name) return static_cast<RtId>(i);
    return std::nullopt;
}

namespace detail {
// Objects come back owned or borrowed, everything else unboxed; a failing row needs a result to
// fail by.
consteval bool rows_agree() {
    for (const RtRow& row : kRtRows) {
        if ((row.ret == RtRet::Obj) == (row.own == ir::Own::Unboxed)) return false;
        if (ir::has(row.effects, ir::Effects::Raises) && row.ret != RtRet::Obj &&
            row.ret != RtRet::I64)
            return false;
    }
    return true;
}
static_assert(rows_agree(), "a row's ownership or effects contradict its signature");
}  // namespace detail

}  // namespace hone::runtime
