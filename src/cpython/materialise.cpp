// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/materialise.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "cpython/iterators.h"
#include "cpython/portable.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

PyObject* call_type(PyTypeObject& type, PyObject* arguments) {
    return PyObject_CallObject(reinterpret_cast<PyObject*>(&type), arguments);
}

}  // namespace

Materialiser::~Materialiser() {
    for (std::uint32_t i = 0; i < near_used_; ++i) Py_XDECREF(near_[i]);
    for (const auto& [word, number] : far_) Py_XDECREF(number);
}

PyObject* Materialiser::make(const ir::SlotRow*& row) {
    using ir::SlotForm;
    ir::SlotRow here = *row++;
    PyObject* made = nullptr;
    switch (here.form) {
        case SlotForm::Keep:
        case SlotForm::Unbound:
        case SlotForm::TaggedIndex:
            return nullptr;
        case SlotForm::Object:
            return Py_XNewRef(reinterpret_cast<PyObject*>(buffer_[here.a]));
        case SlotForm::Boolean:
            return Py_NewRef(buffer_[here.a] != 0 ? Py_True : Py_False);
        case SlotForm::Constant:
            return Py_NewRef(objects_.at(here.a));
        case SlotForm::Int:
        case SlotForm::Float:
            made = make_number(here.form, here.a);
            break;
        case SlotForm::Tuple:
            made = make_tuple(here.a, row);
            break;
        case SlotForm::RangeIter:
            made = make_range(row);
            break;
        case SlotForm::ListIter:
        case SlotForm::TupleIter:
        case SlotForm::Reversed:
            made = make_sequence_iterator(here.form, row);
            break;
        case SlotForm::Enumerate:
        case SlotForm::Method:
            made = make_pair(here.form, row);
            break;
        case SlotForm::Zip:
            made = make_zip(here.a, row);
            break;
        case SlotForm::Slice:
        case SlotForm::Range:
            made = make_triple(here.form, row);
            break;
        case SlotForm::Complex:
            made = make_complex(row);
            break;
        case SlotForm::ListSlice:
            made = make_list_slice(row);
            break;
        case SlotForm::Maybe: {
            const bool bound = buffer_[row[0].a] != 0;
            if (bound) return make(++row);
            row += 2;
            return nullptr;
        }
    }
    if (made == nullptr) failed_ = true;
    return made;
}

PyObject*& Materialiser::number_of(std::uint32_t word) {
    if (word < kNear) {
        for (; near_used_ <= word; ++near_used_) near_[near_used_] = nullptr;
        return near_[word];
    }
    const auto known = std::ranges::find(far_, word, &std::pair<std::uint32_t, PyObject*>::first);
    return known != far_.end() ? known->second : far_.emplace_back(word, nullptr).second;
}

PyObject* Materialiser::make_number(ir::SlotForm form, std::uint32_t word) {
    PyObject*& number = number_of(word);
    if (number == nullptr)
        number = form == ir::SlotForm::Int
                     ? PyLong_FromLongLong(buffer_[word])
                     : PyFloat_FromDouble(std::bit_cast<double>(buffer_[word]));
    return Py_XNewRef(number);
}

PyObject* Materialiser::make_tuple(std::uint32_t count, const ir::SlotRow*& row) {
    std::vector<Ref<>> made(count);
    std::vector<PyObject*> items(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        made[i] = steal(make(row));
        if (!made[i]) return nullptr;
        items[i] = made[i].get();
    }
    return tuple_of(items.data(), count);
}

PyObject* Materialiser::make_range(const ir::SlotRow*& row) {
    std::int64_t next = buffer_[row[0].a], left = buffer_[row[1].a], step = buffer_[row[2].a];
    row += 3;
    auto* iterator = PyObject_New(raw::RangeIterator, &PyRangeIter_Type);
    if (iterator == nullptr) return nullptr;
    raw::set_range(iterator, next, step, left);
    return reinterpret_cast<PyObject*>(iterator);
}

// An index past the end is what an exhausted iterator meets: it finds out by itself, even if
// the list grew. An iterator that *was* exhausted has let its list go; index < 0 says so.
PyObject* Materialiser::make_sequence_iterator(ir::SlotForm form, const ir::SlotRow*& row) {
    Ref<> sequence = steal(make(row));
    std::int64_t index = buffer_[row->a];
    ++row;
    if (!sequence) return nullptr;
    PyObject* iterator =
        form == ir::SlotForm::Reversed
            ? call_type(PyReversed_Type, Ref<>::steal(PyTuple_Pack(1, sequence.get())).get())
            : PyObject_GetIter(sequence.get());
    if (iterator == nullptr) return nullptr;
    SequenceIterator* raw_iterator = as_sequence_iterator(iterator);
    raw_iterator->index = index;
    if (index < 0) Py_CLEAR(raw_iterator->sequence);
    return iterator;
}

PyObject* Materialiser::make_pair(ir::SlotForm form, const ir::SlotRow*& row) {
    Ref<> first = steal(make(row));
    if (!first) return nullptr;
    Ref<> second = steal(make(row));
    if (!second) return nullptr;
    if (form == ir::SlotForm::Method)
        return Py_TYPE(first.get())
            ->tp_descr_get(first.get(), second.get(),
                           reinterpret_cast<PyObject*>(Py_TYPE(second.get())));
    Ref<> arguments = steal(PyTuple_Pack(2, second.get(), first.get()));
    return arguments ? call_type(PyEnum_Type, arguments.get()) : nullptr;
}

PyObject* Materialiser::make_triple(ir::SlotForm form, const ir::SlotRow*& row) {
    Ref<> parts = steal(make_tuple(3, row));
    return parts ? call_type(form == ir::SlotForm::Slice ? PySlice_Type : PyRange_Type, parts.get())
                 : nullptr;
}

PyObject* Materialiser::make_complex(const ir::SlotRow*& row) {
    const double real = std::bit_cast<double>(buffer_[row[0].a]);
    const double imaginary = std::bit_cast<double>(buffer_[row[1].a]);
    row += 2;
    return PyComplex_FromDoubles(real, imaginary);
}

// A raise may find the list shorter than it was: the copy is thrown away then, but must not read
// beyond it.
PyObject* Materialiser::make_list_slice(const ir::SlotRow*& row) {
    Ref<> list = steal(make(row));
    const std::int64_t start = buffer_[row[0].a], step = buffer_[row[1].a];
    const std::int64_t count = buffer_[row[2].a];
    row += 3;
    const Py_ssize_t size = list ? PyList_GET_SIZE(list.get()) : 0;
    const bool inside =
        count <= size && (count == 0 || (start < size && start + step * (count - 1) < size));
    Ref<> made = steal(list ? PyList_New(inside ? count : 0) : nullptr);
    if (!made) return nullptr;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(made.get()); ++i)
        PyList_SET_ITEM(made.get(), i, Py_NewRef(PyList_GET_ITEM(list.get(), start + i * step)));
    return made.release();
}

PyObject* Materialiser::make_zip(std::uint32_t count, const ir::SlotRow*& row) {
    Ref<> inner = steal(make_tuple(count, row));
    return inner ? call_type(PyZip_Type, inner.get()) : nullptr;
}

}  // namespace hone::cpython
