// SPDX-License-Identifier: Apache-2.0
#include "engine/facts.h"

#include <algorithm>

#include "cpython/bytecode/unit.h"
#include "cpython/guards.h"
#include "cpython/layout.h"

namespace hone::engine {
namespace {

constexpr int kMaxDepth = 2;  // functions called by functions called: facts for inlining

using cpython::ObjectTable;
using ir::ObjectFact;
using ir::Unit;

class Facts {
  public:
    Facts(const Code& code, Version& version, const ir::Layout& layout)
        : code_(code), version_(version), layout_(layout) {}

    Result<std::shared_ptr<Unit>> unit_of(PyCodeObject* original, PyCodeObject* installed,
                                          std::uint32_t body_offset, int depth) {
        auto read = cpython::read_unit(original, installed, body_offset, version_.objects);
        if (!read) return std::unexpected(read.error());
        auto unit = std::make_shared<Unit>(std::move(*read));
        unit->layout = layout_;
        add_names(*unit, original, depth);
        return unit;
    }

  private:
    void add_names(Unit& unit, PyCodeObject* original, int depth) {
        for (const ir::Instr& in : unit.instrs)
            if (in.op == ir::Bc::LoadGlobal || in.op == ir::Bc::LoadGlobalNull ||
                in.op == ir::Bc::LoadName)
                assume(unit, static_cast<std::size_t>(in.arg),
                       PyTuple_GET_ITEM(original->co_names, in.arg), depth);
    }

    void assume(Unit& unit, std::size_t index, PyObject* name, int depth) {
        if (unit.globals[index].found || code_.unstable.contains(PyUnicode_AsUTF8(name)) ||
            assigned(name))
            return;
        PyObject* value = PyDict_GetItemWithError(version_.globals, name);
        remember(version_.globals, name, value);
        if (value == nullptr) {
            value = PyDict_GetItemWithError(version_.builtins, name);
            remember(version_.builtins, name, value);
        }
        if (value == nullptr) return PyErr_Clear();
        unit.globals[index] = {true, describe(value, unit, depth)};
    }

    // By the loop that is entered: a variable, and maybe not in its dict for now.
    bool assigned(PyObject* name) const {
        if (!version_.loop) return false;
        PyObject* const names = code_.original()->co_names;
        return std::any_of(version_.loop->variables.begin(), version_.loop->variables.end(),
                           [&](const ir::EntryVariable& variable) {
                               return PyTuple_GET_ITEM(names, variable.name) == name;
                           });
    }

    void remember(PyObject* dict, PyObject* name, PyObject* expected) {
        static_cast<void>(version_.objects.id_of(dict));
        static_cast<void>(version_.objects.id_of(name));
        if (expected != nullptr) static_cast<void>(version_.objects.id_of(expected));
        version_.names.push_back({dict, name, expected});
    }

    ObjectFact describe(PyObject* value, const Unit& user, int depth) {
        ObjectFact fact = cpython::describe_object(value, version_.objects);
        if (fact.type == ir::TypeKind::Function && depth > 0) describe_function(fact, value, depth);
        // A module's attributes can be guarded with watchers only.
        if (fact.type == ir::TypeKind::Module && !user.layout.dict_versions)
            describe_module(fact, value, user);
        return fact;
    }

    // Only functions over the same globals: their names are then guarded by the same check.
    void describe_function(ObjectFact& fact, PyObject* function, int depth) {
        if (PyFunction_GetGlobals(function) != version_.globals) return;
        auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function));
        cpython::Entry* const entry = cpython::entry_of(code);
        auto* const original = cpython::original_of(code);
        if (reinterpret_cast<PyCodeObject*>(original) == code_.original()) return;
        static_cast<void>(version_.objects.id_of(reinterpret_cast<PyObject*>(code)));
        auto unit = unit_of(original, code, entry != nullptr ? entry->body_offset : 0, depth - 1);
        if (unit) fact.function = std::move(*unit);
    }

    void describe_module(ObjectFact& fact, PyObject* module, const Unit& user) {
        PyObject* const dict = PyModule_GetDict(module);
        for (const std::string& text : user.names) {
            const auto name = cpython::steal(PyUnicode_InternFromString(text.c_str()));
            PyObject* const value = name ? PyDict_GetItemWithError(dict, name.get()) : nullptr;
            if (value == nullptr || cpython::known_callable(value) == ir::Known::None) continue;
            remember(dict, name.get(), value);
            fact.attributes.emplace_back(text, cpython::describe_object(value, version_.objects));
        }
        PyErr_Clear();
    }

    const Code& code_;
    Version& version_;
    const ir::Layout& layout_;
};

}  // namespace

Result<std::shared_ptr<ir::Unit>> make_unit(const Code& code, Version& version) {
    static const Result<ir::Layout> layout = cpython::read_layout();
    if (!layout) return fail(layout.error().reason);
    Facts facts(code, version, *layout);
    auto unit =
        facts.unit_of(code.original(), code.entry->installed, code.entry->body_offset, kMaxDepth);
    if (!unit) return unit;
    (*unit)->argument_types = code.types;
    return unit;
}

bool names_hold(const Version& version, std::set<std::string>& unstable) {
    bool hold = true;
    for (const AssumedName& assumed : version.names) {
        if (PyDict_GetItemWithError(assumed.dict, assumed.name) == assumed.expected) continue;
        unstable.insert(PyUnicode_AsUTF8(assumed.name));
        hold = false;
    }
    return hold;
}

}  // namespace hone::engine
