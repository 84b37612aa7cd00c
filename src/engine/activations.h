// SPDX-License-Identifier: Apache-2.0
// Activations of compiled code (ir/activation.h) and their frames. Everything needs the GIL.
#pragma once

#include "cpython/frame.h"
#include "engine/code.h"
#include "ir/activation.h"

namespace hone::engine {

// The parent of every activation that the trampoline entered, but for those of places.h; its stack
// limit is set before.
extern ir::Activation root;

// The activation's frame; made if there is none, with those of its callers.
cpython::Frame* frame_of(ir::Activation& activation);
// Its locals and position are as the Sync row says.
void show(ir::Activation& activation, std::size_t row, const std::int64_t* words);
// What the services of these names do.
void bury(ir::Activation& activation, PyObject* object);
[[nodiscard]] PyObject* leave(ir::Activation& activation, std::size_t row,
                              const std::int64_t* words);
[[nodiscard]] PyObject* finish(ir::Activation& activation, std::size_t row,
                               const std::int64_t* words, PyObject* result);

// While it lives, Python code is served in the middle of `activation`, whose frame is made.
class Serving {
  public:
    explicit Serving(ir::Activation& activation);
    ~Serving();
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;

  private:
    ir::Activation& activation_;
    ir::Activation* before_;
};
// This thread's innermost frame below the compiled code that is being served; the running one if
// none is.
[[nodiscard]] cpython::Frame* innermost_interpreted(PyThreadState* thread);

}  // namespace hone::engine
