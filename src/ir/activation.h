// SPDX-License-Identifier: Apache-2.0
// What a running compiled function tells of itself: a record in its native frame. Compiled code
// that calls compiled code makes no interpreter frame; when something below needs one (an
// object operation, an exit, an exception), the records are walked outwards to the nearest
// frame, and frames are made from there inwards: each of a caller that has none yet from the
// Sync row of the call it is at, each of a callee from its arguments
// (engine/activations.cpp). `frame` is read again after every call, since it may have been made.
//
// Code that tells where it is (compiler::Watched::places) also keeps `place` and `inner` up to
// date, so that the records can be walked inwards from the outermost one. Elsewhere neither is
// written.
//
// Generated code writes the fields by these offsets (compiler/lower/activation.cpp).
#pragma once

#include <cstdint>

namespace hone::ir {

struct Activation {
    void* frame = nullptr;  // the interpreter's frame, null until one is made
    Activation* parent =
        nullptr;  // the compiled caller; of one that was entered: a root, without a parent
    void* version = nullptr;        // the engine's record of this code
    std::uint64_t stack_limit = 0;  // an activation below this address calls nothing directly
    // Of the direct call under way:
    const std::int64_t* words = nullptr;
    std::int64_t row = 0;
    void* callee = nullptr;       // the function object
    Activation* inner = nullptr;  // the callee's record while it runs
    std::int64_t place = 0;       // index in ir::Function::places

    // Behind the record, where there is a parent: the arguments, borrowed from it.
    [[nodiscard]] void* const* arguments() const {
        return reinterpret_cast<void* const*>(this + 1);
    }
};

}  // namespace hone::ir
