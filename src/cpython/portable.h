// SPDX-License-Identifier: Apache-2.0
// What the runtime functions need of CPython's insides, in one form for all versions: the words
// of the frame, instance attributes kept beside the object, entries of a dict's keys, type
// versions, and API that moved. Hot accessors are inline and read raw words; portable.cpp checks
// each offset against CPython's private headers when it is compiled.
//
// Threads: everything needs the GIL. Objects are borrowed unless the comment says new.
// Tested by tests/runtime and tests/conform.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>

#include "ir/layout.h"

struct _PyInterpreterFrame;
#if PY_VERSION_HEX >= 0x030f0000
extern "C" {
PyAPI_DATA(PyTypeObject) PyLazyImport_Type;
}
#endif

namespace hone::cpython {

// ---- frames
#if PY_VERSION_HEX >= 0x030c0000
inline constexpr std::size_t kFrameGlobals = 24;
inline constexpr std::size_t kFrameBuiltins = 32;
#else
inline constexpr std::size_t kFrameGlobals = 8;
inline constexpr std::size_t kFrameBuiltins = 16;
#endif

template <class T>
[[nodiscard]] inline T& word_at(void* base, std::ptrdiff_t offset) noexcept {
    return *reinterpret_cast<T*>(static_cast<char*>(base) + offset);
}
[[nodiscard]] inline PyObject* frame_globals(_PyInterpreterFrame* frame) noexcept {
    return word_at<PyObject*>(frame, kFrameGlobals);
}
[[nodiscard]] inline PyObject* frame_builtins(_PyInterpreterFrame* frame) noexcept {
    return word_at<PyObject*>(frame, kFrameBuiltins);
}

// ---- tuples
// New, as the interpreter's own displays are: the collector does not know all of them (3.14 and
// later). Null: an error is set.
[[nodiscard]] PyObject* tuple_of(PyObject* const* items, Py_ssize_t n) noexcept;

// ---- keys of dicts
// The head of PyDictKeysObject; indices follow, then the entries.
struct DictKeys {
    Py_ssize_t refcnt;
    std::uint8_t log2_size, log2_index_bytes, kind;
    std::uint32_t version;
    Py_ssize_t usable, nentries;
    char indices[1];
};
struct UnicodeEntry {
    PyObject* key;
    PyObject* value;  // NULL where deleted, or in shared keys
};
inline constexpr std::uint8_t kKeysGeneral = 0;  // any keys; entries of another shape

[[nodiscard]] inline DictKeys* dict_keys(PyObject* dict) noexcept {
    return reinterpret_cast<DictKeys*>(reinterpret_cast<PyDictObject*>(dict)->ma_keys);
}
[[nodiscard]] inline bool is_split(PyObject* dict) noexcept {
    return reinterpret_cast<PyDictObject*>(dict)->ma_values != nullptr;
}
// Requires: keys->kind != kKeysGeneral.
[[nodiscard]] inline UnicodeEntry* unicode_entries(DictKeys* keys) noexcept {
    return reinterpret_cast<UnicodeEntry*>(keys->indices +
                                           (std::size_t{1} << keys->log2_index_bytes));
}
// No key but exact str: looking one up runs no Python code.
[[nodiscard]] inline bool dict_has_str_keys(PyObject* dict) noexcept {
    return PyDict_CheckExact(dict) && dict_keys(dict)->kind != kKeysGeneral;
}
// By a str; borrowed, null where absent. Requires: dict_has_str_keys(dict).
[[nodiscard]] inline PyObject* plain_dict_value(PyObject* dict, PyObject* name) noexcept {
    return PyDict_GetItemWithError(dict, name);
}

struct GeneralEntry {
    Py_hash_t hash;
    PyObject* key;
    PyObject* value;
};

// Walks the entries of general keys that a look-up by this hash would meet.
class DictProbe {
  public:
    DictProbe(DictKeys* keys, Py_hash_t hash) noexcept
        : keys_(keys),
          mask_((std::size_t{1} << keys->log2_size) - 1),
          perturb_(static_cast<std::size_t>(hash)),
          slot_(perturb_ & mask_) {}

    // Null: none is left.
    [[nodiscard]] const GeneralEntry* next() noexcept {
        for (;;) {
            const std::int64_t index = index_at(slot_);
            perturb_ >>= 5;
            slot_ = (slot_ * 5 + perturb_ + 1) & mask_;
            if (index == -1) return nullptr;
            if (index >= 0) return entries() + index;
        }
    }

  private:
    [[nodiscard]] const GeneralEntry* entries() const noexcept {
        return reinterpret_cast<const GeneralEntry*>(keys_->indices +
                                                     (std::size_t{1} << keys_->log2_index_bytes));
    }
    [[nodiscard]] std::int64_t index_at(std::size_t slot) const noexcept {
        switch (keys_->log2_index_bytes - keys_->log2_size) {
            case 0:
                return reinterpret_cast<const std::int8_t*>(keys_->indices)[slot];
            case 1:
                return reinterpret_cast<const std::int16_t*>(keys_->indices)[slot];
            case 2:
                return reinterpret_cast<const std::int32_t*>(keys_->indices)[slot];
            default:
                return reinterpret_cast<const std::int64_t*>(keys_->indices)[slot];
        }
    }

    DictKeys* keys_;
    std::size_t mask_, perturb_, slot_;
};

// Index of an interned name among the first entries of str-only keys, by identity; -1 = not seen.
[[nodiscard]] Py_ssize_t key_index(DictKeys* keys, PyObject* name, Py_ssize_t limit) noexcept;

// ---- instance attributes beside the object
// Objects of these types start with their attributes in an array ordered by the type's shared keys.
[[nodiscard]] inline bool has_inline_values(PyTypeObject* type) noexcept {
#if PY_VERSION_HEX >= 0x030d0000
    return (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) != 0;
#else
    return (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
#endif
}
[[nodiscard]] inline DictKeys* shared_keys(PyTypeObject* type) noexcept {
    return reinterpret_cast<DictKeys*>(reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys);
}

inline constexpr std::ptrdiff_t kDictWord = -3 * static_cast<std::ptrdiff_t>(sizeof(void*));
// From 3.13 on, struct _dictvalues behind the object: capacity, size, embedded, valid; then the
// values, then the insertion order.
inline constexpr std::ptrdiff_t kValuesHeader = 8;
inline constexpr std::ptrdiff_t kValuesValid = 3;
#if PY_VERSION_HEX >= 0x030d0000
inline constexpr ir::ValuesRule kInlineValues = ir::ValuesRule::Behind;
inline constexpr std::ptrdiff_t kValuesWord = 0;  // none
#elif PY_VERSION_HEX >= 0x030c0000
inline constexpr ir::ValuesRule kInlineValues = ir::ValuesRule::Tagged;
inline constexpr std::ptrdiff_t kValuesWord = kDictWord;
#else
inline constexpr ir::ValuesRule kInlineValues = ir::ValuesRule::Pointer;
inline constexpr std::ptrdiff_t kValuesWord =
    kDictWord - static_cast<std::ptrdiff_t>(sizeof(void*));
#endif

// The array of values, or null when the attributes have moved into a dict of their own.
// Requires: has_inline_values(Py_TYPE(o)).
[[nodiscard]] inline PyObject** inline_values(PyObject* o,
                                              [[maybe_unused]] PyTypeObject* type) noexcept {
#if PY_VERSION_HEX >= 0x030d0000
    char* head = reinterpret_cast<char*>(o) + type->tp_basicsize;
    return head[kValuesValid] != 0 ? reinterpret_cast<PyObject**>(head + kValuesHeader) : nullptr;
#elif PY_VERSION_HEX >= 0x030c0000
    char* word =
        word_at<char*>(o, kDictWord);  // bit 0: values (pointer + 1 is stored minus 1), else a dict
    return (reinterpret_cast<std::uintptr_t>(word) & 1) != 0
               ? reinterpret_cast<PyObject**>(word + 1)
               : nullptr;
#else
    return word_at<PyObject**>(o, kValuesWord);
#endif
}

// The instance's dict object if it exists. Requires: has_inline_values(Py_TYPE(o)).
[[nodiscard]] inline PyObject* instance_dict(PyObject* o) noexcept {
    auto* dict = word_at<PyObject*>(o, kDictWord);
#if PY_VERSION_HEX >= 0x030c0000 && PY_VERSION_HEX < 0x030d0000
    if ((reinterpret_cast<std::uintptr_t>(dict) & 1) != 0) return nullptr;
#endif
    return dict;
}

// May a value be written straight into the array? From 3.13 on a dict may look at the same array.
[[nodiscard]] inline bool values_are_private([[maybe_unused]] PyObject* o) noexcept {
#if PY_VERSION_HEX >= 0x030d0000
    return instance_dict(o) == nullptr;
#else
    return true;
#endif
}

// Records that values[index] has come into being: the order in which __dict__ lists attributes.
// False (and nothing done) when there is no room.
[[nodiscard]] inline bool add_to_insertion_order(PyObject** values, unsigned index) noexcept {
    auto* bytes = reinterpret_cast<std::uint8_t*>(values);
#if PY_VERSION_HEX >= 0x030d0000
    std::uint8_t* head = bytes - kValuesHeader;
    const unsigned capacity = head[0], size = head[1];
    if (index >= capacity || size >= capacity) return false;
    reinterpret_cast<std::uint8_t*>(values + capacity)[size] = static_cast<std::uint8_t>(index);
    head[1] = static_cast<std::uint8_t>(size + 1);
#else
    const unsigned room = bytes[-1], size = bytes[-2];
    if (size + 2u >= room) return false;
    bytes[-3 - static_cast<int>(size)] = static_cast<std::uint8_t>(index);
    bytes[-2] = static_cast<std::uint8_t>(size + 1);
#endif
    return true;
}

// Which of the two slots below a call's arguments comes first.
#if PY_VERSION_HEX >= 0x030d0000
inline constexpr bool kNullBeforeCallable = false;
#else
inline constexpr bool kNullBeforeCallable = true;
#endif

// ---- types
// The version of a type's attributes, its bases' included; 0 = has none now. Never used twice.
[[nodiscard]] inline std::uint32_t type_version(PyTypeObject* type) noexcept {
    return static_cast<std::uint32_t>(type->tp_version_tag);
}
// Gives the type a version if it can have one; 0 = it can't.
[[nodiscard]] std::uint32_t assign_type_version(PyTypeObject* type) noexcept;
// What the type and its bases define for a name; null without an error.
[[nodiscard]] PyObject* lookup_in_type(PyTypeObject* type, PyObject* name) noexcept;
// The attribute as LOAD_METHOD finds it: 1 = unbound, to be called with `o` first; 0 = ready to
// be called, or null with an error. *method is new.
[[nodiscard]] int find_method(PyObject* o, PyObject* name, PyObject** method) noexcept;

// ---- moved API
// list.extend as the interpreter does it for [*iterable]: 0, -1.
[[nodiscard]] int extend_list(PyObject* list, PyObject* iterable) noexcept;
// set.update(iterable): 0, -1.
[[nodiscard]] int update_set(PyObject* set, PyObject* iterable) noexcept;
// After {**other} failed: does the interpreter call that "not a mapping"? From 3.15 on only where
// there is no keys(); before, after any AttributeError.
[[nodiscard]] bool is_mapping_error(PyObject* other) noexcept;
// DICT_MERGE, for f(**other): 0; -1 with the error the interpreter raises, which names `callable`.
[[nodiscard]] int merge_keywords(PyObject* dict, PyObject* other, PyObject* callable) noexcept;
// dict of `n` pairs key, value, …: a new reference, sized as BUILD_MAP sizes it.
[[nodiscard]] PyObject* dict_of_pairs(PyObject* const* pairs, Py_ssize_t n) noexcept;
// The strings one after the other: a new reference.
[[nodiscard]] PyObject* join_strings(PyObject* const* items, Py_ssize_t n) noexcept;
// A function as MAKE_FUNCTION makes it: a new reference.
[[nodiscard]] PyObject* new_function(PyObject* code, PyObject* globals) noexcept;
// What SET_FUNCTION_ATTRIBUTE stores; which: 1 defaults, 2 keyword defaults, 4 annotations,
// 8 closure, 16 the function that computes annotations (3.14+). False: not in this version.
[[nodiscard]] bool set_function_part(PyObject* function, int which, PyObject* value) noexcept;
// The list's growth step when it is filled by list(iterable of known length n).
[[nodiscard]] Py_ssize_t list_capacity_for(Py_ssize_t n) noexcept;
// A module attribute or global that is not imported yet (3.15): only the interpreter may read it.
[[nodiscard]] inline bool is_lazy_import([[maybe_unused]] PyObject* value) noexcept {
#if PY_VERSION_HEX >= 0x030f0000
    return Py_TYPE(value) == &PyLazyImport_Type;
#else
    return false;
#endif
}
// What LOAD_GLOBAL pushes, lazy imports done: a new reference. Null with an error set, or (up to
// 3.13) without one where the name is missing.
[[nodiscard]] PyObject* find_global(PyObject* globals, PyObject* builtins, PyObject* name) noexcept;
// The error that is set, as an object with its traceback, and no longer set: a new reference.
[[nodiscard]] PyObject* take_exception() noexcept;
// Takes the traceback off the error that is set.
void forget_traceback() noexcept;

}  // namespace hone::cpython
