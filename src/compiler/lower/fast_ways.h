// SPDX-License-Identifier: Apache-2.0
// Rows that are tried first, with the same operands: they run no Python code, so that the frame
// need not be written, and decline where the general row must do it (NULL, a negative number).
#pragma once

#include <optional>
#include <utility>

#include "runtime/table.h"

namespace hone::compiler {

inline constexpr std::pair<runtime::RtId, runtime::RtId> kFastWays[] = {
    {runtime::RtId::get_attr, runtime::RtId::get_attr_cached},
    {runtime::RtId::set_attr, runtime::RtId::set_attr_cached},
    {runtime::RtId::load_method, runtime::RtId::load_method_cached},
    {runtime::RtId::get_item, runtime::RtId::get_item_plain},
    {runtime::RtId::set_item, runtime::RtId::set_item_plain},
    {runtime::RtId::dict_set, runtime::RtId::set_item_plain},
    {runtime::RtId::contains, runtime::RtId::contains_plain},
    {runtime::RtId::length, runtime::RtId::length_quick},
    {runtime::RtId::truth, runtime::RtId::truth_quick},
};

[[nodiscard]] constexpr std::optional<runtime::RtId> fast_way(runtime::RtId id) {
    for (const auto& [general, fast] : kFastWays)
        if (general == id) return fast;
    return std::nullopt;
}

}  // namespace hone::compiler
