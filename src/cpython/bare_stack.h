// SPDX-License-Identifier: Apache-2.0
// While a BareStack lives, the interpreter's stack of Python frames looks empty: what is called
// sees no frame of its caller, and has the whole recursion limit for itself. `hone run` starts the
// user's program so, that tracebacks, inspect.stack() and the depth of a RecursionError are those
// of plain Python. Threads: the calling thread, which holds the GIL; strictly nested.
#pragma once

#include <Python.h>

#include <type_traits>

namespace hone::cpython {

class BareStack {
  public:
    BareStack();
    ~BareStack();
    BareStack(const BareStack&) = delete;
    BareStack& operator=(const BareStack&) = delete;

  private:
    void* frame_;
    int depth_;
};

}  // namespace hone::cpython
