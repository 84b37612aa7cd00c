// SPDX-License-Identifier: Apache-2.0
#include "measure/memory/places.h"

#include <algorithm>
#include <string>

namespace hone::measure::memory {

namespace {

constexpr std::size_t kDeepest = 20'000;
constexpr std::size_t kLongestCode = 1 << 19;

}  // namespace

Places::Places(Store& store) : store_(store), codes_(tell_code, this), nodes_(1) {}

std::size_t Places::Hash::operator()(const Key& key) const noexcept {
    std::uint64_t mixed = (std::uint64_t{key.caller} << 32 | key.code) * 0x9e3779b97f4a7c15ULL;
    mixed ^= mixed >> 29;
    mixed = (mixed ^ key.unit) * 0xbf58476d1ce4e5b9ULL;
    return mixed ^ mixed >> 32;
}

void Places::tell_code(void* to, cpython::CodeId id, const cpython::CodeText& text) {
    std::string payload = code_payload(id, text);
    if (payload.size() > kLongestCode) {  // one that has no room is known by its first line
        cpython::CodeText shorter = text;
        shorter.lines.clear();
        payload = code_payload(id, shorter);
    }
    static_cast<Places*>(to)->store_.append({.kind = RecordKind::Code,
                                             .flags = 0,
                                             .thread = 0,
                                             .link = static_cast<std::uint32_t>(text.first_line),
                                             .value = payload.size()},
                                            payload);
}

NodeId Places::child(NodeId caller, cpython::CodeId code, std::uint32_t unit) {
    const auto next = static_cast<NodeId>(nodes_.size());
    const auto [found, fresh] = known_.try_emplace({caller, code, unit}, next);
    if (fresh) {
        nodes_.emplace_back();
        store_.append({.kind = RecordKind::Node,
                       .flags = 0,
                       .thread = 0,
                       .link = caller,
                       .value = std::uint64_t{code} << 32 | unit},
                      {});
    }
    return found->second;
}

PlaceCounts* Places::here(Path& path, Domain domain) {
    stack_.read(kDeepest);
    const std::vector<cpython::OwnFrame>& frames = stack_.frames();
    auto& steps = path.steps;
    const std::size_t count = frames.size();
    const auto same = [&](std::size_t depth) {
        const cpython::OwnFrame& frame = frames[count - 1 - depth];
        const Path::Step& step = steps[depth];
        return step.frame.code == frame.code && step.frame.unit == frame.unit &&
               step.identity == cpython::identity_of(frame.code);
    };
    std::size_t depth = 0;
    while (depth < std::min(steps.size(), count) && same(depth)) ++depth;
    steps.resize(depth);
    NodeId node = depth == 0 ? 0 : steps.back().node;
    for (; depth < count; ++depth) {
        const cpython::OwnFrame& frame = frames[count - 1 - depth];
        node = child(node, codes_.number(frame.code), frame.unit);
        steps.push_back({frame, cpython::identity_of(frame.code), node});
    }
    PlaceCounts*& place = nodes_[node].places[static_cast<std::size_t>(domain)];
    if (place == nullptr) {
        const PlaceCounts none;
        place = reinterpret_cast<PlaceCounts*>(
            store_.append({.kind = RecordKind::Place,
                           .flags = static_cast<std::uint8_t>(domain),
                           .thread = 0,
                           .link = node,
                           .value = sizeof none},
                          {reinterpret_cast<const char*>(&none), sizeof none}));
    }
    return place;
}

}  // namespace hone::measure::memory
