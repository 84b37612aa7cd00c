// SPDX-License-Identifier: Apache-2.0
// Containers: building, subscripts, slices, and what compiled code does to exact lists without
// the detour of a call. Sizes and growth are the interpreter's own, so sys.getsizeof agrees.
// Needs the GIL. Tested by tests/conform.
#include <Python.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "cpython/kept.h"
#include "cpython/portable.h"
#include "cpython/ref.h"
#include "runtime/functions.h"
#include "runtime/interpreted.h"
#include "runtime/quiet.h"

namespace {

using hone::cpython::Ref;
using hone::cpython::steal;

PyListObject* as_list(PyObject* list) noexcept {
    return reinterpret_cast<PyListObject*>(list);
}

// A slice bound of a list of `size` items: negative counts from the end, clipped to the list.
Py_ssize_t clip(std::int64_t bound, Py_ssize_t size) noexcept {
    if (bound < 0) bound += size;
    return std::clamp<Py_ssize_t>(bound, 0, size);
}

PyObject* find_list_pop() noexcept {
    return PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyList_Type), "pop");
}

// list.pop(i) by the method itself: its errors, and shapes without a fast path.
PyObject* pop_by_method(PyObject* list, std::int64_t i) noexcept {
    PyObject* const method = hone::cpython::kept<find_list_pop>();
    Ref<> index = steal(PyLong_FromLong(i));
    if (method == nullptr || !index) return nullptr;
    PyObject* args[] = {list, index.get()};
    return PyObject_Vectorcall(method, args, 2, nullptr);
}

// Number of items of range(start, stop, step); -1 = step is 0 or the list would be too long.
std::int64_t range_length(std::int64_t start, std::int64_t stop, std::int64_t step) noexcept {
    if (step == 0) return -1;
    if (step > 0 ? start >= stop : start <= stop) return 0;
    const auto low = static_cast<std::uint64_t>(step > 0 ? start : stop);
    const auto high = static_cast<std::uint64_t>(step > 0 ? stop : start);
    const auto size =
        step > 0 ? static_cast<std::uint64_t>(step) : -static_cast<std::uint64_t>(step);
    const std::uint64_t length = (high - low - 1) / size + 1;
    return length > PY_SSIZE_T_MAX / sizeof(PyObject*) - 1 ? -1 : static_cast<std::int64_t>(length);
}

// list(range(…)) by the types themselves, for what has no fast path.
PyObject* list_of_range_object(std::int64_t start, std::int64_t stop, std::int64_t step) noexcept {
    Ref<> range = steal(PyObject_CallFunction(
        reinterpret_cast<PyObject*>(&PyRange_Type), "LLL", static_cast<long long>(start),
        static_cast<long long>(stop), static_cast<long long>(step)));
    return range ? PySequence_List(range.get()) : nullptr;
}

// Stores n items, `step` apart, over n others; false and nothing done where there are many or
// dropping one of the others could run Python.
bool replace_quietly(PyObject** to, PyObject** from, std::int64_t step, std::int64_t n) noexcept {
    constexpr std::int64_t kMost = 64;
    if (n > kMost || !std::all_of(to, to + n, hone::runtime::is_plain)) return false;
    PyObject* fresh[kMost];
    for (std::int64_t i = 0; i < n; ++i) fresh[i] = Py_NewRef(from[i * step]);
    for (std::int64_t i = 0; i < n; ++i) Py_DECREF(std::exchange(to[i], fresh[i]));
    return true;
}

// A list of n empty slots with room as list(iterable) leaves it.
PyObject* list_with_room(Py_ssize_t n) noexcept {
    PyObject* list = PyList_New(hone::cpython::list_capacity_for(n));
    if (list != nullptr) Py_SET_SIZE(as_list(list), n);
    return list;
}

}  // namespace

extern "C" {

std::int64_t hone_rt_contains(hone_obj* container, hone_obj* item) noexcept {
    return PySequence_Contains(container, item);
}
std::int64_t hone_rt_length(hone_obj* a) noexcept {
    return PyObject_Size(a);
}

hone_obj* hone_rt_get_item(hone_obj* a, hone_obj* i) noexcept {
    return PyObject_GetItem(a, i);
}
std::int64_t hone_rt_set_item(hone_obj* a, hone_obj* i, hone_obj* v) noexcept {
    return PyObject_SetItem(a, i, v);
}
std::int64_t hone_rt_delete_item(hone_obj* a, hone_obj* i) noexcept {
    return PyObject_DelItem(a, i);
}

hone_obj* hone_rt_get_slice(hone_obj* a, hone_obj* lo, hone_obj* hi) noexcept {
    Ref<> slice = steal(PySlice_New(lo, hi, nullptr));
    return slice ? PyObject_GetItem(a, slice.get()) : nullptr;
}

std::int64_t hone_rt_set_slice(hone_obj* a, hone_obj* lo, hone_obj* hi, hone_obj* v) noexcept {
    Ref<> slice = steal(PySlice_New(lo, hi, nullptr));
    return slice ? PyObject_SetItem(a, slice.get(), v) : -1;
}

std::int64_t hone_rt_replace_by_float(hone_obj** place, double v) noexcept {
    PyObject* const old = *place;
    if (!hone::runtime::dies_quietly(old)) return 0;
    *place = hone_rt_box_f64(v);
    Py_DECREF(old);
    return 1;
}

hone_obj* hone_rt_list_pick(hone_obj* list, std::int64_t start, std::int64_t step,
                            std::int64_t count) noexcept {
    PyObject* made = PyList_New(count);
    if (made == nullptr) return nullptr;
    PyObject** from = as_list(list)->ob_item + start;
    for (std::int64_t i = 0; i < count; ++i, from += step)
        PyList_SET_ITEM(made, i, Py_NewRef(*from));
    return made;
}

std::int64_t hone_rt_list_store_slice(hone_obj* list, std::int64_t at, std::int64_t n,
                                      hone_obj* from, std::int64_t start, std::int64_t step,
                                      std::int64_t count) noexcept {
    if (n != count) return 0;
    PyObject** to = as_list(list)->ob_item + at;
    if (list == from && n > 0 && start == (step < 0 ? at + n - 1 : at)) {
        if (step < 0) std::reverse(to, to + n);  // nothing is dropped
        return 1;
    }
    return replace_quietly(to, as_list(from)->ob_item + start, step, n) ? 1 : 0;
}

hone_obj* hone_rt_list_get_index(hone_obj* list, std::int64_t i) noexcept {
    const Py_ssize_t size = PyList_GET_SIZE(list);
    const std::int64_t index = i < 0 ? i + size : i;
    if (index >= 0 && index < size) return Py_NewRef(PyList_GET_ITEM(list, index));
    Ref<> boxed = steal(PyLong_FromLong(i));
    return boxed ? PyList_Type.tp_as_mapping->mp_subscript(list, boxed.get()) : nullptr;
}

hone_obj* hone_rt_str_get_index(hone_obj* text, std::int64_t i) noexcept {
    if (i >= 0) return PyUnicode_Type.tp_as_sequence->sq_item(text, i);
    Ref<> boxed = steal(PyLong_FromLong(i));
    return boxed ? PyUnicode_Type.tp_as_mapping->mp_subscript(text, boxed.get()) : nullptr;
}

// Equal strs are stored in the same way, but for those of 3.11 that are not ready (kind 0).
std::int64_t hone_rt_str_equal(hone_obj* a, hone_obj* b) noexcept {
    if (a == b) return 1;
    const auto kind = static_cast<std::size_t>(PyUnicode_KIND(a));
    if (kind == 0 || static_cast<std::size_t>(PyUnicode_KIND(b)) == 0)
        return PyUnicode_Compare(a, b) == 0 ? 1 : 0;
    const Py_ssize_t length = PyUnicode_GET_LENGTH(a);
    if (length != PyUnicode_GET_LENGTH(b) || kind != static_cast<std::size_t>(PyUnicode_KIND(b)))
        return 0;
    const std::size_t bytes = static_cast<std::size_t>(length) * kind;
    return std::memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b), bytes) == 0 ? 1 : 0;
}

hone_obj* hone_rt_build_tuple(hone_obj** items, std::int64_t n) noexcept {
    return hone::cpython::tuple_of(items, n);
}

hone_obj* hone_rt_build_list(hone_obj** items, std::int64_t n) noexcept {
    PyObject* list = PyList_New(n);
    if (list == nullptr) return nullptr;
    for (std::int64_t i = 0; i < n; ++i) PyList_SET_ITEM(list, i, Py_NewRef(items[i]));
    return list;
}

hone_obj* hone_rt_build_set(hone_obj** items, std::int64_t n) noexcept {
    Ref<> set = steal(PySet_New(nullptr));
    if (!set) return nullptr;
    for (std::int64_t i = 0; i < n; ++i)
        if (PySet_Add(set.get(), items[i]) < 0) return nullptr;
    return set.release();
}

hone_obj* hone_rt_build_map(hone_obj** items, std::int64_t n) noexcept {
    return hone::cpython::dict_of_pairs(items, n / 2);
}

hone_obj* hone_rt_build_slice(hone_obj** items, std::int64_t n) noexcept {
    return PySlice_New(items[0], items[1], n == 3 ? items[2] : nullptr);
}

std::int64_t hone_rt_list_append(hone_obj* list, hone_obj* v) noexcept {
    const Py_ssize_t size = PyList_GET_SIZE(list);
    if (size == as_list(list)->allocated) return PyList_Append(list, v);
    PyList_SET_ITEM(list, size, Py_NewRef(v));
    Py_SET_SIZE(as_list(list), size + 1);
    return 0;
}

std::int64_t hone_rt_list_extend(hone_obj* list, hone_obj* v) noexcept {
    if (hone::cpython::extend_list(list, v) == 0) return 0;
    if (PyErr_ExceptionMatches(PyExc_TypeError) && hone::runtime::never_iterable(v))
        hone::runtime::raise_interpreted("def f(x): return [*x]\n", {v});
    return -1;
}

hone_obj* hone_rt_list_pop(hone_obj* list, std::int64_t i) noexcept {
    const Py_ssize_t size = PyList_GET_SIZE(list), rest = size - 1;
    const std::int64_t at = i < 0 ? i + size : i;
    // The block stays where it is kept down to half its length.
    if (rest <= 0 || at < 0 || at > rest || rest < as_list(list)->allocated >> 1)
        return pop_by_method(list, i);
    PyObject** items = as_list(list)->ob_item;
    PyObject* item = items[at];
    std::copy(items + at + 1, items + size, items + at);
    Py_SET_SIZE(as_list(list), rest);
    return item;
}

std::int64_t hone_rt_list_insert(hone_obj* list, std::int64_t i, hone_obj* v) noexcept {
    const Py_ssize_t size = PyList_GET_SIZE(list);
    if (size == as_list(list)->allocated) return PyList_Insert(list, i, v);
    PyObject** items = as_list(list)->ob_item;
    const Py_ssize_t at = clip(i, size);
    std::copy_backward(items + at, items + size, items + size + 1);
    items[at] = Py_NewRef(v);
    Py_SET_SIZE(as_list(list), size + 1);
    return 0;
}

hone_obj* hone_rt_bind(hone_obj* method, hone_obj* self) noexcept {
    return Py_TYPE(method)->tp_descr_get(method, self, reinterpret_cast<PyObject*>(Py_TYPE(self)));
}

hone_obj* hone_rt_list_repeat(hone_obj* list, std::int64_t n) noexcept {
    return PySequence_Repeat(list, n);
}

hone_obj* hone_rt_list_from_range(std::int64_t start, std::int64_t stop,
                                  std::int64_t step) noexcept {
    const std::int64_t length = range_length(start, stop, step);
    if (length < 0) return list_of_range_object(start, stop, step);
    Ref<> list = steal(list_with_room(length));
    if (!list) return nullptr;
    for (std::int64_t i = 0; i < length; ++i) {
        PyObject* item = PyLong_FromLong(start + i * step);
        if (item == nullptr) return nullptr;
        PyList_SET_ITEM(list.get(), i, item);
    }
    return list.release();
}

hone_obj* hone_rt_list_to_tuple(hone_obj* list) noexcept {
    return PyList_AsTuple(list);
}

std::int64_t hone_rt_set_add(hone_obj* set, hone_obj* v) noexcept {
    return PySet_Add(set, v);
}
std::int64_t hone_rt_set_update(hone_obj* set, hone_obj* iterable) noexcept {
    return hone::cpython::update_set(set, iterable);
}

std::int64_t hone_rt_dict_set(hone_obj* dict, hone_obj* key, hone_obj* v) noexcept {
    return PyDict_SetItem(dict, key, v);
}

std::int64_t hone_rt_dict_update(hone_obj* dict, hone_obj* other) noexcept {
    if (PyDict_Update(dict, other) == 0) return 0;
    // The text is in the bytecode loop alone; asking again could run the object's code twice.
    if (hone::cpython::is_mapping_error(other))
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not a mapping", Py_TYPE(other)->tp_name);
    return -1;
}

std::int64_t hone_rt_dict_merge(hone_obj* dict, hone_obj* other, hone_obj* callable) noexcept {
    return hone::cpython::merge_keywords(dict, other, callable);
}
}
