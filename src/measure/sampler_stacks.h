// SPDX-License-Identifier: Apache-2.0
// Stacks as a tree: each different caller, function and place is one node, written to the spool
// when it is first met.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "cpython/stacks/walker.h"
#include "measure/sampler_spool.h"

namespace hone::measure {

using NodeId = std::uint32_t;  // 0: the empty stack

// A thread's last stack, outermost first: most of the next one is the same.
struct StackPath {
    struct Step {
        cpython::StackFrame frame;
        NodeId node;
    };
    std::vector<Step> steps;
};

class StackTree {
  public:
    explicit StackTree(Spool& spool) : spool_(spool) {}
    // `frames` innermost first; the path becomes theirs.
    NodeId node_of(const std::vector<cpython::StackFrame>& frames, StackPath& path);
    // What lies below a stack; innermost first.
    NodeId below(NodeId node, std::span<const cpython::StackFrame> frames);

  private:
    struct Key {
        NodeId caller;
        cpython::CodeId code;
        std::uint32_t unit;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept;
    };

    NodeId child(NodeId caller, cpython::StackFrame frame);

    Spool& spool_;
    std::unordered_map<Key, NodeId, Hash> nodes_;
};

}  // namespace hone::measure
