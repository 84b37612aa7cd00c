// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/guards.h"

#include <algorithm>
#include <map>
#include <vector>

namespace hone::cpython {

#if PY_VERSION_HEX >= 0x030c0000

namespace {

struct Watch {
    PyObject* name;  // strong
    std::uint8_t* flag;
};

std::map<PyObject*, std::vector<Watch>>& watches() {
    static std::map<PyObject*, std::vector<Watch>> all;
    return all;
}

int watcher = -1;

void clear_flags(std::vector<Watch>& of_dict, PyObject* key) {
    for (Watch& watch : of_dict)
        // Unequal strings may be one name only if they are not interned; compare then.
        if (key == nullptr || watch.name == key || (PyUnicode_CheckExact(key) && PyUnicode_Compare(watch.name, key) == 0))
            *watch.flag = 0;
}

int dict_changed(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject*) {
    const auto found = watches().find(dict);
    if (found == watches().end()) return 0;
    const bool one_key = event == PyDict_EVENT_ADDED || event == PyDict_EVENT_MODIFIED || event == PyDict_EVENT_DELETED;
    clear_flags(found->second, one_key ? key : nullptr);
    if (event == PyDict_EVENT_DEALLOCATED) {
        for (Watch& watch : found->second) Py_DECREF(watch.name);
        watches().erase(found);
    }
    return 0;
}

}  // namespace

Result<void> start_guards() {
    if (watcher >= 0) return {};
    watcher = PyDict_AddWatcher(&dict_changed);
    if (watcher >= 0) return {};
    PyErr_Clear();
    return fail("all of CPython's dict watchers are taken by other tools");
}

bool watch_name(PyObject* dict, PyObject* name, std::uint8_t* flag) {
    if (PyDict_Watch(watcher, dict) < 0) {
        PyErr_Clear();
        return false;
    }
    watches()[dict].push_back({Py_NewRef(name), flag});
    return true;
}

void unwatch_flag(std::uint8_t* flag) noexcept {
    for (auto& [dict, of_dict] : watches())
        std::erase_if(of_dict, [flag](const Watch& watch) {
            if (watch.flag != flag) return false;
            Py_DECREF(watch.name);
            return true;
        });
}

std::uint64_t dict_version(PyObject*) noexcept { return 0; }

#else

Result<void> start_guards() { return {}; }
bool watch_name(PyObject*, PyObject*, std::uint8_t*) { return false; }
void unwatch_flag(std::uint8_t*) noexcept {}
std::uint64_t dict_version(PyObject* dict) noexcept { return reinterpret_cast<PyDictObject*>(dict)->ma_version_tag; }

#endif

}  // namespace hone::cpython
