// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/sampler_stacks.h"

#include <algorithm>

namespace hone::measure {

std::size_t StackTree::Hash::operator()(const Key& key) const noexcept {
    std::uint64_t mixed = (std::uint64_t{key.caller} << 32 | key.code) * 0x9e3779b97f4a7c15ULL;
    mixed ^= mixed >> 29;
    mixed = (mixed ^ key.unit) * 0xbf58476d1ce4e5b9ULL;
    return mixed ^ mixed >> 32;
}

NodeId StackTree::child(NodeId caller, cpython::StackFrame frame) {
    const auto next = static_cast<NodeId>(nodes_.size() + 1);
    const auto [found, fresh] = nodes_.try_emplace({caller, frame.code, frame.unit}, next);
    if (fresh)
        spool_.append({.kind = RecordKind::Node,
                       .flags = 0,
                       .thread = 0,
                       .link = caller,
                       .value = std::uint64_t{frame.code} << 32 | frame.unit});
    return found->second;
}

NodeId StackTree::below(NodeId node, std::span<const cpython::StackFrame> frames) {
    for (std::size_t at = frames.size(); at != 0; --at) node = child(node, frames[at - 1]);
    return node;
}

NodeId StackTree::node_of(const std::vector<cpython::StackFrame>& frames, StackPath& path) {
    auto& steps = path.steps;
    std::size_t depth = 0;
    const auto frame_at = [&](std::size_t at) { return frames[frames.size() - 1 - at]; };
    while (depth < std::min(steps.size(), frames.size()) && steps[depth].frame == frame_at(depth))
        ++depth;
    steps.resize(depth);
    NodeId node = depth == 0 ? 0 : steps.back().node;
    for (; depth < frames.size(); ++depth) {
        node = child(node, frame_at(depth));
        steps.push_back({frame_at(depth), node});
    }
    return node;
}

}  // namespace hone::measure
