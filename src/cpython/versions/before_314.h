// SPDX-License-Identifier: Apache-2.0
// CPython 3.11 to 3.13: a frame's slots are plain references, its depth is a number.
#pragma once

namespace hone::cpython::raw {

inline constexpr int kNotTaken = -1;  // follows conditional jumps

using Slot = PyObject*;
inline constexpr Slot kNullSlot = nullptr;
inline PyObject* slot_object(Slot slot) {
    return slot;
}
inline Slot slot_of(PyObject* strong) {
    return strong;
}
inline Slot tagged_slot(std::int64_t) {
    return kNullSlot;
}  // 3.15 only
inline bool is_tagged(Slot) {
    return false;
}
inline std::int64_t tagged_index(Slot) {
    return 0;
}
// Does the slot hold a reference of its own?
inline bool slot_owns(Slot slot) {
    return slot != nullptr;
}
inline void close_slot(Slot slot) {
    Py_XDECREF(slot);
}

inline Slot* slots_of(_PyInterpreterFrame* frame) {
    return frame->localsplus;
}
// Slots in use, locals included.
inline void set_depth(_PyInterpreterFrame* frame, std::uint32_t slots) {
    frame->stacktop = static_cast<int>(slots);
}
inline std::uint32_t depth_of(_PyInterpreterFrame* frame) {
    return static_cast<std::uint32_t>(frame->stacktop);
}

}  // namespace hone::cpython::raw
