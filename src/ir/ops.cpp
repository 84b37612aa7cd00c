// SPDX-License-Identifier: Apache-2.0
// The rows of ops.def as data.
#include <array>

#include "ir/function.h"

namespace hone::ir {

namespace {

constexpr auto make_infos() {
    using enum Effects;
    return std::array{
#define HONE_OP(name, text, operands, rep, own, effects, doc) \
    OpInfo{text, operands, Rep::rep, Own::own, effects},
#include "ir/ops.def"
#undef HONE_OP
    };
}

constexpr auto kInfos = make_infos();

}  // namespace

const OpInfo& info(Op op) {
    return kInfos[static_cast<std::size_t>(op)];
}

}  // namespace hone::ir
