// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/show_frame.h"

#include <bit>

#include "base/check.h"
#include "cpython/overwrite.h"
#include "cpython/slots.h"

namespace hone::cpython {

namespace {

bool only_here(raw::Slot slot) {
    return raw::slot_owns(slot) && Py_REFCNT(raw::slot_object(slot)) == 1;
}

// Most locals have not changed since the frame was last looked at, or are numbers that the slot
// alone holds. (A Maybe that is unbound, or no plain form, is for the caller to write.)
bool shows(raw::Slot slot, const ir::SlotRow& row, const std::int64_t* buffer,
           const ObjectTable& objects) {
    using ir::SlotForm;
    PyObject* const object = raw::slot_object(slot);
    switch (row.form) {
        case SlotForm::Keep:
            return true;
        case SlotForm::Unbound:
            return object == nullptr;
        case SlotForm::Object:
            return object == reinterpret_cast<PyObject*>(buffer[row.a]);
        case SlotForm::Boolean:
            return object == (buffer[row.a] != 0 ? Py_True : Py_False);
        case SlotForm::Constant:
            return object == objects.at(row.a);
        case SlotForm::Int:
            return object != nullptr && becomes_int(object, only_here(slot), buffer[row.a]);
        case SlotForm::Float:
            return object != nullptr &&
                   becomes_float(object, only_here(slot), std::bit_cast<double>(buffer[row.a]));
        default:
            return false;
    }
}

}  // namespace

void show_frame(Frame* frame, const ir::ExitRow& exit, const std::int64_t* buffer,
                const ObjectTable& objects, std::uint32_t body_offset) {
    const ir::FrameRow& row = exit.frames.front();
    HONE_CHECK(exit.frames.size() == 1, "the frame of an inlined function is never shown");
    Materialiser maker(buffer, objects);
    SlotArray old;
    const ir::SlotRow* at = row.slots.data();
    raw::Slot* const slots = raw::slots_of(frame);
    for (std::uint32_t i = 0; i < own_locals(row); ++i) {
        if (shows(slots[i], *at, buffer, objects)) {
            ++at;
            continue;
        }
        const raw::Slot made = raw::slot_of(maker.make(at));
        old.push(slots[i]);
        slots[i] = made;
    }
    write_variables(frame, row, at, maker);
    raw::set_running(frame, row.resume + body_offset);
    close_slots(old);
}

}  // namespace hone::cpython
