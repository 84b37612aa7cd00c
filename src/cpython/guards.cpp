// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/guards.h"

#include <unordered_map>
#include <vector>

namespace hone::cpython {

#if PY_VERSION_HEX >= 0x030c0000

namespace {

struct Watch {
    PyObject* name;  // interned, strong
    std::uint8_t* flag;
};

// By dict; the dicts are not kept alive, their death is an event.
std::unordered_map<PyObject*, std::vector<Watch>> watches;
int watcher = -1;

bool same_name(PyObject* a, PyObject* b) {
    return a == b ||
           (PyUnicode_CheckExact(a) && PyUnicode_CheckExact(b) && PyUnicode_Compare(a, b) == 0);
}

void drop_all(std::unordered_map<PyObject*, std::vector<Watch>>::iterator at) {
    std::vector<Watch> gone = std::move(at->second);
    watches.erase(at);
    for (const Watch& watch : gone) {
        *watch.flag = 0;
        Py_DECREF(watch.name);
    }
}

// A key that is no str may equal a name by its own __eq__: a change by it counts for all names.
void mark(const std::vector<Watch>& list, PyObject* key) {
    bool any = key == nullptr || !PyUnicode_CheckExact(key);
    for (const Watch& watch : list) {
        if (any || same_name(watch.name, key)) *watch.flag = 0;
    }
}

int on_change(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject*) {
    auto found = watches.find(dict);
    if (found == watches.end()) return 0;
    if (event == PyDict_EVENT_DEALLOCATED) {
        drop_all(found);
    } else {
        mark(found->second,
             event == PyDict_EVENT_CLEARED || event == PyDict_EVENT_CLONED ? nullptr : key);
    }
    return 0;
}

}  // namespace

Result<void> start_guards() {
    if (watcher >= 0) return {};
    watcher = PyDict_AddWatcher(on_change);
    if (watcher < 0) {
        PyErr_Clear();
        return fail("all eight dict watchers of this process are taken by other tools");
    }
    return {};
}

bool watch_name(PyObject* dict, PyObject* name, std::uint8_t* flag) {
    if (watcher < 0) return false;
    std::vector<Watch>& list = watches[dict];
    if (list.empty() && PyDict_Watch(watcher, dict) < 0) {
        PyErr_Clear();
        watches.erase(dict);
        return false;
    }
    list.push_back({Py_NewRef(name), flag});
    return true;
}

void unwatch_flag(std::uint8_t* flag) noexcept {
    std::vector<PyObject*> names;
    for (auto at = watches.begin(); at != watches.end();) {
        std::vector<Watch>& list = at->second;
        std::erase_if(list, [&](const Watch& watch) {
            if (watch.flag != flag) return false;
            names.push_back(watch.name);
            return true;
        });
        if (!list.empty()) {
            ++at;
            continue;
        }
        if (PyDict_Unwatch(watcher, at->first) < 0) PyErr_Clear();
        at = watches.erase(at);
    }
    for (PyObject* name : names) Py_DECREF(name);
}

std::uint64_t dict_version(PyObject*) noexcept {
    return 0;
}

#else  // 3.11 has no watchers

Result<void> start_guards() {
    return {};
}
bool watch_name(PyObject*, PyObject*, std::uint8_t*) {
    return false;
}
void unwatch_flag(std::uint8_t*) noexcept {}
std::uint64_t dict_version(PyObject* dict) noexcept {
    return reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
}

#endif

}  // namespace hone::cpython
