// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/exit_tree.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <queue>

namespace hone::compiler {

namespace {

using Values = std::vector<std::uint32_t>;  // sorted

Values without(const Values& a, const Values& b) {
    Values left;
    std::ranges::set_difference(a, b, std::back_inserter(left));
    return left;
}

class Builder {
  public:
    explicit Builder(const HandedOver& exits) {
        for (const auto& values : exits) {
            Values& own = own_.emplace_back();
            for (const ir::ValueId value : values) own.push_back(value.raw);
            std::ranges::sort(own);
        }
    }

    ExitTree run() {
        if (own_.empty()) return {};
        common_.resize(4 * own_.size());
        find_common(1, 0, own_.size());
        tree_.leaf.resize(own_.size());
        place(1, 0, own_.size(), 0, {});
        return std::move(tree_);
    }

  private:
    // What the exits [first, last) have in common, in the heap's order of ranges.
    void find_common(std::size_t at, std::size_t first, std::size_t last) {
        if (last - first == 1) {
            common_[at] = own_[first];
            return;
        }
        const std::size_t middle = first + (last - first) / 2;
        find_common(2 * at, first, middle);
        find_common(2 * at + 1, middle, last);
        std::ranges::set_intersection(common_[2 * at], common_[2 * at + 1],
                                      std::back_inserter(common_[at]));
    }

    // A range that adds nothing to what is stored above gets no node, unless it is the root or an
    // exit.
    void place(std::size_t at, std::size_t first, std::size_t last, std::uint32_t parent,
               const Values& stored) {
        const Values fresh = without(common_[at], stored);
        const bool leaf = last - first == 1;
        std::uint32_t here = parent;
        if (tree_.nodes.empty() || leaf || !fresh.empty()) {
            here = static_cast<std::uint32_t>(tree_.nodes.size());
            ExitTree::Node& node = tree_.nodes.emplace_back();
            node.parent = parent;
            for (const std::uint32_t value : fresh) node.stores.emplace_back(value);
        }
        if (leaf) {
            tree_.leaf[first] = here;
            return;
        }
        const std::size_t middle = first + (last - first) / 2;
        place(2 * at, first, middle, here, common_[at]);
        place(2 * at + 1, middle, last, here, common_[at]);
    }

    std::vector<Values> own_, common_;
    ExitTree tree_;
};

struct Span {
    std::uint32_t value;
    std::size_t first, last;
};

// By first exit.
std::vector<Span> spans_of(const HandedOver& exits) {
    std::unordered_map<std::uint32_t, std::size_t> known;
    std::vector<Span> spans;
    for (std::size_t e = 0; e < exits.size(); ++e) {
        for (const ir::ValueId value : exits[e]) {
            const auto [it, fresh] = known.try_emplace(value.raw, spans.size());
            if (fresh)
                spans.push_back({value.raw, e, e});
            else
                spans[it->second].last = e;
        }
    }
    return spans;
}

}  // namespace

ExitTree make_exit_tree(const HandedOver& exits) {
    return Builder(exits).run();
}

WordNumbers number_words(const HandedOver& exits) {
    WordNumbers numbers;
    using Taken = std::pair<std::size_t, std::uint32_t>;  // last exit, word
    std::priority_queue<Taken, std::vector<Taken>, std::greater<>> taken;
    std::vector<std::uint32_t> idle;
    for (const Span& span : spans_of(exits)) {
        for (; !taken.empty() && taken.top().first < span.first; taken.pop())
            idle.push_back(taken.top().second);
        std::uint32_t word = static_cast<std::uint32_t>(numbers.count);
        if (idle.empty()) {
            ++numbers.count;
        } else {
            word = idle.back();
            idle.pop_back();
        }
        numbers.of[span.value] = word;
        taken.emplace(span.last, word);
    }
    return numbers;
}

}  // namespace hone::compiler
