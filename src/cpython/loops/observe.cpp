// SPDX-License-Identifier: Apache-2.0
// An iterator is taken apart only if the stack holds the only reference to it: nobody can see that
// it is gone. Iterators within (enumerate, zip) must be as private, and all of a kind that compiled
// code goes on without; else the whole stays an object.
#include "cpython/private.h"

#include "cpython/loops/observe.h"

#include <vector>

#include "cpython/iterators.h"
#include "cpython/objects.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

using ir::EntrySlot;
using ir::SlotForm;
using Slots = std::vector<EntrySlot>;

EntrySlot object_slot(PyObject* object) {
    EntrySlot slot{.form = SlotForm::Object, .type = type_kind(Py_TYPE(object))};
    if (slot.type != ir::TypeKind::Int) return slot;
    int overflow = 0;
    static_cast<void>(PyLong_AsLongLongAndOverflow(object, &overflow));
    slot.big = overflow != 0;
    return slot;
}

EntrySlot sequence_slot(PyObject* sequence) {
    return {.form = SlotForm::Object, .type = type_kind(Py_TYPE(sequence))};
}

constexpr EntrySlot kNumber{.form = SlotForm::Int, .type = ir::TypeKind::Int};

bool observe_iterator(PyObject* iterator, Slots& out);

bool observe_sequence_iterator(PyObject* iterator, SlotForm form, Slots& out) {
    const SequenceIterator* parts = as_sequence_iterator(iterator);
    if (parts->sequence == nullptr || parts->index < 0) return false;
    // A subclass of list has an iterator of the same type.
    const EntrySlot sequence = sequence_slot(parts->sequence);
    const bool tuple = form == SlotForm::TupleIter;
    if (sequence.type != (tuple ? ir::TypeKind::Tuple : ir::TypeKind::List)) return false;
    out.insert(out.end(), {EntrySlot{.form = form}, sequence, kNumber});
    return true;
}

bool observe_enumerate(PyObject* iterator, Slots& out) {
    const EnumerateIterator* parts = as_enumerate(iterator);
    if (parts->long_index != nullptr || parts->iterator == nullptr) return false;
    out.insert(out.end(), {EntrySlot{.form = SlotForm::Enumerate}, kNumber});
    return observe_iterator(parts->iterator, out);
}

bool observe_zip(PyObject* iterator, Slots& out) {
    const ZipIterator* parts = as_zip(iterator);
    if (parts->strict != 0 || parts->size == 0 || Py_REFCNT(parts->iterators) != 1) return false;
    out.push_back({.form = SlotForm::Zip, .count = static_cast<std::uint32_t>(parts->size)});
    for (Py_ssize_t i = 0; i < parts->size; ++i)
        if (!observe_iterator(PyTuple_GET_ITEM(parts->iterators, i), out)) return false;
    return true;
}

// False: it stays an object, and `out` has rows too many.
bool observe_iterator(PyObject* iterator, Slots& out) {
    if (Py_REFCNT(iterator) != 1) return false;
    PyTypeObject* const type = Py_TYPE(iterator);
    if (type == &PyListIter_Type)
        return observe_sequence_iterator(iterator, SlotForm::ListIter, out);
    if (type == &PyTupleIter_Type)
        return observe_sequence_iterator(iterator, SlotForm::TupleIter, out);
    if (type == list_reverse_iterator_type())
        return observe_sequence_iterator(iterator, SlotForm::Reversed, out);
    if (type == &PyEnum_Type) return observe_enumerate(iterator, out);
    if (type == &PyZip_Type) return observe_zip(iterator, out);
    if (type != &PyRangeIter_Type) return false;
    out.insert(out.end(), {EntrySlot{.form = SlotForm::RangeIter}, kNumber, kNumber, kNumber});
    return true;
}

// 3.15: the loop's container; its index is the next slot.
bool observe_container(raw::Slot slot, Slots& out) {
    const EntrySlot sequence = sequence_slot(raw::slot_object(slot));
    const bool tuple = sequence.type == ir::TypeKind::Tuple;
    if (!tuple && sequence.type != ir::TypeKind::List) return false;
    out.insert(out.end(), {EntrySlot{.form = tuple ? SlotForm::TupleIter : SlotForm::ListIter},
                           sequence, kNumber, EntrySlot{}});
    return true;
}

bool observe_stack(const raw::Slot* base, std::uint32_t depth, Slots& out) {
    for (std::uint32_t i = 0; i < depth; ++i) {
        if (raw::is_tagged(base[i])) return false;
        PyObject* const object = raw::slot_object(base[i]);
        if (i + 1 < depth && raw::is_tagged(base[i + 1])) {
            if (!observe_container(base[i++], out)) return false;
            continue;
        }
        if (object == nullptr) {
            out.push_back({});
            continue;
        }
        const std::size_t before = out.size();
        if (raw::slot_owns(base[i]) && observe_iterator(object, out)) continue;
        out.resize(before);
        out.push_back(object_slot(object));
    }
    return true;
}

// --- taking apart: the same walk, moving what it meets

class Taker {
  public:
    Taker(const EntrySlot* at, std::int64_t* words) : at_(at), words_(words) {}
    ~Taker() {
        for (PyObject* shell : shells_) Py_DECREF(shell);
    }
    Taker(const Taker&) = delete;
    Taker& operator=(const Taker&) = delete;

    void slot(const raw::Slot* base, std::uint32_t& i, std::uint32_t depth) {
        const SlotForm form = at_->form;
        if (form == SlotForm::Unbound) {
            ++at_;
        } else if (i + 1 < depth && raw::is_tagged(base[i + 1])) {
            ++at_;
            object(strong(base[i]));
            number(raw::tagged_index(base[++i]));
            ++at_;
        } else if (form == SlotForm::Object) {
            object(strong(base[i]));
        } else {
            iterator(raw::slot_object(base[i]));
        }
    }

  private:
    static PyObject* strong(raw::Slot slot) {
        PyObject* const object = raw::slot_object(slot);
        return raw::slot_owns(slot) ? object : Py_NewRef(object);
    }
    void object(PyObject* owned) {
        *words_++ = reinterpret_cast<std::int64_t>(owned);
        ++at_;
    }
    void number(std::int64_t value) {
        *words_++ = value;
        ++at_;
    }
    // Takes over the reference; what is left of the object dies when all is done.
    void iterator(PyObject* owned) {
        shells_.push_back(owned);
        const EntrySlot head = *at_++;
        switch (head.form) {
            case SlotForm::RangeIter: {
                const raw::RangeState range =
                    raw::get_range(reinterpret_cast<raw::RangeIterator*>(owned));
                number(range.next);
                number(range.left);
                return number(range.step);
            }
            case SlotForm::Enumerate:
                number(as_enumerate(owned)->index);
                return iterator(std::exchange(as_enumerate(owned)->iterator, nullptr));
            case SlotForm::Zip:
                for (std::uint32_t i = 0; i < head.count; ++i) {
                    PyObject* const tuple = as_zip(owned)->iterators;
                    PyObject* const inner = PyTuple_GET_ITEM(tuple, i);
                    PyTuple_SET_ITEM(tuple, i, Py_NewRef(Py_None));
                    iterator(inner);
                }
                return;
            default:
                object(std::exchange(as_sequence_iterator(owned)->sequence, nullptr));
                return number(as_sequence_iterator(owned)->index);
        }
    }

    const EntrySlot* at_;
    std::int64_t* words_;
    std::vector<PyObject*> shells_;
};

}  // namespace

namespace {

PyObject* variable(Frame* frame, std::uint32_t name) {
    return PyDict_GetItemWithError(frame->f_globals,
                                   PyTuple_GET_ITEM(raw::code_of(frame)->co_names, name));
}

// One object for all ints of this value, on every version.
bool is_cached_int(PyObject* number) {
    int overflow = 0;
    const long value = PyLong_AsLongAndOverflow(number, &overflow);
    return overflow == 0 && value >= -5 && value <= 256;
}

// Unboxed, each would become an object of its own.
void mark_shared(const raw::Slot* slots, std::vector<EntrySlot>& locals) {
    const auto number = [&](std::size_t i) {
        if (locals[i].form != SlotForm::Object) return false;
        return locals[i].type == ir::TypeKind::Float ||
               (locals[i].type == ir::TypeKind::Int && !is_cached_int(raw::slot_object(slots[i])));
    };
    for (std::size_t a = 0; a < locals.size(); ++a)
        for (std::size_t b = a + 1; number(a) && b < locals.size(); ++b)
            if (number(b) && raw::slot_object(slots[a]) == raw::slot_object(slots[b]))
                locals[a].shared = locals[b].shared = true;
}

}  // namespace

std::optional<ir::LoopEntry> observe_loop(Frame* frame, std::uint32_t header,
                                          const std::vector<std::uint32_t>& names) {
    ir::LoopEntry entry;
    entry.header = header;
    PyCodeObject* const code = raw::code_of(frame);
    const raw::Slot* const slots = raw::slots_of(frame);
    const char* const kinds = PyBytes_AS_STRING(code->co_localspluskinds);
    for (int i = 0; i < code->co_nlocalsplus; ++i) {
        PyObject* const object = raw::slot_object(slots[i]);
        if ((kinds[i] & (CO_FAST_CELL | CO_FAST_FREE)) != 0)
            entry.locals.push_back({.form = SlotForm::Keep});
        else
            entry.locals.push_back(object != nullptr ? object_slot(object) : EntrySlot{});
    }
    mark_shared(slots, entry.locals);
    if (!observe_stack(slots + code->co_nlocalsplus, saved_depth(frame), entry.stack)) return {};
    for (const std::uint32_t name : names) {
        PyObject* const value = variable(frame, name);
        entry.variables.push_back({name, value != nullptr ? object_slot(value) : EntrySlot{}});
    }
    return entry;
}

void take_stack(Frame* frame, const ir::LoopEntry& entry, std::int64_t* words) {
    const auto locals = static_cast<std::uint32_t>(raw::code_of(frame)->co_nlocalsplus);
    raw::Slot* const base = raw::slots_of(frame) + locals;
    const std::uint32_t depth = saved_depth(frame);
    Taker taker(entry.stack.data(), words);
    for (std::uint32_t i = 0; i < depth; ++i) taker.slot(base, i, depth);
    words += ir::words_of(entry);
    for (auto at = entry.variables.rbegin(); at != entry.variables.rend(); ++at)
        if (ir::is_held(at->slot))
            *--words = reinterpret_cast<std::int64_t>(Py_NewRef(variable(frame, at->name)));
    raw::set_depth(frame, locals);
}

}  // namespace hone::cpython
