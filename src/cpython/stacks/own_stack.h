// SPDX-License-Identifier: Apache-2.0
// The calling thread's own Python stack. Its frames stand still while it is in here, and what they
// refer to is alive, so that all is read in place: neither the GIL nor the kernel is needed, no
// reference is taken, no Python code runs and nothing is allocated that Python knows of.
#pragma once

#include <Python.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cpython/stacks/codes.h"

namespace hone::cpython {

struct OwnFrame {
    PyCodeObject* code;  // alive as long as the frame
    std::uint32_t unit;  // of the instruction that runs
};

// Innermost first; at most `deepest`. Empty: the thread is none of Python's, or runs no Python
// code. Frames that sys._getframe() would not show are left out.
void read_own_stack(std::vector<OwnFrame>& frames, std::size_t deepest) noexcept;

// What tells a code object from a later one at its address.
struct CodeIdentity {
    const void *file, *name, *qualified_name, *lines;
    bool operator==(const CodeIdentity&) const = default;
};
[[nodiscard]] CodeIdentity identity_of(const PyCodeObject* code) noexcept;

// Numbers for code objects that were met alive. Each is described when it is first met.
class OwnCodes {
  public:
    OwnCodes(Codes::Tell tell, void* to) : tell_(tell), to_(to) {}
    [[nodiscard]] CodeId number(PyCodeObject* code);

  private:
    struct Entry {
        CodeId id;
        CodeIdentity identity;
    };

    Codes::Tell tell_;
    void* to_;
    CodeId next_ = 0;
    std::unordered_map<const PyCodeObject*, Entry> entries_;
};

}  // namespace hone::cpython
