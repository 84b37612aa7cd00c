// SPDX-License-Identifier: Apache-2.0
// What compiled code says of where a thread is in it: its activations, which may have no frame of
// the interpreter's, or one whose position is of long ago. Plain data that the engine fills; who
// reads stacks puts it together with the interpreter's frames (own_stack.h).
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

namespace hone::cpython {

struct OwnFrame {
    PyCodeObject* code;  // alive as long as the frame
    std::uint32_t unit;  // of the instruction that runs
};

class CompiledStack {
  public:
    void clear() noexcept { activations_.clear(); }
    // The next one outwards. `frame`: the interpreter's, null if none was made. `at`: where it is,
    // functions that are inlined in it first; lives as long as the activation.
    void add(const void* frame, std::span<const OwnFrame> at) {
        activations_.push_back({frame, at});
    }

    struct Activation {
        const void* frame;
        std::span<const OwnFrame> at;
    };
    [[nodiscard]] const std::vector<Activation>& activations() const noexcept {
        return activations_;
    }

  private:
    std::vector<Activation> activations_;
};

}  // namespace hone::cpython
