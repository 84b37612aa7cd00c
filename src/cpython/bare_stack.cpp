// SPDX-License-Identifier: Apache-2.0
#include "cpython/bare_stack.h"

namespace hone::cpython {
namespace {

auto& current_frame(PyThreadState* thread) {
#if PY_VERSION_HEX >= 0x030D0000
    return thread->current_frame;
#else
    return thread->cframe->current_frame;
#endif
}

int& recursion_left(PyThreadState* thread) {
#if PY_VERSION_HEX >= 0x030C0000
    return thread->py_recursion_remaining;
#else
    return thread->recursion_remaining;
#endif
}

}  // namespace

BareStack::BareStack() {
    PyThreadState* thread = PyThreadState_Get();
    frame_ = current_frame(thread);
    depth_ = Py_GetRecursionLimit() - recursion_left(thread);
    current_frame(thread) = nullptr;
    recursion_left(thread) += depth_;
}

BareStack::~BareStack() {
    PyThreadState* thread = PyThreadState_Get();
    auto& frame = current_frame(thread);
    frame = static_cast<std::remove_reference_t<decltype(frame)>>(frame_);
    recursion_left(thread) -= depth_;
}

}  // namespace hone::cpython
