// SPDX-License-Identifier: Apache-2.0
// The calling thread's own Python stack. Its frames stand still while it is in here, and what they
// refer to is alive, so that all is read in place: neither the GIL nor the kernel is needed, no
// reference is taken, no Python code runs and nothing is allocated that Python knows of.
#pragma once

#include <Python.h>

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "cpython/stacks/codes.h"
#include "cpython/stacks/compiled_stack.h"

namespace hone::cpython {

// Keeps its memory from one time to the next.
class OwnStack {
  public:
    // At most `deepest` frames.
    void read(std::size_t deepest) noexcept;
    // Innermost first. Empty: the thread is none of Python's, or runs no Python code. Frames that
    // sys._getframe() would not show are left out. Of compiled code that tells where it is, the
    // functions that have no frame are in it, too.
    [[nodiscard]] const std::vector<OwnFrame>& frames() const noexcept { return frames_; }

  private:
    std::vector<OwnFrame> frames_;
    CompiledStack compiled_;
};

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
