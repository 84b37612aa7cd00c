// SPDX-License-Identifier: Apache-2.0
#include "engine/facts.h"

#include <algorithm>
#include <array>
#include <span>

#include "cpython/bytecode/unit.h"
#include "cpython/classes.h"
#include "cpython/guards.h"
#include "cpython/layout.h"
#include "cpython/portable.h"
#include "ir/classes.h"

namespace hone::engine {
namespace {

constexpr int kMaxDepth = 2;    // functions called by functions called: facts for inlining
constexpr int kMaxChanges = 2;  // a class that changed this often is not assumed again

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
        unit->classes = classes_;
        add_names(*unit, original, depth);
        add_attributes(*unit, depth);
        return unit;
    }

    // What the code's names are on instances of these classes, beside those its instructions saw.
    void add_attributes(const Unit& unit, std::span<ir::ClassFact* const> receivers, int depth) {
        for (const ir::Instr& in : unit.instrs)
            if (names_attribute(in.op))
                for (ir::ClassFact* const receiver : receivers)
                    add_attribute(*receiver, unit, in, depth);
    }

    // The class of the sampled version, described; null: no such class, or one that keeps changing.
    ir::ClassFact* class_of_version(std::uint32_t version) {
        if (version == 0) return nullptr;
        for (ir::ClassFact& row : classes_->rows)
            if (row.version == version) return &row;
        PyTypeObject* const type = by_version_.find(version);
        return type != nullptr ? describe_class(type) : nullptr;
    }

  private:
    static bool names_attribute(ir::Bc op) {
        return op == ir::Bc::LoadAttr || op == ir::Bc::LoadMethod || op == ir::Bc::StoreAttr;
    }

    void add_attributes(const Unit& unit, int depth) {
        for (const ir::Instr& in : unit.instrs) {
            if (!names_attribute(in.op)) continue;
            ir::ClassFact* const seen = class_of_version(in.type_version);
            if (seen == nullptr) continue;
            if (in.seen == ir::Seen::ClassObject)
                add_class_attribute(*seen, unit, in, depth);
            else
                add_attribute(*seen, unit, in, depth);
        }
    }

    void add_attribute(ir::ClassFact& owner, const Unit& unit, const ir::Instr& in, int depth) {
        const auto name = static_cast<std::size_t>(in.arg);
        ir::AttributeFact& fact = owner.attributes[unit.names[name]];
        if (known(fact, depth)) return;
        fact = attribute_fact(cpython::instance_attribute(
                                  type_of(owner), version_.objects.at(unit.name_objects[name])),
                              unit, depth);
        // A method's own names, looked up on the class it is called on.
        const bool runs =
            fact.kind == ir::AttributeKind::Method || fact.kind == ir::AttributeKind::Property;
        if (runs && fact.value.function)
            add_attributes(*fact.value.function, std::array{&owner}, depth - 1);
    }

    void add_class_attribute(ir::ClassFact& owner, const Unit& unit, const ir::Instr& in,
                             int depth) {
        const auto name = static_cast<std::size_t>(in.arg);
        ir::AttributeFact& fact = owner.class_attributes[unit.names[name]];
        if (known(fact, depth)) return;
        fact = attribute_fact(
            cpython::class_attribute(type_of(owner), version_.objects.at(unit.name_objects[name])),
            unit, depth);
    }

    // Looked up already, by code that is at least as near? (Functions are described to a depth.)
    bool known(const ir::AttributeFact& fact, int depth) {
        const auto [at, fresh] = depths_.try_emplace(&fact, depth);
        if (!fresh && at->second >= depth) return true;
        at->second = depth;
        return false;
    }

    ir::AttributeFact attribute_fact(const cpython::TypeAttribute& found, const Unit& unit,
                                     int depth) {
        ir::AttributeFact fact{found.kind, found.index, found.writable, {}};
        if (found.value != nullptr) fact.value = describe(found.value, unit, depth);
        return fact;
    }

    PyTypeObject* type_of(const ir::ClassFact& fact) {
        return reinterpret_cast<PyTypeObject*>(version_.objects.at(fact.type));
    }

    ir::ClassFact* describe_class(PyTypeObject* type) {
        auto* const object = reinterpret_cast<PyObject*>(type);
        const auto changes = code_.class_changes.find(object);
        if (changes != code_.class_changes.end() && changes->second >= kMaxChanges) return nullptr;
        ir::ClassFact fact;
        if (!cpython::describe_class(type, fact)) return nullptr;
        fact.type = version_.objects.id_of(object);
        version_.classes.push_back({type, fact.version});
        return &classes_->rows.emplace_back(std::move(fact));
    }

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
        if (value != nullptr && cpython::is_lazy_import(value))
            return;  // its first use replaces it
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
        if (fact.type == ir::TypeKind::Function) describe_callee(fact, value);
        if (fact.type == ir::TypeKind::Function && depth > 0) describe_function(fact, value, depth);
        // A module's attributes can be guarded with watchers only.
        if (fact.type == ir::TypeKind::Module && !user.layout.dict_versions)
            describe_module(fact, value, user);
        return fact;
    }

    void describe_callee(ObjectFact& fact, PyObject* function) {
        auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function));
        const bool plain = (code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0 &&
                           code->co_nlocals == code->co_nlocalsplus;
        if (PyFunction_GetGlobals(function) != version_.globals || !plain ||
            cpython::entry_of(code) == nullptr)
            return;
        ir::Callee callee;
        callee.code = version_.objects.id_of(reinterpret_cast<PyObject*>(code));
        callee.argcount = static_cast<std::uint32_t>(code->co_argcount);
        callee.posonly = static_cast<std::uint32_t>(code->co_posonlyargcount);
        callee.kwonly = static_cast<std::uint32_t>(code->co_kwonlyargcount);
        PyObject* const names = PyCode_GetVarnames(code);
        for (Py_ssize_t i = 0; i < code->co_argcount + code->co_kwonlyargcount; ++i)
            callee.names.push_back(version_.objects.id_of(PyTuple_GET_ITEM(names, i)));
        Py_DECREF(names);
        if (PyObject* const defaults = PyFunction_GetDefaults(function)) {
            callee.defaults = version_.objects.id_of(defaults);
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(defaults); ++i)
                fact.defaults.push_back(
                    cpython::describe_object(PyTuple_GET_ITEM(defaults, i), version_.objects));
        }
        fact.callee = std::make_shared<const ir::Callee>(std::move(callee));
    }

    // Only functions over the same globals: their names are then guarded by the same check.
    void describe_function(ObjectFact& fact, PyObject* function, int depth) {
        if (PyFunction_GetGlobals(function) != version_.globals) return;
        auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function));
        cpython::Entry* const entry = cpython::entry_of(code);
        auto* const original = cpython::original_of(code);
        if (reinterpret_cast<PyCodeObject*>(original) == code_.original()) return;
        fact.code = version_.objects.id_of(reinterpret_cast<PyObject*>(code));
        auto unit = unit_of(original, code, entry != nullptr ? entry->body_offset : 0, depth - 1);
        if (!unit) return;
        if (entry != nullptr)
            (*unit)->lines_watched |= static_cast<const Code*>(entry->owner)->lines_watched;
        if (entry != nullptr)
            (*unit)->argument_types = static_cast<const Code*>(entry->owner)->types;
        fact.function = std::move(*unit);
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
    std::shared_ptr<ir::ClassTable> classes_ = std::make_shared<ir::ClassTable>();
    std::map<const ir::AttributeFact*, int> depths_;
    cpython::ClassesByVersion by_version_;
};

}  // namespace

Result<std::shared_ptr<ir::Unit>> make_unit(const Code& code, Version& version) {
    Facts facts(code, version, cpython::known_layout());
    auto unit =
        facts.unit_of(code.original(), code.entry->installed, code.entry->body_offset, kMaxDepth);
    if (!unit) return unit;
    (*unit)->lines_watched |= code.lines_watched;
    (*unit)->argument_types = code.types;
    (*unit)->argument_classes = code.classes;
    std::vector<ir::ClassFact*> receivers;
    for (const std::uint32_t sampled : code.classes)
        if (ir::ClassFact* const known = facts.class_of_version(sampled))
            receivers.push_back(known);
    facts.add_attributes(**unit, receivers, kMaxDepth);
    return unit;
}

void count_class_changes(const Version& version, ClassChanges& changes) {
    for (const AssumedClass& assumed : version.classes)
        if (cpython::type_version(assumed.type) != assumed.version)
            ++changes[reinterpret_cast<PyObject*>(assumed.type)];
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
