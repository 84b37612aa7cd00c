// SPDX-License-Identifier: Apache-2.0
// Where memory is asked for: the stacks as a tree, and for each of its nodes what is counted there,
// in the file (store.h). Threads: one at a time, each with its own path.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "cpython/stacks/own_stack.h"
#include "measure/memory/store.h"

namespace hone::measure::memory {

using NodeId = std::uint32_t;  // 0: no Python code runs in that thread

// A thread's last stack, outermost first: most of the next one is the same.
struct Path {
    struct Step {
        cpython::OwnFrame frame;
        cpython::CodeIdentity identity;
        NodeId node;
    };
    std::vector<Step> steps;
};

class Places {
  public:
    explicit Places(Store& store);

    // Where the calling thread is; the path becomes its. Null: the file is full.
    [[nodiscard]] PlaceCounts* here(Path& path, Domain domain);
    // Every place so far.
    template <class Do>
    void each(Do&& act) {
        for (const Node& node : nodes_)
            for (PlaceCounts* const place : node.places)
                if (place != nullptr) act(*place);
    }

  private:
    struct Node {
        std::array<PlaceCounts*, kDomains> places{};
    };
    struct Key {
        NodeId caller;
        cpython::CodeId code;
        std::uint32_t unit;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept;
    };

    NodeId child(NodeId caller, cpython::CodeId code, std::uint32_t unit);
    static void tell_code(void* to, cpython::CodeId id, const cpython::CodeText& text);

    Store& store_;
    cpython::OwnCodes codes_;
    cpython::OwnStack stack_;
    std::vector<Node> nodes_;
    std::unordered_map<Key, NodeId, Hash> known_;
};

}  // namespace hone::measure::memory
