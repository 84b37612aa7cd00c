// SPDX-License-Identifier: Apache-2.0
// What an AttrCache holds: for up to four classes, told apart by version, where the attribute of
// this site is on their instances. A version names one state of one class for good, so neither
// the class nor what it holds need be kept alive: an entry whose version is met is true.
//
// Hits run no Python code and can't fail; they decline (and change nothing) where anything else
// might be needed. Needs the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

#include "ir/classes.h"
#include "runtime/functions.h"

namespace hone::runtime {

struct CachedAttribute {
    std::uint32_t version;  // 0: free
    ir::AttributeKind kind;
    bool writable;
    bool no_dict;
    std::uint32_t index;
    std::uint32_t shared_keys;  // how many names instances had when it was looked up
    PyObject* value;            // Method, Constant
};

struct AttributeCache {
    static constexpr std::uint32_t kEntries = 4;
    static constexpr std::uint32_t kMaxFills = 32;  // of a site with ever new classes

    CachedAttribute entries[kEntries];
    std::uint32_t fills;

    [[nodiscard]] const CachedAttribute* find(PyTypeObject* type) const noexcept;
    void fill(PyTypeObject* type, PyObject* name) noexcept;
};

static_assert(sizeof(AttributeCache) <= sizeof(AttrCache));

}  // namespace hone::runtime
