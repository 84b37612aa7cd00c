// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/layout.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>

#include "cpython/frame.h"
#include "cpython/portable.h"
#include "cpython/ref.h"

namespace hone::cpython {

namespace {

template <class T>
T read_at(const void* base, std::size_t offset) {
    T value;
    std::memcpy(&value, static_cast<const char*>(base) + offset, sizeof value);
    return value;
}

ir::RefcountRule refcount_rule() {
    if (PY_VERSION_HEX >= 0x030e0000) return ir::RefcountRule::ImmortalFlags;
    return PY_VERSION_HEX >= 0x030c0000 ? ir::RefcountRule::ImmortalLow32 : ir::RefcountRule::Plain;
}

ir::Layout from_headers() {
    ir::Layout layout;
    layout.minor = PY_MINOR_VERSION;
    layout.refcount = refcount_rule();
    layout.int_rule = PY_VERSION_HEX >= 0x030c0000 ? ir::IntRule::Tag : ir::IntRule::SignedSize;
    layout.float_value = offsetof(PyFloatObject, ob_fval);
    layout.complex_value = offsetof(PyComplexObject, cval);
    layout.int_tag = sizeof(PyObject);
    layout.int_digits = sizeof(PyObject) + sizeof(Py_ssize_t);
    layout.list_size = offsetof(PyVarObject, ob_size);
    layout.list_items = offsetof(PyListObject, ob_item);
    layout.tuple_size = offsetof(PyVarObject, ob_size);
    layout.tuple_items = offsetof(PyTupleObject, ob_item);
    layout.frame_locals = offsetof(Frame, localsplus);
    layout.frame_instr = raw::kPositionOffset;
    layout.frame_object = offsetof(Frame, frame_obj);
    layout.stack_refs = sizeof(raw::Slot) == sizeof(void*) && PY_VERSION_HEX >= 0x030e0000;
    layout.values = kInlineValues;
    layout.values_word = static_cast<std::int32_t>(kValuesWord);
    layout.dict_word = static_cast<std::int32_t>(kDictWord);
    layout.values_header = kValuesHeader;
    layout.values_valid = kValuesValid;
    layout.type_version = offsetof(PyTypeObject, tp_version_tag);
    layout.type_shared_keys = offsetof(PyHeapTypeObject, ht_cached_keys);
    layout.keys_entries = offsetof(DictKeys, nentries);
    layout.dict_versions = PY_VERSION_HEX < 0x030c0000;
    layout.breaker_address = raw::breaker_address(raw::thread_now());
    layout.breaker_offset = raw::breaker_offset();
    PyThreadState* const thread = raw::thread_now();
    layout.tstate_recursion = static_cast<std::uint32_t>(
        reinterpret_cast<char*>(&raw::recursion_left(thread)) - reinterpret_cast<char*>(thread));
    layout.function_code = offsetof(PyFunctionObject, func_code);
    layout.function_defaults = offsetof(PyFunctionObject, func_defaults);
    static_assert(raw::kNullFirst == kNullBeforeCallable);
    layout.null_before_callable = raw::kNullFirst;
    layout.for_iter_slots = raw::kForIterSlots;
    return layout;
}

PyObject* small_int(long value) {
    PyObject* object = PyLong_FromLong(value);
    Py_DECREF(object);  // cached ones live on; a fresh one's address alone is compared
    return object;
}

// The cache of small ints, found by walking while neighbours lie one stride apart.
bool find_small_ints(ir::Layout& layout) {
    auto address = [](long value) { return reinterpret_cast<const char*>(small_int(value)); };
    std::ptrdiff_t stride = address(1) - address(0);
    if (stride < static_cast<std::ptrdiff_t>(sizeof(PyLongObject)) || stride > 64) return false;
    // Two in hand: a fresh int can't take the same place twice.
    auto cached = [&](long value) {
        Ref<> first = steal(PyLong_FromLong(value));
        Ref<> second = steal(PyLong_FromLong(value));
        return first.get() == second.get() &&
               reinterpret_cast<const char*>(first.get()) == address(0) + value * stride;
    };
    long low = 0, high = 0;
    while (low > -4096 && cached(low - 1)) --low;
    while (high < 65536 && cached(high + 1)) ++high;
    layout.small_int_min = low;
    layout.small_int_max = high;
    layout.small_int_stride = static_cast<std::uint32_t>(stride);
    return low <= -5 && high >= 256;
}

bool int_as_expected(const ir::Layout& layout) {
    Ref<> number = steal(PyLong_FromLongLong(-((5LL << 30) + 7)));
    auto tag = read_at<std::int64_t>(number.get(), layout.int_tag);
    bool signs =
        layout.int_rule == ir::IntRule::SignedSize ? tag == -2 : tag >> 3 == 2 && (tag & 3) == 2;
    return signs && read_at<std::uint32_t>(number.get(), layout.int_digits) == 7 &&
           read_at<std::uint32_t>(number.get(), layout.int_digits + 4) == 5;
}

bool containers_as_expected(const ir::Layout& layout) {
    Ref<> list = steal(Py_BuildValue("[ii]", 11, 12));
    Ref<> tuple = steal(Py_BuildValue("(ii)", 11, 12));
    auto* items = read_at<PyObject**>(list.get(), layout.list_items);
    return items[1] == PyList_GET_ITEM(list.get(), 1) &&
           read_at<Py_ssize_t>(list.get(), layout.list_size) == 2 &&
           read_at<PyObject*>(tuple.get(), layout.tuple_items + 8) ==
               PyTuple_GET_ITEM(tuple.get(), 1) &&
           read_at<Py_ssize_t>(tuple.get(), layout.tuple_size) == 2;
}

bool float_as_expected(const ir::Layout& layout) {
    Ref<> number = steal(PyFloat_FromDouble(-2.5));
    return read_at<double>(number.get(), layout.float_value) == -2.5;
}

bool complex_as_expected(const ir::Layout& layout) {
    Ref<> number = steal(PyComplex_FromDoubles(-2.5, 7.25));
    return read_at<double>(number.get(), layout.complex_value) == -2.5 &&
           read_at<double>(number.get(), layout.complex_value + 8) == 7.25;
}

// A count as the rule reads it goes up by one with a reference; immortal objects do not change.
bool counts_as_expected(const ir::Layout& layout) {
    Ref<> list = steal(PyList_New(0));
    auto before = read_at<std::uint32_t>(list.get(), 0);
    Ref<> again = own(list.get());
    bool counted = before == 1 && read_at<std::uint32_t>(list.get(), 0) == 2;
    auto none = read_at<std::uint32_t>(Py_None, 0);
    Ref<> another = own(Py_None);
    bool moved = read_at<std::uint32_t>(Py_None, 0) != none;
    return counted && moved == (layout.refcount == ir::RefcountRule::Plain);
}

// A running frame: its first local is the argument, its code the function's.
PyObject* probe_answer = nullptr;
PyObject* probe_frame(PyObject*, PyObject* argument) {
    Frame* frame = raw::current(raw::thread_now());
    auto slot = read_at<std::uintptr_t>(frame, offsetof(Frame, localsplus));
    bool same = (slot & ~std::uintptr_t{1}) == reinterpret_cast<std::uintptr_t>(argument);
    PyCodeObject* code = raw::code_of(frame);
    auto* position = read_at<char*>(frame, raw::kPositionOffset);
    auto* units = reinterpret_cast<char*>(raw::units_of(code));
    bool within = PyCode_Check(code) && position >= units && position < units + 2 * Py_SIZE(code);
    probe_answer = same && within ? Py_True : Py_False;
    Py_RETURN_NONE;
}
PyMethodDef probe_method = {"probe", probe_frame, METH_O, nullptr};

bool frame_as_expected() {
    Ref<> globals = steal(PyDict_New());
    Ref<> probe = steal(PyCFunction_New(&probe_method, nullptr));
    if (!globals || !probe ||
        PyDict_SetItemString(globals.get(), "__builtins__", PyEval_GetBuiltins()) < 0 ||
        PyDict_SetItemString(globals.get(), "probe", probe.get()) < 0) {
        return false;
    }
    probe_answer = nullptr;
    Ref<> ran = steal(PyRun_String("def f(a):\n    b = 1\n    probe(a)\nf([1])\n", Py_file_input,
                                   globals.get(), globals.get()));
    PyErr_Clear();
    return ran && probe_answer == Py_True;
}

// An instance's attribute is where the layout says, and the class has a version.
bool attributes_as_expected(const ir::Layout& layout) {
    Ref<> globals = steal(PyDict_New());
    Ref<> ran = steal(PyRun_String("class C: pass\no = C()\no.a = 1.5\no.b = [2]\n", Py_file_input,
                                   globals.get(), globals.get()));
    PyErr_Clear();
    if (!ran) return false;
    PyObject* const object = PyDict_GetItemString(globals.get(), "o");
    PyTypeObject* const type = Py_TYPE(object);
    const char* const base = reinterpret_cast<const char*>(object);
    const char* values = nullptr;
    switch (layout.values) {
        case ir::ValuesRule::Pointer:
            values = read_at<const char*>(base + layout.values_word, 0);
            break;
        case ir::ValuesRule::Tagged:
            values = read_at<const char*>(base + layout.values_word, 0) + 1;
            break;
        case ir::ValuesRule::Behind:
            values = base + type->tp_basicsize + layout.values_header;
            if (base[type->tp_basicsize + layout.values_valid] == 0) return false;
            break;
    }
    const Ref<> list = steal(PyObject_GetAttrString(object, "b"));
    const auto* const keys = read_at<const char*>(type, layout.type_shared_keys);
    return read_at<PyObject*>(values, 8) == list.get() && keys != nullptr &&
           read_at<Py_ssize_t>(keys, layout.keys_entries) == 2 && assign_type_version(type) != 0 &&
           read_at<std::uint32_t>(type, layout.type_version) == type_version(type);
}

Result<void> refuse_unsupported() {
    std::string running(Py_GetVersion());
    std::string built =
        std::to_string(PY_MAJOR_VERSION) + "." + std::to_string(PY_MINOR_VERSION) + ".";
    if (!running.starts_with(built))
        return fail("hone was built for CPython " + built + "x, but this is " + running);
    if (running.find("free-threading") != std::string::npos) {
        return fail("hone does not support free-threaded builds of CPython");
    }
    if (PyInterpreterState_Get() != PyInterpreterState_Main())
        return fail("hone does not support sub-interpreters");
    return {};
}

std::optional<ir::Layout> known;

}  // namespace

const ir::Layout& known_layout() noexcept {
    return *known;
}

Result<ir::Layout> read_layout() {
    if (auto allowed = refuse_unsupported(); !allowed) return std::unexpected(allowed.error());
    ir::Layout layout = from_headers();
    const char* wrong = !find_small_ints(layout)          ? "small ints"
                        : !int_as_expected(layout)        ? "ints"
                        : !float_as_expected(layout)      ? "floats"
                        : !complex_as_expected(layout)    ? "complex numbers"
                        : !containers_as_expected(layout) ? "lists and tuples"
                        : !attributes_as_expected(layout) ? "attributes of instances"
                        : !counts_as_expected(layout)     ? "reference counts"
                        : !frame_as_expected()            ? "frames"
                                                          : nullptr;
    if (wrong != nullptr)
        return fail(std::string("this build of CPython lays out ") + wrong + " in an unknown way");
    known = layout;
    return layout;
}

}  // namespace hone::cpython
