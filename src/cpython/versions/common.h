// SPDX-License-Identifier: Apache-2.0
// What all versions have in common, and what their parts need of each other. The parts say in their
// names which versions they are of; a v3NN.h puts its own together. All offer the same names.
#pragma once

namespace hone::cpython::raw {

inline PyCodeObject* code_of(_PyInterpreterFrame* frame);

inline _Py_CODEUNIT* units_of(PyCodeObject* code) {
    return _PyCode_CODE(code);
}
inline void* running_position(PyCodeObject* code, std::uint32_t unit) {
    return units_of(code) + unit;
}

// A PEP 523 evaluator is installed: calls are not inlined, so E can't reach the frame below.
inline bool hooked_evaluator(PyThreadState* thread) {
    return thread->interp->eval_frame != nullptr;
}

struct RangeState {
    long next, left, step;
};

}  // namespace hone::cpython::raw
