// SPDX-License-Identifier: Apache-2.0
// The address table (addresses.h). Constant data: needs no lock and no GIL.
#include "runtime/addresses.h"

namespace hone::runtime {
namespace {

constexpr std::string_view kPrefix = "hone_rt_";

void* const* addresses() noexcept {
    static void* const table[] = {
#define HONE_RT(name, own, effects, doc) reinterpret_cast<void*>(&::hone_rt_##name),
#include "runtime/functions.def"
#undef HONE_RT
    };
    return table;
}

}  // namespace

void* rt_address(RtId id) noexcept {
    return addresses()[static_cast<std::size_t>(id)];
}

void* rt_address(std::string_view symbol) noexcept {
    if (!symbol.starts_with(kPrefix)) return nullptr;
    const auto id = find_rt(symbol.substr(kPrefix.size()));
    return id ? rt_address(*id) : nullptr;
}

}  // namespace hone::runtime
