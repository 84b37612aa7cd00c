// SPDX-License-Identifier: Apache-2.0
#include "engine/direct_calls.h"

#include "cpython/direct_calls.h"
#include "engine/announce.h"
#include "engine/code.h"

namespace hone::engine {
namespace {

Code* compiled_code(PyObject* function, std::int64_t count) {
    cpython::Entry* const entry = cpython::entry_of_call(function, count);
    Code* const code = entry != nullptr ? static_cast<Code*>(entry->owner) : nullptr;
    if (code == nullptr || code->target.direct == nullptr) return nullptr;
    const auto* const f = reinterpret_cast<PyFunctionObject*>(function);
    const bool same_names =
        f->func_globals == code->target_globals && f->func_builtins == code->current()->builtins;
    return same_names ? code : nullptr;
}

// May compiled code of the caller call without a frame now?
bool may_call(const ir::Activation* caller, PyThreadState* thread) {
    return reinterpret_cast<std::uint64_t>(caller) > caller->stack_limit &&
           !unheard_tool_on(*static_cast<const Version*>(caller->version)) &&
           cpython::free_to_call(thread);
}

void* go(Code& code, PyThreadState* thread) {
    ++code.target.calls;
    cpython::take_level(thread);
    return code.target.direct;
}

}  // namespace

void* find_direct(ir::Activation* caller, PyThreadState* thread, PyObject* function,
                  std::int64_t count) {
    Code* const code = compiled_code(function, count);
    return code != nullptr && may_call(caller, thread) ? go(*code, thread) : nullptr;
}

void* find_bound(ir::Activation* caller, PyThreadState* thread, PyObject* method,
                 std::int64_t count, PyObject** self) {
    caller->callee = PyMethod_GET_FUNCTION(method);
    *self = PyMethod_GET_SELF(method);
    return find_direct(caller, thread, PyMethod_GET_FUNCTION(method), count);
}

void* find_init(ir::Activation* caller, PyThreadState* thread, PyTypeObject* type,
                std::int64_t count, PyObject** made) {
    PyObject* const init = cpython::init_of_class(type);
    Code* const code = init != nullptr ? compiled_code(init, count) : nullptr;
    if (code == nullptr || !may_call(caller, thread)) return nullptr;
    *made = cpython::new_instance(type);
    if (*made == nullptr) return nullptr;
    caller->callee = init;
    return go(*code, thread);
}

PyObject* init_failed(PyObject* made, PyObject* returned) {
    if (returned != nullptr) {
        cpython::raise_init_result(returned);
        Py_DECREF(returned);
    }
    Py_DECREF(made);
    return nullptr;
}

}  // namespace hone::engine
